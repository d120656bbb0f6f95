"""HTTP by hand: requests as bytes, right or wrong, and what comes back on a socket."""

import base64
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

PIECE = 1 << 16
Headers = Iterable[tuple[str, str]]


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def target(params: Mapping[str, str], path: str = "/") -> str:
    """A request's target with parameters; surrogates stand for bytes that are no UTF-8."""
    query = urlencode(params, quote_via=quote, errors="surrogateescape")
    return f"{path}?{query}" if query else path


def head(method: str, target: str, headers: Headers, length: int | None) -> bytes:
    """A request up to its body: of that length, or chunked where it is None."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"


def chunked(pieces: Iterable[bytes]) -> bytes:
    """A body in chunks, with its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as far as it came: `whole` where its end was reached."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


def answers(received: bytes, methods: Iterable[str]) -> list[Answer]:
    """The answers in what was received, for requests of these methods; interim ones are left out."""
    found: list[Answer] = []
    asked = iter(methods)
    while received:
        line, _, rest = received.partition(b"\r\n")
        if b"\r\n\r\n" not in received or not line.startswith(b"HTTP/1."):
            break
        fields, _, rest = received.partition(b"\r\n\r\n")
        status = int(line.split()[1])
        headers = _headers(fields)
        if status < 200:
            received = rest
            continue
        body, received, whole = _body(rest, headers, status, next(asked, "POST"))
        found.append(Answer(status, headers, body, whole))
        if not whole:
            break
    return found


def _headers(fields: bytes) -> dict[str, str]:
    lines = fields.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _body(rest: bytes, headers: Mapping[str, str], status: int, method: str) -> tuple[bytes, bytes, bool]:
    """Body, what follows it, and whether its end was there."""
    if method == "HEAD" or status in (204, 304):
        return b"", rest, True
    if headers.get("transfer-encoding") != "chunked":
        length = int(headers.get("content-length", "0"))
        return rest[:length], rest[length:], len(rest) >= length
    parts: list[bytes] = []
    while b"\r\n" in rest:
        size, _, after = rest.partition(b"\r\n")
        length = int(size, 16)
        if len(after) < length + 2:
            return b"".join(parts) + after[:length], b"", False
        parts.append(after[:length])
        rest = after[length + 2 :]
        if length == 0:
            return b"".join(parts), rest, True
    return b"".join(parts), b"", False


def receive_some(connection: socket.socket) -> bytes:
    """The next bytes; none where the other side has closed, in whatever way."""
    try:
        return connection.recv(PIECE)
    except (ConnectionError, BrokenPipeError):
        return b""


def receive_answer(connection: socket.socket) -> Answer:
    """The next answer to a POST; raises `ConnectionError` where the other side closes before its end."""
    received = b""
    while piece := receive_some(connection):
        received += piece
        found = answers(received, ["POST"])
        if found and found[0].whole:
            return found[0]
    raise ConnectionError(f"closed after {received[:300]!r}")
