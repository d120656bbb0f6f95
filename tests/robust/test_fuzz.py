"""The fuzz for a few seconds, so that it works whenever somebody needs it for longer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from footfall.schema.migrate import migrate
from tests import support
from tests.robust import fuzz
from tests.robust.cases import World
from tests.robust.maker import Maker


@pytest.mark.parametrize("seed", [1, 2])
def test_requests_that_nobody_should_send_do_no_harm(
    seed: int, tmp_path: Path, start: Callable[..., support.Process]
) -> None:
    engine = start("engine", fuzz.configuration(tmp_path))
    migrate(engine.config)
    run = fuzz.Fuzz(engine, seed)
    run.run(6, patient=False)
    assert sum(run.sent.values()) > 20
    assert [failure.report() for failure in run.failures] == []
    fuzz.all_is_free(engine.config)
    assert fuzz.complaints(engine) == ""


def test_a_case_is_made_again_by_its_number() -> None:
    samples = {"CSV": b"1\n", "JSONEachRow": b"{}\n"}
    world = World(dict.fromkeys(("footfall", "reader", "writer", "analyst"), "x"), samples)
    first, second = Maker(7, world), Maker(7, world)
    cases = [first.case(number) for number in range(200)]
    assert [second.case(number) for number in reversed(range(200))] == cases[::-1]
    assert len({case.kind for case in cases}) > 15
