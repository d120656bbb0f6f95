"""The demo shop of a data folder: which history it has, kept in `demo.json` before the first row is written.

So a demo that is interrupted, whatever kills it, goes on with the same plan and the same end; one that is
finished is left alone. The stream reads the file to know which shop it continues.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from footfall.config import Config
from footfall.errors import UsageError
from footfall.generate.plan import Plan


@dataclass(frozen=True, slots=True)
class Demo:
    """A plan, and what has become of it: its history is written; a stream has taken over."""

    plan: Plan
    finished: bool = False
    continued: bool = False


def demo(config: Config) -> Plan:
    """Makes the demo history of this data folder, or finishes it; returns its plan."""
    kept = read(config.data_dir)
    if kept is None:
        kept = Demo(Plan.of())
        write(config.data_dir, kept)
    if not kept.finished:
        from footfall.generate import history  # loaded where there is work only: most starts have none

        try:
            history.generate(config, kept.plan)
        except history.HistoryTorn as error:
            # Nothing else has been written yet: ingest starts when the history is finished.
            print(f"{error.message.split('.')[0]}. Starting it anew", flush=True)
            history.generate(config, kept.plan, replace=True)
        write(config.data_dir, replace(kept, finished=True))
    return kept.plan


def read(folder: Path) -> Demo | None:
    """The demo of a data folder, where there is one."""
    path = folder / "demo.json"
    try:
        kept = json.loads(path.read_text())
        return Demo(Plan.from_json(kept["plan"]), kept["finished"], kept["continued"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is damaged ({error}): remove it, and the data folder's database") from None


def write(folder: Path, demo: Demo) -> None:
    """Keeps the demo, so that a crash leaves either the old file or the new one."""
    path, draft = folder / "demo.json", folder / f"demo.json.{os.getpid()}"
    kept = {"plan": demo.plan.to_json(), "finished": demo.finished, "continued": demo.continued}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with draft.open("w") as file:
            file.write(json.dumps(kept, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None
