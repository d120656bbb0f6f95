"""Links of shoppers, one step long: whoever an id leads to over several links is who it is linked to.

An anonymous id may become a user that an alias turns into another one. Queries resolve an id once, so each
link names the last person of its chain: after a block of links is in the table, the ids whose person it has
changed get a link anew. The latest link of an id holds. Where links go round in a circle, the newest of them
says who the person is.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from clickhouse_connect.driver.client import Client

from footfall.ingest import blocks, chunks, native
from footfall.ingest.chunks import Block
from footfall.ingest.lanes import IDENTITIES, Lane
from footfall.model import EPOCH

IDS_AT_ONCE: Final = 5_000
CHUNKS_LOOKED_AT: Final = 100
_ONWARD: Final = """
    SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS leads_to,
           max((linked_at, block_id)).1 AS at, max((linked_at, block_id)).2 AS block
    FROM footfall.identities WHERE anonymous_id IN {ids:Array(UInt64)} GROUP BY anonymous_id"""
_LED_HERE: Final = """
    SELECT DISTINCT anonymous_id FROM footfall.identities WHERE user_id IN {ids:Array(UInt64)}"""


def on_its_way(connection: sqlite3.Connection, anonymous: Collection[bytes]) -> int:
    """The newest chunk of links that are not in the table yet and hold one of these ids (the keys of their
    entries); 0 where there is none. Where very many are on their way, the newest of them all."""
    wanted = {int.from_bytes(key) for key in anonymous}
    newest = 0
    for place, (chunk_id, rows, body) in enumerate(chunks.on_their_way(connection, IDENTITIES.name)):
        newest = newest or chunk_id
        if not wanted.isdisjoint(native.numbers(IDENTITIES.columns, body, rows, "anonymous_id")):
            return chunk_id
        if place == CHUNKS_LOOKED_AT:
            return newest
    return 0


class Link(NamedTuple):
    """Who an id is, since when (ms), and the block that says so."""

    user_id: int
    at: int
    block_id: int


def resolve(client: Client, lane: Lane, block: Block) -> None:
    """Shortens the chains that a block of links has made longer."""
    if lane is not IDENTITIES:
        return
    told: set[int] = set()
    led: set[int] = set()
    for rows, body in block.bodies:
        told.update(native.numbers(lane.columns, body, rows, "anonymous_id"))
        led.update(native.numbers(lane.columns, body, rows, "user_id"))
    before = {number for (number,) in _asked(client, _LED_HERE, told)}
    links = _onward(client, before | led)
    if not links:
        return  # nobody led to these ids, and they lead nowhere
    links |= _onward(client, told)
    changed = shortened(links)
    if changed:
        number = blocks.new_block_id()
        rows_ = [(one, link.user_id, link.at) for one, link in changed.items()]
        body = native.encode(lane.columns, rows_)
        client.raw_insert(
            lane.table,
            [*(column.name for column in lane.columns), "block_id"],
            native.block(lane.columns, [(len(rows_), body)], number),
            settings=blocks.insert_settings(number),
            fmt="Native",
        )


def shortened(links: Mapping[int, Link]) -> dict[int, Link]:
    """Links that lead to the end of their chain, for those ids whose own does not."""
    found = {}
    for one, link in links.items():
        path = [link]
        seen = {one}
        while (next_ := links.get(path[-1].user_id)) is not None and path[-1].user_id not in seen:
            seen.add(path[-1].user_id)
            path.append(next_)
        end = path[-1].user_id
        if end in links and links[end].user_id != end:  # a circle
            circle = [links[end]]
            while circle[-1].user_id != end:
                circle.append(links[circle[-1].user_id])
            end = max(circle, key=lambda link: (link.at, link.block_id)).user_id
        if end != link.user_id:
            found[one] = Link(end, max(link.at for link in path), 0)
    return found


def _onward(client: Client, ids: Iterable[int]) -> dict[int, Link]:
    """The links of these ids, and of those that they lead to."""
    links: dict[int, Link] = {}
    wanted = set(ids)
    while wanted:
        rows = _asked(client, _ONWARD, wanted)
        links |= {one: Link(user_id, _ms(at), block) for one, user_id, at, block in rows}
        wanted = {link.user_id for link in links.values()} - links.keys() - wanted
    return links


def _asked(client: Client, query: str, ids: Iterable[int]) -> list[tuple[int, ...]]:
    every = sorted(ids)
    rows: list[tuple[int, ...]] = []
    for start in range(0, len(every), IDS_AT_ONCE):
        part = every[start : start + IDS_AT_ONCE]
        rows += client.query(query, parameters={"ids": part}).result_rows  # type: ignore[arg-type]
    return rows


def _ms(moment: object) -> int:
    assert isinstance(moment, datetime)
    return round(((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH).total_seconds() * 1000)
