"""The soak for a few seconds with a few clients."""

from collections.abc import Callable

from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.robust import fuzz, gauges
from tests.robust.soak import Soak, rows_there


def test_many_clients_read_and_write_and_no_row_is_lost_or_doubled(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    engine = start("engine", own_config)
    migrate(own_config)
    soak = Soak(own_config, clients=40)
    soak.run(6)
    assert soak.tally.errors == []
    assert soak.tally.rows_in > 0
    assert set(rows_there(own_config).values()) == {soak.tally.rows_in}
    gauges.nothing_runs(own_config)
    assert fuzz.complaints(engine) == ""
