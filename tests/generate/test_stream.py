"""`footfall stream` keeps its rate, sends each item until it is acknowledged, and ends when it is told to."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall.config import Config
from footfall.generate import record, stream
from footfall.generate.plan import Plan
from tests import support
from tests.generate.recorder import (
    ACCEPT,
    HANG_UP,
    REFUSE_KEY,
    REJECT_ONE,
    TOO_MANY,
    UNAVAILABLE,
    Recorder,
    recording,
)


def beside(tmp_path: Path, recorder: Recorder) -> Config:
    """A configuration whose ingest is the recorder."""
    return support.make_config(tmp_path, ingest_port=recorder.port)


def test_it_sends_exactly_what_is_due_and_each_order_with_its_purchase(tmp_path: Path) -> None:
    with recording() as recorder:
        config = beside(tmp_path, recorder)
        done = support.run(config, "stream", "--rate", "200", "--orders", "40", "--duration", "2")
    assert done.returncode == 0, done.stderr
    events = recorder.items("events")
    assert len(events) == len({event["event_id"] for event in events}) == 400
    bought = {event["order_id"]: event for event in events if event["event_type"] == "purchase"}
    assert len(bought) == pytest.approx(80, abs=15)
    completed = [order for order in recorder.items("orders") if order["status"] == "completed"]
    assert {order["order_id"] for order in completed} == set(bought)
    for order in completed:
        assert order["order_timestamp"] == bought[order["order_id"]]["event_timestamp"]
    assert {user["user_id"] for user in recorder.items("users")} == {
        event["user_id"] for event in events if event["event_type"] == "signup"
    }
    times = sorted(datetime.fromisoformat(event["event_timestamp"]) for event in events)
    assert (times[-1] - times[0]).total_seconds() == pytest.approx(399 / 200, abs=0.01)
    assert {time.utcoffset() for time in times} == {timedelta(0)}


def test_it_keeps_its_connections_and_shows_its_key(tmp_path: Path) -> None:
    with recording() as recorder:
        config = beside(tmp_path, recorder)
        support.run(config, "stream", "--duration", "2")
    assert recorder.keys == {f"Bearer {config.write_key}"}
    assert len(recorder.bodies) > 12
    assert len(recorder.connections) <= 7


def test_without_a_history_it_introduces_its_products(tmp_path: Path) -> None:
    with recording() as recorder:
        support.run(beside(tmp_path, recorder), "stream", "--duration", "1")
    products = recorder.items("products")
    assert [product["product_id"] for product in products] == [str(n) for n in range(1, 1001)]
    viewed = {event["product_id"] for event in recorder.items("events") if "product_id" in event}
    assert viewed <= {product["product_id"] for product in products}


def test_what_is_not_acknowledged_is_sent_again_as_the_same_bytes(tmp_path: Path) -> None:
    troubles = (*[ACCEPT] * 5, UNAVAILABLE, HANG_UP, ACCEPT, TOO_MANY)
    with recording(lambda number: troubles[number % len(troubles)]) as recorder:
        config = beside(tmp_path, recorder)
        done = support.run(config, "stream", "--rate", "50", "--orders", "10", "--duration", "2")
    assert done.returncode == 0, done.stdout
    sent = Counter(recorder.bodies)
    assert set(recorder.acknowledged) == set(sent)
    assert max(sent.values()) > 1
    events = recorder.items("events")
    assert len(events) == len({event["event_id"] for event in events}) == 100
    retried = len(recorder.bodies) - len(recorder.acknowledged)
    assert f" {retried} requests retried" in done.stdout.splitlines()[-1]


def test_an_order_is_never_overtaken_by_its_refund(tmp_path: Path) -> None:
    with recording(lambda number: UNAVAILABLE if number % 3 else ACCEPT) as recorder:
        config = beside(tmp_path, recorder)
        support.run(config, "stream", "--rate", "50", "--orders", "10", "--duration", "2")
    bodies = [body for kind, body in recorder.bodies if kind == "orders"]
    first = list(dict.fromkeys(bodies))
    acknowledged = [body for kind, body in recorder.acknowledged if kind == "orders"]
    assert acknowledged == first
    times = [order["order_timestamp"] for body in acknowledged for order in json.loads(body)]
    assert times == sorted(times)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    with recording() as recorder:
        process = support.launch("stream", beside(tmp_path, recorder))
        _until(lambda: len(recorder.items("events")) > 50)
        process.popen.send_signal(number)
        assert process.popen.wait(10) == 0
        events = recorder.items("events")
    assert f"{len(events):,} events" in process.output().splitlines()[-1]


def test_it_says_so_when_something_stays_unacknowledged(tmp_path: Path) -> None:
    with recording(lambda _: UNAVAILABLE) as recorder:
        process = support.launch("stream", beside(tmp_path, recorder))
        _until(lambda: len(recorder.bodies) > 10)
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(10) == 1
    assert " 0 acknowledged" in process.output()


def test_a_rejected_item_is_shown_and_is_exit_code_1(tmp_path: Path) -> None:
    with recording(lambda number: REJECT_ONE if number == 8 else ACCEPT) as recorder:
        done = support.run(beside(tmp_path, recorder), "stream", "--duration", "2")
    assert done.returncode == 1
    assert "1 rejected" in done.stdout
    assert "status 202" in done.stdout


def test_a_refused_key_is_one_clear_line(tmp_path: Path) -> None:
    with recording(lambda _: REFUSE_KEY) as recorder:
        done = support.run(beside(tmp_path, recorder), "stream")
    assert done.returncode == 2
    assert "refused the write key" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_backlog_closes_the_shop_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stream, "BACKLOG_ITEMS", 300)
    with recording(lambda number: UNAVAILABLE if number < 60 else ACCEPT) as recorder:
        config = beside(tmp_path, recorder)
        record.write(config, record.Record(Plan.of(), "embedded", finished=True, continued=True))
        code = stream.stream(config, rate=1000, orders_rate=100, duration=2, seed=None)
    assert code == 0
    assert " s skipped" in capsys.readouterr().out
    events = recorder.items("events")
    assert len(events) == len({event["event_id"] for event in events}) == 2_000


def test_it_begins_where_a_fresh_history_ended_but_once(tmp_path: Path) -> None:
    plan = Plan.of(until=datetime.now(UTC) - timedelta(seconds=30))
    with recording() as recorder:
        config = beside(tmp_path, recorder)
        record.write(config, record.Record(plan, "embedded", finished=True))
        support.run(config, "stream", "--rate", "20", "--orders", "4", "--duration", "2")
        first = min(event["event_timestamp"] for event in recorder.items("events"))
        recorder.acknowledged.clear()
        support.run(config, "stream", "--rate", "20", "--orders", "4", "--duration", "1")
        second = min(event["event_timestamp"] for event in recorder.items("events"))
    assert not recorder.items("products")
    assert datetime.fromisoformat(first) == plan.until
    assert datetime.fromisoformat(second) > plan.until + timedelta(seconds=29)


def _until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)
