"""`footfall erase`: one person is removed from every place, and the money of their orders stays.

The order of things: whoever is to be refused later is on the list first. Drafts of the months of `orders` in
which the person bought are made, in which a random number stands for them. Behind the fence the inbox is rid
of them, and the drafts take their places in the table. What was written until then is deleted from the
tables, the touched months of the rollups are made anew, and dead letters, ids and receipts go. It counts over
tables and projections until nothing is left, and writes a certificate. Killed at any point, it is run again,
and goes on with what was noted (`notes`).
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.errors import FootfallError, StoreUnavailable
from footfall.ingest import blocks, erased, fence
from footfall.ingest.lanes import DEAD_LETTERS, EVENTS
from footfall.schema.rebuild import Month, Rollup, reach, rollups
from footfall.upkeep import months, notes, scrub
from footfall.upkeep.person import Person, find
from footfall.upkeep.turn import turn

TRIES: Final = 5
_EVERY: Final = (1 << 64) - 1
LETTERS_AT_ONCE: Final = 2_000
_IDS: Final = "user_id IN {ids:Array(UInt64)}"
_UPTO: Final = "block_id <= {upto:UInt64}"
# Of each table: what says that a row is the person's. `upto` keeps what came after, where that is kept.
_THEIRS: Final = {
    "footfall.events": f"{_IDS} AND {_UPTO}",
    "footfall.users": f"{_IDS} AND {_UPTO}",
    "footfall.identities": "(user_id IN {ids:Array(UInt64)} OR anonymous_id IN {ids:Array(UInt64)})"
    f" AND {_UPTO}",
    "footfall_private.contacts": f"{_IDS} AND {_UPTO}",
}
_BY_USER: Final = {"mv_user_funnel": "event_date", "daily_user_activity": "activity_date"}
_MONTHS: Final = (
    "SELECT toYYYYMM(event_date) AS month FROM footfall.events WHERE THEIRS GROUP BY month ORDER BY month"
)
_EVENT_IDS: Final = "SELECT event_id FROM footfall.events WHERE THEIRS"
_ORDER_MONTHS: Final = """
    SELECT toYYYYMM(order_date) AS month FROM footfall.orders
    WHERE user_id IN {ids:Array(UInt64)} GROUP BY month ORDER BY month"""
_ORDER_LINES: Final = "SELECT count() FROM footfall.orders WHERE user_id IN {ids:Array(UInt64)}"
_PSEUDONYMOUS: Final = """SELECT * REPLACE (
    if(user_id IN {ids:Array(UInt64)}, {pseudonym:UInt64}, user_id) AS user_id,
    if(user_id IN {ids:Array(UInt64)}, '', properties) AS properties)
