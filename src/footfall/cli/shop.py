"""Commands of the simulated shop: `generate` writes its history, `stream` lets it go on."""

import sys
from datetime import datetime
from pathlib import Path

import click

from footfall import config


@click.command()
@click.option("--users", default=10_000, show_default=True, type=click.IntRange(1), help="Registered users.")
@click.option(
    "--products", default=1_000, show_default=True, type=click.IntRange(1), help="Products on sale."
)
@click.option("--events", default=300_000, show_default=True, type=click.IntRange(1), help="Events, about.")
@click.option(
    "--orders", default=30_000, show_default=True, type=click.IntRange(0, 999_999_999), help="Orders, about."
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="Days of events.")
@click.option(
    "--order-days", default=365, show_default=True, type=click.IntRange(1, 3650), help="Days of orders."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Same seed, same shop.")
@click.option(
    "--until", help="End of the history (UTC); default: now.",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]),
)  # fmt: skip
@click.option(
    "--level", is_flag=True, help="As busy on each day, instead of growing up to the stream's rate."
)
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write the true answers here.")
@click.option("--replace", is_flag=True, help="Empty the store first: every event, order, user and product.")
@click.option("--demo", is_flag=True, help="Make, or finish, the demo history of this data folder.")
def generate(
    *, until: datetime | None, level: bool, truth: Path | None, replace: bool, demo: bool, **sizes: int
) -> None:
    """Generate a simulated shop's history and write it to the store.

    The shop grows until its last minutes meet the stream's rate, or is level. Where it was interrupted, run
    it again with the same options: what is there is not written again. A store that holds anything else is
    refused.
    """
    from footfall.generate import record
    from footfall.generate.plan import Plan

    loaded = config.load()
    if demo:
        from footfall.generate.demo import demo as make_demo

        make_demo(loaded)
        return

    from footfall.generate.history import generate

    plan = Plan.of(until=until, level=level, **sizes)
    if until is None:
        plan = record.resumed(loaded, plan)
    generate(loaded, plan, truth=truth, replace=replace)


@click.command()
@click.option("--rate", default=100.0, show_default=True, type=click.FloatRange(0.1), help="Events a second.")
@click.option("--orders", default=20.0, show_default=True, type=click.FloatRange(0), help="Orders a second.")
@click.option("--duration", type=click.FloatRange(0.1), help="Seconds to run; default: until stopped.")
@click.option("--seed", type=click.IntRange(0), help="The shop to continue; default: that of the history.")
def stream(rate: float, orders: float, duration: float | None, seed: int | None) -> None:
    """Stream the simulated shop's events and orders to ingest, in real time."""
    from footfall.generate.stream import stream

    sys.exit(stream(config.load(), rate=rate, orders_rate=orders, duration=duration, seed=seed))
