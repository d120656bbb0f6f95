"""`docs/engine.md` names the tests of its claims: they must be there."""

import re

from tests.support import ROOT


def test_every_test_that_the_contract_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "engine.md").read_text()))
    sources = [
        source
        for folder in ("clients", "http", "engine", "robust", "crash")
        for source in (ROOT / "tests" / folder).glob("test_*.py")
    ]
    defined = set(
        re.findall(r"^(?:async )?def (test_\w+)", "".join(s.read_text() for s in sources), re.MULTILINE)
    )
    assert len(named) > 30
    assert named - defined == set()
