"""Replay: dead letters are sent to ingest again after what was wrong has been put right.

An event without an id is sent under its letter's id, so a letter that is sent twice counts once; an item
without a time keeps the time at which it was rejected. Letters whose items were taken are removed once their
rows can be queried, for only then it is sure that nothing was refused when its turn came; those that are
rejected again stay as they are, and become no second letter.
"""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from clickhouse_connect.driver.client import Client
from msgspec import Raw

from footfall import store
from footfall.config import Config
from footfall.errors import OurFault, UsageError
from footfall.ingest.changes import RAW_LIMIT
from footfall.ingest.fields import Rules
from footfall.ingest.outcome import Sender
from footfall.ingest.receipts import ERRORS_LIMIT, new_batch_id
from footfall.ingest.receive import WAIT_LIMIT_S
from footfall.ingest.segment.envelope import Envelope
from footfall.ingest.segment.messages import Messages
from footfall.ingest.texts import doubled_name
from footfall.ingest.validate import Validator
from footfall.model import KINDS, Kind, Reason

AT_ONCE: Final = ERRORS_LIMIT  # so that every rejected item of a request is named in the answer
REMOVED_AT_ONCE: Final = 5_000
_TIMES: Final[dict[Kind, str]] = {
    "events": "event_timestamp",
    "orders": "order_timestamp",
    "users": "updated_at",
    "products": "updated_at",
    "messages": "timestamp",
}
_PATHS: Final[dict[Kind, str]] = {kind: f"/v1/{kind}" for kind in KINDS} | {"messages": "/v1/batch"}
_COUNTS: Final = """
    SELECT kind, reason, count() FROM footfall_private.dead_letters
    GROUP BY kind, reason ORDER BY kind, reason"""
_LETTERS: Final = """
    SELECT toString(letter_id), toUnixTimestamp64Milli(rejected_at), raw
    FROM footfall_private.dead_letters
    WHERE kind = {kind:String} AND reason IN {reasons:Array(String)}
      AND (toUnixTimestamp64Milli(rejected_at), letter_id) > ({after:Int64}, {after_id:UUID})
    ORDER BY rejected_at, letter_id LIMIT {limit:UInt32}"""
_REMOVE: Final = """
    ALTER TABLE footfall_private.dead_letters DELETE WHERE letter_id IN {ids:Array(UUID)}"""

_object = msgspec.json.Decoder(dict[str, Raw])
_encode = msgspec.json.Encoder().encode


