"""Sends batches of items to ingest, in order, and stays with each until it is answered.

A batch that gets no answer, or is told to wait (429, 503), is sent again unchanged: its ids make that safe.
Ingest that cannot be reached at all is given up after `FIRST_PATIENCE_S`, and one that went away after
`PATIENCE_S`.
"""

import http.client
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from footfall.config import Config
from footfall.errors import OurFault, StoreUnavailable, Unauthorized
from footfall.model import Kind

TIMEOUT_S: Final = 120
FIRST_PATIENCE_S: Final = 5
PATIENCE_S: Final = 300
LONGEST_PAUSE_S: Final = 5.0
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})


class ItemError(msgspec.Struct):
    """Why ingest rejected an item."""

    index: int
    code: str = ""
    field: str = ""
    message: str = ""


class Receipt(msgspec.Struct):
    """Ingest's answer to a batch."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[ItemError] = []
    batch_id: str = ""


@dataclass(slots=True)
class Sender:
    """A connection to ingest for one kind of rows."""

    config: Config
    kind: Kind
    connection: http.client.HTTPConnection | None = None
    reached: bool = False

    def send(self, body: bytes, *, wait: bool = False) -> Receipt:
        """Sends NDJSON; with `wait` the answer comes when the rows can be queried."""
        started, pause = time.monotonic(), 0.2
        while True:
            trouble, asked = "", 0.0
            try:
                status, headers, answer = self._post(body, wait)
                self.reached = True
                if status not in _AGAIN:
                    return _receipt(status, answer)
                trouble, asked = f"it answers {status}", _seconds(headers.get("Retry-After"))
            except (OSError, http.client.HTTPException) as error:
                self.close()
                trouble = str(error) or type(error).__name__
            if time.monotonic() - started > (PATIENCE_S if self.reached else FIRST_PATIENCE_S):
                raise StoreUnavailable(
                    f"ingest does not take rows at {self.config.url('ingest')} ({trouble}): "
                    "`footfall up` or `footfall ingest` starts it. Run the import again to go on from here"
                )
            time.sleep(min(LONGEST_PAUSE_S, max(pause, asked)))
            pause *= 2

    def _post(self, body: bytes, wait: bool) -> tuple[int, Any, bytes]:
        if self.connection is None:
            url = urlsplit(self.config.url("ingest"))
            self.connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_S)
        headers = {
            "Authorization": f"Bearer {self.config.write_key}",
            "Content-Type": "application/x-ndjson",
            "X-Footfall-Import": "1",
        }
        self.connection.request("POST", f"/v1/{self.kind}{'?wait=true' if wait else ''}", body, headers)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def close(self) -> None:
        """Closes the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _receipt(status: int, answer: bytes) -> Receipt:
    if status == 401:
        raise Unauthorized(
            "ingest does not know the write key; FOOTFALL_WRITE_KEY or the data folder holds it"
        )
    if status in {200, 202, 422}:
        receipt = msgspec.json.decode(answer, type=Receipt)
        if status != 422 or receipt.rejected:
            return receipt
    raise OurFault(f"ingest answers {status}: {answer[:500].decode(errors='replace')}")


def _seconds(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
