"""Data flows down the list of packages; imports never go up it."""

import ast
from collections.abc import Iterator

import pytest

from tests.support import ROOT

SOURCE = ROOT / "src" / "footfall"
LAYERS = (
    {"errors"},
    {"config"},
    {"store", "serve", "countries", "model", "limits"},
    {"engine"},
    {"schema"},
    {"ingest"},
    {"generate"},
    {"query"},
    {"upkeep"},
    {"web"},
    {"dashboard", "live"},
    {"supervisor", "doctor", "backup"},
    {"cli"},
    {"supervised", "__main__"},
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import of one package of ours by another: importer's file, importer, imported."""
    for path in sorted(SOURCE.rglob("*.py")):
        importer = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "footfall":
                modules = [f"footfall.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for module in modules:
                parts = module.split(".")
                if parts[0] == "footfall" and len(parts) > 1 and parts[1] != importer:
                    yield str(path.relative_to(SOURCE)), importer, parts[1]


def test_every_package_has_its_place_in_the_flow() -> None:
    packages = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert packages - {"__init__"} == set(LAYER_OF)


@pytest.mark.parametrize(("file", "importer", "imported"), sorted(set(imports())))
def test_imports_go_down_the_flow(file: str, importer: str, imported: str) -> None:
    if imported.startswith("__"):
        return
    assert LAYER_OF[imported] < LAYER_OF[importer], f"{file}: {importer} must not know {imported}"


def test_modules_hold_one_noun() -> None:
    long = {
        str(path.relative_to(SOURCE)): count
        for path in SOURCE.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 450
    }
    assert long == {}
