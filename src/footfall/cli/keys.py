"""`footfall keys`: write keys, which are kept hashed and shown once."""

import click

from footfall import config


@click.group()
def keys() -> None:
    """Make, list and revoke write keys."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--rights", "rights", multiple=True, required=True, metavar="RIGHT,…",
    help="events, orders, users, products; or browser alone.",
)  # fmt: skip
@click.option("--origin", "origins", multiple=True, metavar="URL", help="Site that a browser key works on.")
@click.option(
    "--event", "event_types", multiple=True, metavar="TYPE,…", help="Types of event a browser key may send."
)
@click.option("--rate", type=click.IntRange(1), help="Events a second of a browser key; default: 100.")
def create_key(
    name: str,
    rights: tuple[str, ...],
    origins: tuple[str, ...],
    event_types: tuple[str, ...],
    rate: int | None,
) -> None:
    """Make a key and show it, this once."""
    from footfall.ingest.keys import create

    text = create(config.load(), name, rights, origins=origins, event_types=event_types, rate=rate)
    click.echo(text)
    click.echo("Keep it now: it is not shown again.", err=True)


@keys.command("list")
def list_keys() -> None:
    """Show names and rights of the keys there are."""
    from footfall.ingest.keys import lines

    for line in lines(config.load()):
        click.echo(line)


@keys.command("revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Make a key useless, within a second."""
    from footfall.ingest.keys import revoke

    revoke(config.load(), name)
    click.echo(f"{name} is revoked")