FROM footfall.orders"""
_ORDERS: Final = Rollup("orders", "orders", "order_date", "order_date", _PSEUDONYMOUS)
_LETTERS: Final = """
    SELECT letter_id, batch_id, raw FROM footfall_private.dead_letters
    WHERE letter_id > {after:UUID} ORDER BY letter_id LIMIT {limit:UInt32}"""
_PROJECTIONS: Final = """
    SELECT name FROM system.projections
    WHERE database = 'footfall' AND table = {table:String} AND type = 'Normal'
        AND has(splitByRegexp('[^a-z_]+', query), 'user_id')"""
NOT_REACHED: Final = (
    "backups made before",
    "distinct counts of days whose raw rows have expired: nobody can be taken out of a state",
    "the store's log of statements (7 days), and parts that it has replaced (some minutes)",
    "names that ingest processes hold in memory until they are started again",
    "free texts in items of other people, and ids of orders, which the shop itself can trace back",
)


@dataclass(slots=True)
class Certificate:
    """What was done for whom; `subject` is a hash under the data folder's key, and not the id.

    `resumed`: an earlier run was killed, and what that one removed is not counted here.
    """

    subject: str
    at: str
    later: str
    resumed: bool
    removed: dict[str, int] = field(default_factory=dict)
    pseudonymised: int = 0
    rebuilt: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    not_reached: tuple[str, ...] = NOT_REACHED

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


def erase(config: Config, user: str, *, refuse: bool) -> Certificate:
    """Removes the person with this id; raises where something of them is left."""
    with turn(config) as client:
        return _Erasure(config, client, find(client, user), refuse=refuse).run()


class _Erasure:
    """One run."""

    def __init__(self, config: Config, client: Client, person: Person, *, refuse: bool) -> None:
        self._config = config
        self._client = client
        self._refuse = refuse
        self._upto = 0
        subject = blake2b(person.user.encode(), key=erased.key(config.data_dir), digest_size=32).hexdigest()
        self._notes_path = config.data_dir / notes.FOLDER / f"{subject}.unfinished"
        self._notes = notes.begun(self._notes_path, person)
        self._person, self._scrubbed = self._notes.person, self._notes.scrubbed
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.certificate = Certificate(subject, now, "refused" if refuse else "kept", self._notes.resumed)

    def run(self) -> Certificate:
        self._note()
        if self._refuse:
            erased.refuse(self._config.data_dir, self._person.numbers)
        self._orders_and_inbox()
        self._events()
        self._letters()
        for table, theirs in _THEIRS.items():
            self._delete(table, theirs)
        self._old_rows_of_rollups()
        self._forget()
        self._check()
        self._keep()
        self._notes_path.unlink()
        return self.certificate

    def _note(self) -> None:
        self._notes.keep(self._notes_path)

    def _orders_and_inbox(self) -> None:
        """Drafts of months of orders; then, behind the fence, the inbox, and the drafts into their places."""
        given = {"ids": self._person.ids, "pseudonym": self._notes.pseudonym}
        self.certificate.pseudonymised = self._number(_ORDER_LINES)
        for _ in range(TRIES):
            drafts = [Month(self._client, _ORDERS, month, given) for month in self._months(_ORDER_MONTHS)]
            for draft in drafts:
                draft.catch_up()
            with scrub.opened(self._config) as inbox, fence.raised(self._config.data_dir / "inbox"):
                if inbox is not None:
                    scrub.release(self._config, inbox)
                    with scrub.transaction(inbox):
                        scrub.scrub(inbox, self._person, self._notes.pseudonym, self._scrubbed)
                        self._note()
                done = [draft.finish() for draft in drafts]
                # What came until now is of blocks below this number; later items of the person may be kept.
                self._upto = _EVERY if self._refuse else blocks.new_block_id()
            erased.told(self._config.data_dir)
            for draft in drafts:
                draft.close()
            if all(done) and not self._number(_ORDER_LINES):
                return
        raise StoreUnavailable(f"orders changed during each of {TRIES} tries; try again later")

    def _events(self) -> None:
        """Events, and the rollups of the months in which they were."""
        theirs = _THEIRS["footfall.events"]
        self._notes.months.update(self._months(_MONTHS.replace("THEIRS", theirs)))
        rows = self._client.query(_EVENT_IDS.replace("THEIRS", theirs), parameters=self._given()).result_rows
        self._scrubbed.keys.setdefault(EVENTS.name, []).extend(scrub.keys_of(row[0] for row in rows))
        self._note()
        self._delete("footfall.events", theirs)
        for of in rollups().values():
            if of.base == "events":
                for month in sorted(self._notes.months):
                    self.certificate.rebuilt.append(f"{of.name} {month}")
                    months.rebuild(self._config, self._client, of, month)

    def _old_rows_of_rollups(self) -> None:
        """Rows of the person in rollups by user, of days whose raw rows have expired."""
        oldest = reach(self._client, "events")
        for name, day in _BY_USER.items():
            self._delete(f"footfall.{name}", f"{_IDS} AND {day} < {{oldest:Date}}", {"oldest": oldest})

    def _letters(self) -> None:
        """Removes dead letters that name the person."""
        found: list[str] = []
        after = "00000000-0000-0000-0000-000000000000"
        while True:
            parameters = {"after": after, "limit": LETTERS_AT_ONCE}
            rows = self._client.query(_LETTERS, parameters=parameters).result_rows
            for letter_id, batch_id, raw in rows:
                if self._person.in_item(raw.encode()):
                    found.append(str(letter_id))
                    self._scrubbed.keys.setdefault(DEAD_LETTERS.name, []).append(letter_id.bytes)
                    self._scrubbed.batches.add(batch_id.bytes)
            if len(rows) < LETTERS_AT_ONCE:
                break
            after = str(rows[-1][0])
        self._note()
        self._delete(
            "footfall_private.dead_letters", "letter_id IN {letters:Array(UUID)}", {"letters": found}
        )

    def _forget(self) -> None:
        with scrub.opened(self._config) as inbox:
            if inbox is not None:
                scrub.forget(inbox, self._scrubbed, self._person)
                scrub.unindex(self._config, inbox, self._scrubbed.keys, self._scrubbed)
                scrub.finish(inbox)
        self.certificate.removed |= self._scrubbed.counts

    def _check(self) -> None:
        """Counts over tables and projections; raises where anything is left."""
        left = self.certificate.left
        tables = {**_THEIRS, "footfall.orders": _IDS}
        tables |= {
            f"footfall.{name}": f"{_IDS} AND {day} < {{oldest:Date}}" for name, day in _BY_USER.items()
        }
        given = self._given() | {"oldest": reach(self._client, "events")}
        if self._refuse:  # nothing of them came later
            tables |= {f"footfall.{name}": _IDS for name in _BY_USER}
        for table, theirs in tables.items():
            left[table] = self._number(f"SELECT count() FROM {table} WHERE {theirs}", given)  # noqa: S608
        for table in ("events", "orders", "users"):
            names = self._client.query(_PROJECTIONS, parameters={"table": table}).result_rows
            for (name,) in names if self._refuse or table == "orders" else []:
                projection = f"mergeTreeProjection('footfall', '{table}', '{name}')"
                count = f"SELECT count() FROM {projection} WHERE {_IDS}"  # noqa: S608
                left[f"footfall.{table} {name}"] = self._number(count, given)
        if any(left.values()):
            raise FootfallError(f"something of the person is left; erase again: {left}")

    def _keep(self) -> None:
        path = self._config.data_dir / notes.FOLDER / f"{time.time_ns()}.json"
        path.write_text(self.certificate.text() + "\n")

    def _delete(self, table: str, theirs: str, more: Mapping[str, Any] | None = None) -> None:
        given = self._given() | dict(more or {})
        count = self._number(f"SELECT count() FROM {table} WHERE {theirs}", given)  # noqa: S608
        if count:
            command = f"ALTER TABLE {table} DELETE WHERE {theirs}"
            self._client.command(command, parameters=given, settings={"mutations_sync": 2})
        name = table.partition(".")[2]
        self.certificate.removed[name] = self.certificate.removed.get(name, 0) + count

    def _given(self) -> dict[str, Any]:
        return {"ids": self._person.ids, "upto": self._upto}

    def _number(self, query: str, given: Mapping[str, Any] | None = None) -> int:
        rows = self._client.query(query, parameters=dict(given or self._given())).result_rows
        return int(rows[0][0])

    def _months(self, query: str) -> list[int]:
        return [month for (month,) in self._client.query(query, parameters=self._given()).result_rows]
