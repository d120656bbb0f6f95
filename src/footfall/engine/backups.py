"""What a backup would bring back, looked at before it is restored.

A backup is a folder or a tar archive below `backups`, with each table's CREATE as `metadata/…/NAME.sql`; an
incremental one names the backup that it builds on, in `.backup`. A table whose engine fetches by itself must
not come back by RESTORE either (`elsewhere.fetching_engine`). What cannot be looked into is not restored.
"""

import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from footfall.engine.elsewhere import fetching_engine
from footfall.engine.exceptions import SUPPORT_IS_DISABLED, EngineError
from footfall.engine.statement import parse

_FILE = re.compile(r"\bFile\s*\(\s*(?:'((?:[^'\\]|\\.)*)'|\{\s*(\w+)\s*:\s*String\s*\})", re.IGNORECASE)
_BASE = re.compile(r"<base_backup>(.*?)</base_backup>", re.DOTALL)


def check_restore(text: bytes, params: Mapping[str, str], folder: Path) -> None:
    """Raises `EngineError` where a RESTORE would make a table that fetches by itself."""
    said = text.decode(errors="replace")
    if not re.search(r"\bRESTORE\b", said, re.IGNORECASE):
        return
    wholly = re.search(r"\b(?:DATABASE|ALL)\b", said, re.IGNORECASE) is not None
    seen: set[Path] = set()
    waiting = [folder / name for name in _names(said, params)]
    while waiting:
        backup = waiting.pop()
        if backup in seen or not backup.exists():  # what there is not, the engine refuses in its own words
            continue
        seen.add(backup)
        for name, content in _contents(backup):
            if name.endswith(".backup"):
                waiting += [folder / base for found in _BASE.findall(content) for base in _names(found, {})]
            elif wholly or re.search(rf"(?<!\w){re.escape(unquote(Path(name).stem))}(?!\w)", said):
                _refuse_fetching(backup, name, content)


def _refuse_fetching(backup: Path, name: str, create: str) -> None:
    if (engine := fetching_engine(parse(create.encode()))) is not None:
        raise EngineError(
            SUPPORT_IS_DISABLED,
            f"{name} in the backup {backup.name} has the table engine {engine}, which fetches by itself; "
            "this engine cannot. Restore the tables that you want by name: RESTORE TABLE …, TABLE … FROM …",
        )


def _names(text: str, params: Mapping[str, str]) -> Iterator[str]:
    for quoted, parameter in _FILE.findall(text):
        yield params.get(parameter, "") if parameter else re.sub(r"\\(.)", r"\1", quoted)


def _contents(backup: Path) -> Iterator[tuple[str, str]]:
    """The list of a backup's files and the statements in it, by their names."""
    try:
        if backup.is_dir():
            for file in (backup / ".backup", *(backup / "metadata").rglob("*.sql")):
                yield str(file.relative_to(backup)), file.read_text(errors="replace")
            return
        with tarfile.open(backup) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name == ".backup" or (name.startswith("metadata/") and name.endswith(".sql")):
                    content = archive.extractfile(member)
                    yield name, content.read().decode(errors="replace") if content is not None else ""
    except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise EngineError(
            SUPPORT_IS_DISABLED,
            f"the backup {backup.name} cannot be looked into ({error}): it takes a folder, or a tar archive "
            "that is not compressed or by gzip, bzip2 or xz",
        ) from None
