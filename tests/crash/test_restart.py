"""The engine dies under `footfall up`: it is noticed, started again, and no acknowledged row is missing."""

import signal
import time

import pytest

from footfall import store
from footfall.config import Config
from tests import support
from tests.crash.shop import Shop, differences
from tests.ingest.client import Client, settle
from tests.test_supervisor import child, up


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT], ids=lambda number: number.name
)
def test_an_engine_that_dies_is_back_with_every_acknowledged_row(
    number: signal.Signals, own_config: Config
) -> None:
    stack = up(own_config)
    shop = Shop(own_config)
    try:
        shop.start()
        time.sleep(1.5)
        before = child(stack, "engine")
        assert before is not None
        before.send_signal(number)
        died = time.monotonic()
        support.wait_until(lambda: not before.is_running() or before.status() == "zombie")
        support.wait_until(lambda: support.answers(own_config.url("engine") + "/ping"))
        print(f"{number.name}: answers again after {time.monotonic() - died:.2f} s")
        time.sleep(0.5)
        shop.finish()
        settle(Client(own_config))
        with store.connect(own_config, "footfall") as client:
            wrong = differences(client, shop)
        assert shop.events
        assert wrong == []
        assert f"ended with signal {number.name}; starting it again" in stack.output()
    finally:
        assert stack.stop() == 0
