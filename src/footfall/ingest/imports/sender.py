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
from footfall.ingest.outcome import ItemError
from footfall.ingest.receipts import Receipt
from footfall.model import Kind

TIMEOUT_S: Final = 120
FIRST_PATIENCE_S: Final = 5
PATIENCE_S: Final = 300
LONGEST_PAUSE_S: Final = 5.0
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})


class _Refusal(msgspec.Struct):
    """A 422: no item of the batch could be used."""

    rejected: int = 0
    errors: list[ItemError] = []
    batch_id: str = ""


class _Refused(msgspec.Struct):
    error: _Refusal


@dataclass(slots=True)
class Sender:
    """A connection to ingest for one kind of rows."""

    config: Config
    kind: Kind
    connection: http.client.HTTPConnection | None = None
    reached: bool = False

    def send(self, body: bytes, *, wait: bool = False) -> Receipt:
        """Sends NDJSON; with `wait` it comes back when the rows can be queried, or after `PATIENCE_S`.

        Ingest waits for a while only; asked again, it knows the rows as duplicates and goes on waiting.
        """
        status, receipt = self._sent(body, wait)
        until = time.monotonic() + PATIENCE_S
        while wait and status == 202 and time.monotonic() < until:
            status, _ = self._sent(body, wait)
        return receipt

    def _sent(self, body: bytes, wait: bool) -> tuple[int, Receipt]:
        started, pause = time.monotonic(), 0.2
        while True:
            trouble, asked = "", 0.0
            try:
                status, headers, answer = self._post(body, wait)
                self.reached = True
                if status not in _AGAIN:
                    return status, _receipt(status, answer)
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
    if status in {200, 202}:
        return msgspec.json.decode(answer, type=Receipt)
    if status == 422:
        refusal = msgspec.json.decode(answer, type=_Refused).error
        if refusal.rejected:
            return Receipt(refusal.batch_id, 0, 0, refusal.rejected, refusal.errors)
    raise OurFault(f"ingest answers {status}: {answer[:500].decode(errors='replace')}")


def _seconds(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
