"""The command line: one function a command, no logic.

Each function reads its options, loads the configuration and calls the package that does the work; packages
are imported inside the functions, so that a process loads only what it runs. A `FootfallError` becomes one
line on standard error: exit code 2 where the usage, a setting or the machine is at fault, 1 otherwise.
"""

import sys
from pathlib import Path

import click

from footfall import __version__, config
from footfall.cli import shop, store
from footfall.cli.keys import keys
from footfall.errors import FootfallError, UsageError

_FLOW = (
    *("up", "engine", "migrate", "generate", "stream", "import", "ingest", "replay", "query", "audit"),
    *("backfill", "erase"),
    *("dashboard", "live", "backup", "restore", "doctor", "bench", "keys", "hash-password", "config"),
)


class _Group(click.Group):
    """Lists commands in the order of the data's flow, and turns errors into one line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(super().list_commands(ctx), key=_FLOW.index)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Whole sentences, where click would cut them off at the end of the line."""
        listed = [(name, self.commands[name].get_short_help_str(200)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(listed)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FootfallError as error:
            click.echo(f"footfall: {error.message}", err=True)
            ctx.exit(2 if isinstance(error, UsageError) else 1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Real-time analytics for online shops, self-hosted, on ClickHouse.

    `footfall up --demo` starts everything and shows a living shop; the commands below are its parts, in the
    order in which data flows through them. Settings come from FOOTFALL_… variables or footfall.toml:
    `footfall config` lists them.
    """


@main.command()
@click.option(
    "--demo", is_flag=True, help="Generate a shop's history where there is none, and stream events."
)
def up(demo: bool) -> None:
    """Start engine, ingest, dashboard and live, and keep them running."""
    from footfall import supervisor

    sys.exit(supervisor.up(config.load(), demo=demo))


@main.command()
def engine() -> None:
    """Serve the embedded ClickHouse engine over ClickHouse's HTTP interface."""
    from footfall.engine import serve

    serve(config.load())


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--as", "kind", type=click.Choice(["events", "orders", "users", "products"]),
    help="What the rows are; default: what the mapping says, else events.",
)  # fmt: skip
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Our field from their column.")
@click.option("--event", "events", multiple=True, metavar="THEIRS=OURS", help="Their event's name as ours.")
@click.option("--tz", help="Zone of times that name none; default: what the mapping says, else UTC.")
@click.option("--shift", is_flag=True, help="Move the whole set in time, so that its last row is now.")
@click.option(
    "--mapping", "mapping_file",
    help="TOML file that keeps the options above, or the name of one that we ship, such as online_retail.",
)  # fmt: skip
def import_(
    file: Path,
    kind: str | None,
    mapping: tuple[str, ...],
    events: tuple[str, ...],
    tz: str | None,
    shift: bool,
    mapping_file: str | None,
) -> None:
    """Import a CSV, NDJSON or Parquet file; run again, it adds only what is new."""
    from footfall.ingest.importer import import_file

    report = import_file(
        config.load(),
        file,
        kind=kind,
        mapping=mapping,
        events=events,
        tz=tz,
        shift=shift,
        mapping_file=mapping_file,
    )
    for line in report.lines():
        click.echo(line)
    sys.exit(1 if report.rejected else 0)


@main.command()
def ingest() -> None:
    """Accept events, orders, users and products over HTTP."""
    from footfall.ingest import serve

    serve(config.load())


@main.command()
@click.option("--reason", "reasons", multiple=True, help="Send letters of this reason; without: count all.")
@click.option(
    "--kind", "kinds", multiple=True,
    type=click.Choice(["events", "orders", "users", "products", "messages"]),
    help="Only these; default: all.",
)  # fmt: skip
@click.option("--map", "mapping", multiple=True, metavar="THEIRS=OURS", help="A field to rename first.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken, and send nothing.")
def replay(reasons: tuple[str, ...], kinds: tuple[str, ...], mapping: tuple[str, ...], dry_run: bool) -> None:
    """Send dead letters to ingest again; run again, it doubles nothing."""
    from footfall.ingest.replay import replay

    report = replay(config.load(), reasons=reasons, kinds=kinds, mapping=mapping, dry_run=dry_run)
    for line in report.lines():
        click.echo(line)
    sys.exit(1 if report.rejected or report.unusable else 0)


@main.command()
@click.argument("name", required=False)
@click.option("--from", "from_", metavar="TIME", help="Start of the range: 2026-01-31, today-6d, now-30m …")
@click.option("--to", metavar="TIME", help="End of the range, exclusive.")
@click.option("--tz", metavar="ZONE", help="Time zone of days and times: Europe/Berlin.  [default: UTC]")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="Another parameter of the query."
)
@click.option(
    "--format", "shape", default="table", show_default=True,
    type=click.Choice(["table", "json", "csv", "ndjson", "parquet"]),
    help="How the answer is written.",
)  # fmt: skip
@click.option("--explain", is_flag=True, help="Show the store's plan instead of the answer.")
def query(
    name: str | None,
    from_: str | None,
    to: str | None,
    tz: str | None,
    params: tuple[str, ...],
    shape: str,
    explain: bool,
) -> None:
    """List the named queries, run the one called NAME, or with - the SQL on standard input."""
    from footfall.query import terminal

    loaded = config.load()
    if name is None:
        for line in terminal.listing(loaded):
            click.echo(line)
        return
    given = terminal.given(params, from_, to, tz)
    if name == "-":
        out = terminal.typed(loaded, sys.stdin.read(), given, shape, explain)
    elif explain:
        out = terminal.plan(loaded, name, given)
    else:
        out = terminal.answer(loaded, name, given, shape)
    click.echo(out, nl=False)


@main.command()
def dashboard() -> None:
    """Serve the dashboard and its API."""
    from footfall.dashboard import serve

    serve(config.load())


@main.command()
def live() -> None:
    """Serve the live dashboard: event stream, cards, SQL box."""
    from footfall.live import serve

    serve(config.load())


@main.command()
@click.argument(
    "question",
    type=click.Choice(
        [
            *("audit", "compression", "ids", "indices", "ingest", "insert", "interface", "layouts", "live"),
            *("peers", "profiles", "projections", "queries", "rollups", "scale", "storage"),
        ]
    ),
)
@click.option(
    "--events", default=300_000, show_default=True, type=click.IntRange(1_000), help="Events, about."
)
@click.option("--runs", default=30, show_default=True, type=click.IntRange(3), help="Runs of each thing.")
@click.option(
    "--seconds",
    default=300.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Of measuring ingest or live, or of profiles.",
)
@click.option(
    "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here."
)
def bench(question: str, events: int, runs: int, seconds: float, file: Path | None) -> None:
    """Measure one question on a stack of its own; needs a checkout of the project."""
    checkout = Path(__file__).parents[3]
    if not (checkout / "bench").is_dir():
        raise UsageError("`footfall bench` needs a checkout of the project: `bench/` is not installed")
    sys.path.insert(0, str(checkout))
    from bench.run import run

    run(question, events=events, runs=runs, seconds=seconds, file=file)


@main.command("hash-password")
def hash_password_() -> None:
    """Ask for a password of the pages and print its hash, which a setting may hold instead of it."""
    from footfall.web.credentials import hash_password

    click.echo(hash_password(click.prompt("Password", hide_input=True, confirmation_prompt=True)))


@main.command("config")
@click.option("--secrets", is_flag=True, help="Show passwords and the write key as well.")
def config_(secrets: bool) -> None:
    """Show every setting: its variable, its value and what it is for."""
    loaded = config.load()
    for setting in config.settings():
        value = getattr(loaded, setting.name)
        shown = "…" if setting.metadata["secret"] and not secrets else value
        click.echo(f"{config.variable(setting)}={shown}\n    {setting.metadata['help']}")


for _command in (
    *(shop.generate, shop.stream),
    *(store.migrate, store.audit, store.backfill, store.erase, store.backup, store.restore, store.doctor),
    keys,
):
    main.add_command(_command)
