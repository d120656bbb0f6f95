"""Dead letters for those who run the shop: how many wait, by kind and reason, and the latest of each.

They may hold anything that was sent, personal data too, so they lie where `reader` and `analyst` cannot see
them. These two statements are the only ones that a page reaches them with; they run as `writer`, who may look
them up, and for the role admin alone.
"""

from typing import Any, Final, get_args

from footfall.errors import InvalidParameter
from footfall.model import Kind, Reason
from footfall.query.exchange import execute
from footfall.web.reading import Reading

KINDS: Final = get_args(Kind)
SAMPLES: Final = 20
TEXT_CHARACTERS: Final = 4_000
GROUPS: Final = """
    SELECT
        kind,
        reason,
        count() AS letters,
        topK(3)(field) AS fields,
        topK(3)(key_name) AS keys,
        min(rejected_at) AS first_at,
        max(rejected_at) AS last_at
    FROM footfall_private.dead_letters
    GROUP BY kind, reason
    ORDER BY letters DESC, kind, reason"""
LATEST: Final = """
    SELECT
        toString(letter_id) AS id,
        rejected_at,
        source,
        key_name,
        field,
        message,
        substringUTF8(raw, 1, {characters:UInt32}) AS text,
        length(raw) AS bytes
    FROM footfall_private.dead_letters
    WHERE reason = {reason:String} AND kind = {kind:String}
    ORDER BY reason DESC, rejected_at DESC
    LIMIT {limit:UInt32}"""


class Letters:
    """Reads dead letters; one a process."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def groups(self) -> dict[str, Any]:
        """Number, fields, keys, first and last moment by kind and reason, the most frequent first."""
        rows = await self._ask(GROUPS, {})
        return {"data": rows, "meta": {"kept_days": 30}}

    async def latest(self, kind: str, reason: str) -> dict[str, Any]:
        """The latest letters of a kind and reason."""
        if kind not in KINDS or reason not in set(Reason):
            raise InvalidParameter("there are no dead letters of that kind and reason", field="reason")
        bound = {"kind": kind, "reason": reason, "limit": SAMPLES, "characters": TEXT_CHARACTERS}
        return {"data": await self._ask(LATEST, bound), "meta": {"limit": SAMPLES}}

    async def _ask(self, sql: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
        result, _ = await execute(await self._reading.client(), sql, bound)
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]
