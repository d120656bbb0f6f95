"""The documentation: links lead somewhere, and the README shows what there is."""

import re
from pathlib import Path

import pytest

from tests.support import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readme_names_commands_and_folders_that_are_there() -> None:
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for command in set(re.findall(r"^    make (\w+)", text, re.MULTILINE)):
        assert f"\n{command}:" in makefile
    for folder in re.findall(r"^\| `([\w/]+/)`", text, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def test_nothing_names_a_package_mirror() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
