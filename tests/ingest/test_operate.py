"""Ready or not, and what is counted: names as Prometheus wants them, figures as they are."""

import re
import time
from collections.abc import Callable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from footfall.config import Config
from footfall.ingest.metrics import Metrics
from footfall.model import Reason
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

UNITS = ("seconds", "bytes", "rows", "changes")  # what the names of gauges and histograms end with


def families(client: Client) -> dict[str, Metric]:
    """The metrics by name; a text that Prometheus' own parser does not take raises."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.body)}


def value(client: Client, name: str, **labels: str) -> float:
    """A sample's value; 0 where there is none yet."""
    found = [
        sample.value
        for family in families(client).values()
        for sample in family.samples
        if sample.name == f"footfall_ingest_{name}" and labels.items() <= sample.labels.items()
    ]
    return sum(found)


def test_names_types_and_labels_are_as_prometheus_wants_them(shop: Client) -> None:
    shop.post("events", [{"event_type": "x", "event_id": new_id()}, {new_id(): 1}], wait=True)
    found = families(shop)
    documented = (support.ROOT / "docs" / "api.md").read_text()
    for name, family in found.items():
        short = name.removeprefix("footfall_ingest_") + ("_total" if family.type == "counter" else "")
        assert re.search(rf"`{short}[`{{]", documented), f"{short} is not in docs/api.md"
        assert re.fullmatch("footfall_ingest_[a-z_]+", name), name
        assert family.documentation.endswith("."), name
        assert family.type in {"counter", "gauge", "histogram"}, name
        if family.type == "counter":
            assert all(sample.name == f"{name}_total" for sample in family.samples), name
        else:
            assert name.endswith(UNITS), name
    reasons = {
        sample.labels["reason"]
        for family in found.values()
        for sample in family.samples
        if "reason" in sample.labels
    }
    assert reasons and reasons <= set(Reason)


def test_each_outcome_is_counted_and_flushes_are_measured(shop: Client) -> None:
    event = {"event_type": "x", "event_id": new_id()}

    def counts() -> list[float]:
        outcomes = ("accepted", "duplicate", "rejected")
        return [value(shop, "items_total", kind="events", outcome=outcome) for outcome in outcomes] + [
            value(shop, "rejected_total", kind="events", reason="missing_field"),
            value(shop, "flush_rows_count", lane="events"),
            value(shop, "flush_seconds_count", lane="events"),
            value(shop, "dead_letters_total", reason="missing_field"),
        ]

    before = counts()
    shop.post("events", [event, event, {"session_id": new_id()}], wait=True)
    settle(shop)
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 1, 1, 1, 1, 1, 1]
    assert value(shop, "inbox_rows", lane="events") == 0
    assert value(shop, "inbox_age_seconds") == 0


def test_while_the_store_is_away_ingest_accepts_and_says_what_waits(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    start("ingest", own_config)
    client = Client(own_config)
    assert client.post("events", {"event_type": "x", "event_id": new_id()}).status == 202
    assert client.get("/healthz").status == 200
    ready = client.get("/readyz")
    assert ready.status == 503
    state = ready.body
    assert (state["ready"], state["accepting"], state["store_reachable"]) == (False, True, False)
    assert (state["inbox"]["rows"], state["inbox"]["writable"]) == (1, True)
    assert state["inbox"]["bytes"] > 0
    assert value(client, "inbox_rows", lane="events") == 1
    assert value(client, "inbox_bytes", lane="events") == state["inbox"]["bytes"]
    assert 0 < value(client, "inbox_age_seconds") < 600
    deadline = time.monotonic() + 30
    while not value(client, "retries_total", lane="events"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert value(client, "flush_rows_count", lane="events") == 0


def test_reasons_are_one_list_in_the_model_the_description_and_the_documents() -> None:
    documented = (support.ROOT / "docs" / "api.md").read_text().partition("## Why an item was rejected")[2]
    table = documented.partition("### Dead letters")[0]
    assert set(re.findall("`([a-z_]+)`", table)) == set(Reason)
    metrics = Metrics()
    for reason in Reason:
        metrics.rejected.labels("events", reason).inc()
    assert all(f'reason="{reason}"' in metrics.text().decode() for reason in Reason)
