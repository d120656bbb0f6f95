"""The pages' files are built anew beneath a dashboard that runs: none that it names is ever missing."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import support


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A copy of the front end's sources, built once."""
    web = tmp_path / "web"
    shutil.copytree(support.ROOT / "src" / "footfall" / "web", web, ignore=shutil.ignore_patterns("static"))
    (tmp_path / "node_modules").symlink_to(support.ROOT / "node_modules")
    assert build(web).wait(60) == 0
    return web


def build(web: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["node", web / "build.mjs"])


def manifest(web: Path) -> dict[str, str]:
    names: dict[str, str] = json.loads((web / "static" / "manifest.json").read_bytes())
    return names


def missing(web: Path) -> list[str]:
    """Files that the manifest names and that are not there, or empty, while it goes on naming them."""
    now = manifest(web)
    files = [web / "static" / name for name in [*now.values(), "footfall.js"]]
    gone = [file.name for file in files if not (file.exists() and file.stat().st_size)]
    return gone if manifest(web) == now else []


def test_a_page_misses_no_file_while_they_are_built_anew(web: Path) -> None:
    before = manifest(web)
    with (web / "js" / "live.js").open("a") as script:
        script.write('document.title += " anew";\n')
    building = build(web)
    while building.poll() is None:
        assert missing(web) == []
    assert building.returncode == 0
    after = manifest(web)
    assert after["live.js"] != before["live.js"] and after["dashboard.js"] == before["dashboard.js"]
    left = {path.name for path in (web / "static").iterdir()}
    assert {*after.values(), "footfall.js", "manifest.json"} <= left
    assert before["live.js"] not in left and not any(name.startswith(".") for name in left)
