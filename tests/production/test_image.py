"""The Dockerfile's steps that can be run without Docker: what it copies, and the package that it installs."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]


def copied(stage: str) -> list[str]:
    """What a stage copies from the project."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_everything_that_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [source for stage in STAGES for source in copied(stage)]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in allowed), source


def test_it_runs_as_a_user_of_its_own() -> None:
    last = STAGES[-1]
    assert re.search(r"useradd --uid 10001 .* footfall$", last, re.MULTILINE)
    assert re.search(r"^USER footfall$", last, re.MULTILINE)
    assert last.index("USER footfall") > last.rindex("RUN ")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The package, built from what the Dockerfile's second stage copies and from nothing else."""
    folder = tmp_path_factory.mktemp("image")
    for source in copied(STAGES[1]):
        target = folder / source
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__", "static"))
        else:
            shutil.copy(ROOT / source, target)
    static = folder / "src" / "footfall" / "web" / "static"
    static.mkdir(parents=True)
    (static / "dashboard.js").write_text("/* what the first stage builds */\n")
    build = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder / "dist", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    (path,) = (folder / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("pattern", ["*.py", "*.sql", "*.html"])
def test_the_package_holds_every_file_that_runs_need(wheel: zipfile.ZipFile, pattern: str) -> None:
    source = ROOT / "src"
    expected = {str(path.relative_to(source)) for path in (source / "footfall").rglob(pattern)}
    packaged = {name for name in wheel.namelist() if Path(name).match(pattern)}
    assert expected == packaged


def test_the_package_holds_the_pages(wheel: zipfile.ZipFile) -> None:
    assert "footfall/web/static/dashboard.js" in wheel.namelist()
