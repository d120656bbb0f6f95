"""Commands that look after a store: its schema, its rollups, its backups, a person in it, its health."""

import sys
from datetime import datetime

import click

from footfall import config
from footfall.errors import UsageError

DATABASE = "footfall"


@click.command()
def migrate() -> None:
    """Create or upgrade the schema; safe to run again and to interrupt."""
    from footfall.schema.migrate import migrate
    from footfall.upkeep.backfill import fill

    loaded = config.load()
    for line in (*migrate(loaded).lines(), *fill(loaded)):
        click.echo(line)


@click.command()
@click.option("--heal", is_flag=True, help="Make months of rollups that differ anew from the raw rows.")
def audit(heal: bool) -> None:
    """Compare every rollup and every named query with the raw rows; exit code 1 where any differs, or where
    the store's limits left any out.

    It may run at any time beside ingest, which `--heal` holds for a moment where it puts a month into place.
    """
    from footfall.upkeep.heal import audit

    found = audit(config.load(), heal=heal)
    for line in found.lines():
        click.echo(line)
    sys.exit(0 if found.holds else 1)


@click.command()
@click.argument("rollup")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@click.option("--to", "last", required=True, type=click.DateTime(["%Y-%m-%d"]), help="End, exclusive.")
def backfill(rollup: str, first: datetime, last: datetime) -> None:
    """Make a rollup's months anew from raw rows, beside ingest; safe to interrupt and to run again."""
    from footfall.upkeep.backfill import backfill

    for line in backfill(config.load(), rollup, first.date(), last.date()):
        click.echo(line)


@click.command()
@click.option("--user", required=True, metavar="ID", help="The person's user id, as the shop knows it.")
@click.option(
    "--later", required=True, type=click.Choice(["refuse", "keep"]),
    help="What becomes of items of the same person that come later.",
)  # fmt: skip
def erase(user: str, later: str) -> None:
    """Remove a person from every place, keep the money of their orders, and write a certificate."""
    from footfall.upkeep.erase import erase

    click.echo(erase(config.load(), user, refuse=later == "refuse").text())


@click.command()
@click.argument("name")
def backup(name: str) -> None:
    """Write the whole store to a backup of that name."""
    from footfall.backup import backup

    click.echo(backup(config.load(), name))


@click.command()
@click.argument("name")
def restore(name: str) -> None:
    """Read a backup into an empty store, and bring its schema up to date."""
    from footfall.backup import restore
    from footfall.schema.migrate import migrate
    from footfall.upkeep.backfill import fill

    loaded = config.load()
    click.echo(restore(loaded, name))
    for line in (*migrate(loaded).lines(), *fill(loaded)):
        click.echo(line)


@click.command()
@click.option("--schema", is_flag=True, help="Look at the schema: its faults, and what each object is worth.")
@click.option("--database", default=DATABASE, show_default=True, help="Whose schema to look at.")
@click.option("--inserts", is_flag=True, help="With --schema: what each object costs an INSERT, on copies.")
def doctor(schema: bool, database: str, inserts: bool) -> None:
    """Look at the running stack and say what is wrong; exit code 1 where something is."""
    from footfall.doctor import examine
    from footfall.doctor import schema as of_schema

    if database != DATABASE and not schema:
        raise UsageError("--database goes with --schema: it says whose schema to look at")
    if inserts and (not schema or database != DATABASE):
        raise UsageError("--inserts goes with --schema, and is about Footfall's own tables")
    loaded = config.load()
    findings = []
    for finding in of_schema.findings(loaded, database) if schema else examine(loaded):
        findings.append(finding)
        click.echo(f"{'good ' if finding.good else 'WRONG'}  {finding.text}")
    if schema:
        of_schema.print_use(loaded, database)
    if schema and database == DATABASE:
        of_schema.print_worth(loaded)
    if inserts:
        of_schema.print_inserts(loaded)
    sys.exit(0 if all(finding.good for finding in findings) else 1)
