"""`footfall audit` and `footfall audit --heal`: rollups compared with the raw rows beside a running ingest.

What differs in every look is looked at once more with ingest held, so that what is on its way is no false
alarm. With `--heal`, each month of a rollup in which rows differ is made anew and compared again.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest import fence
from footfall.query import terminal
from footfall.query.audit import Audit
from footfall.schema.rebuild import rollup
from footfall.upkeep.months import rebuild
from footfall.upkeep.turn import turn

_HOLD_WAIT_S: Final = 10.0


def audit(config: Config, *, heal: bool = False) -> Audit:
    """Compares everything, and heals rollups where that is asked for."""
    if not heal:
        return terminal.audit_all(config, lambda: _held(config), None)
    with turn(config) as client:

        def mend(name: str, month: int) -> str:
            return rebuild(config, client, rollup(name), month).line()

        return terminal.audit_all(config, lambda: _held(config), mend)


@contextmanager
def _held(config: Config) -> Iterator[None]:
    """Ingest held where it can be; where it has blocks that it cannot finish, nothing arrives either."""
    with ExitStack() as stack:
        with suppress(StoreUnavailable):
            stack.enter_context(fence.raised(config.data_dir / "inbox", _HOLD_WAIT_S))
        yield
