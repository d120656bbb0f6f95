"""Answers as SDKs expect them.

Segment answers 200 and `{"success": true}`; RudderStack's Python SDK takes no other status for success. What
failed is 400, which no SDK sends again; 429 and 503 are sent again, after `Retry-After` where the SDK reads
it. The Python SDKs read `code` and `message` at the top of an answer: RudderStack's sends again whatever has
them not, 400 too. Our receipt and our one shape of an error stand beside.
"""

from typing import Any

from msgspec import to_builtins

from footfall.errors import FootfallError
from footfall.ingest.receipts import Receipt


class Refused(FootfallError):
    """An error that an SDK is told."""

    def to_json(self) -> dict[str, Any]:
        return {"success": False, "code": self.code, "message": self.message, **super().to_json()}


def refused(error: FootfallError) -> Refused:
    """The error for an SDK: what is 422 elsewhere is 400 here."""
    code = 400 if error.code == 422 else error.code
    return Refused(error.message, name=error.name, code=code, **error.where)


def taken(receipt: Receipt) -> dict[str, Any]:
    """The answer to a request of which at least one message came to something."""
    return {"success": True, **to_builtins(receipt)}