@dataclass
class Report:
    """What a replay did, or would do."""

    dry_run: bool
    waiting: list[tuple[str, str, int]] = field(default_factory=list)
    taken: int = 0
    rejected: int = 0
    unusable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The report as lines of text."""
        if self.waiting:
            yield from (f"{kind:9} {reason:20} {count:>9,}" for kind, reason, count in self.waiting)
            return
        would = "would be " if self.dry_run else ""
        yield f"{would}taken: {self.taken:,}; {would}rejected again: {self.rejected:,}"
        yield from (f"    {reason}: {count:,}" for reason, count in sorted(self.reasons.items()))
        if self.unusable:
            yield f"no JSON object, or cut at {RAW_LIMIT >> 10} KiB: {self.unusable:,}"


@dataclass(frozen=True)
class Letter:
    """A dead letter as it will be sent."""

    letter_id: str
    item: bytes


def replay(
    config: Config,
    *,
    reasons: Sequence[str],
    kinds: Sequence[str] = (),
    mapping: Sequence[str] = (),
    dry_run: bool = False,
) -> Report:
    """Sends dead letters of these reasons again; without reasons, counts what waits.

    `mapping` holds `THEIRS=OURS`: fields that are renamed. Raises `UsageError` where one cannot be read, and
    `OurFault` where ingest does not answer.
    """
    if unknown := sorted(set(reasons) - set(Reason)):
        raise UsageError(f"there is no reason {unknown[0]}; the reasons are {', '.join(Reason)}")
    renames = dict(_rename(text) for text in mapping)
    report = Report(dry_run)
    with store.connect(config, "footfall") as client:
        if not reasons:
            report.waiting = [(k, r, int(n)) for k, r, n in client.query(_COUNTS).result_rows]
            report.waiting = report.waiting or [("no", "dead letters", 0)]
            return report
        for kind in (kind for kind in _PATHS if not kinds or kind in kinds):
            taken: list[str] = []
            for letters in _letters(client, kind, reasons, renames, report):
                taken += (
                    _try(config, kind, letters, report) if dry_run else _send(config, kind, letters, report)
                )
                if len(taken) >= REMOVED_AT_ONCE:
                    _remove(client, taken, dry_run=dry_run)
                    taken = []
            _remove(client, taken, dry_run=dry_run)
    return report


def _rename(text: str) -> tuple[str, str]:
    theirs, separator, ours = text.partition("=")
    if not (theirs and separator and ours):
        raise UsageError(f"--map takes THEIRS=OURS, not {text!r}")
    return theirs, ours


def _letters(
    client: Client, kind: Kind, reasons: Sequence[str], renames: Mapping[str, str], report: Report
) -> Iterator[list[Letter]]:
    """Letters of a kind, the oldest first, some at a time."""
    after, after_id = 0, "00000000-0000-0000-0000-000000000000"
    while True:
        parameters: dict[str, Any] = {"kind": kind, "reasons": [str(r) for r in reasons], "limit": AT_ONCE}
        rows = client.query(_LETTERS, parameters | {"after": after, "after_id": after_id}).result_rows
        if not rows:
            return
        letters = [_letter(kind, letter_id, at, raw, renames) for letter_id, at, raw in rows]
        usable = [letter for letter in letters if letter]
        report.unusable += len(letters) - len(usable)
        if usable:
            yield usable
        after_id, after, _ = rows[-1]


def _letter(
    kind: Kind, letter_id: str, rejected_at: int, raw: str, renames: Mapping[str, str]
) -> Letter | None:
    """The letter with its fields renamed, its time and its id put in; None where its text is no object.

    One that gives a name twice, or would once renamed, is sent as it is: either value would be a guess.
    """
    text = raw.encode()
    try:
        given = _object.decode(text)
        doubled = doubled_name(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    item = {renames.get(name, name): value for name, value in given.items()}
    if doubled or len(item) < len(given):
        return Letter(letter_id, text)
    item.setdefault(_TIMES[kind], Raw(str(rejected_at).encode()))
    if kind == "events":
        item.setdefault("event_id", Raw(_encode(letter_id)))
    elif kind == "messages":
        item.setdefault("messageId", Raw(_encode(letter_id)))
        item.setdefault("receivedAt", Raw(str(rejected_at).encode()))
    return Letter(letter_id, _encode(item))


def _try(config: Config, kind: Kind, letters: Sequence[Letter], report: Report) -> list[str]:
    """What validation says of the letters, without sending them."""
    now_ms = time.time_ns() // 1_000_000
    sender = Sender(new_batch_id(now_ms), "replay", "replay", now_ms)
    items = [letter.item for letter in letters]
    validator = (
        Messages(sender, Rules.of(config), Envelope(items), letters=False)
        if kind == "messages"
        else Validator(kind, sender, Rules.of(config), letters=False, rights=KINDS)
    )
    _, errors, _ = validator.validate(items, 0)
    _count(report, len(letters), {error.index: error.code for error in errors})
    return []


def _send(config: Config, kind: Kind, letters: Sequence[Letter], report: Report) -> list[str]:
    """Sends letters; returns the ids of those that are surely taken, which may be removed."""
    body = b"[" + b",".join(letter.item for letter in letters) + b"]"
    if kind == "messages":
        body = b'{"batch":' + body + b"}"
    headers = {
        "Authorization": f"Bearer {config.write_key}",
        "Content-Type": "application/json",
        "X-Footfall-Replay": "1",
    }
    url = urlsplit(config.url("ingest"))
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    began = time.monotonic()
    try:
        connection.request("POST", f"{_PATHS[kind]}?wait=true", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException):
        raise OurFault(
            f"ingest does not answer at {config.url('ingest')}; start it and replay again"
        ) from None
    finally:
        connection.close()
    errors = answer.get("errors", answer.get("error", {}).get("errors"))
    if errors is None:
        raise OurFault(f"ingest answers {response.status}: {answer['error']['message']}")
    refused = {error["index"]: error["code"] for error in errors}
    _count(report, len(letters), refused)
    if response.status == 202 or time.monotonic() - began >= WAIT_LIMIT_S:
        return []  # not decided yet; sent again, what was taken is a duplicate
    return [letter.letter_id for number, letter in enumerate(letters) if number not in refused]


def _count(report: Report, letters: int, refused: Mapping[int | None, str]) -> None:
    report.taken += letters - len(refused)
    report.rejected += len(refused)
    for reason in refused.values():
        name = str(Reason(reason))
        report.reasons[name] = report.reasons.get(name, 0) + 1


def _remove(client: Client, ids: Sequence[str], *, dry_run: bool) -> None:
    if ids and not dry_run:
        client.command(_REMOVE, parameters={"ids": list(ids)}, settings={"mutations_sync": 1})
