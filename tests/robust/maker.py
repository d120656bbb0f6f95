"""The kinds of cases: case N of seed S is always the same bytes, in the same pieces, with the same ending."""

import random
from collections.abc import Callable

from footfall.engine import codecs
from tests.robust.cases import (
    ENCODINGS,
    IDS,
    SESSIONS,
    SETTINGS,
    STREAMS,
    Case,
    Ending,
    World,
    mutated,
)
from tests.robust.requests import Requests
from tests.robust.wire import basic, chunked, head, target


class Maker(Requests):
    """Makes the cases of one seed."""

    def __init__(self, seed: int, world: World) -> None:
        super().__init__(world)
        self._seed = seed
        self._kinds: dict[Callable[[], Case], int] = {
            self._whole: 6,
            self._changed_statement: 12,
            self._parameters: 10,
            self._changed_head: 8,
            self._no_http: 4,
            self._lies: 6,
            self._encoded: 10,
            self._multipart: 10,
            self._inserted: 14,
            self._native_blocks: 2,
            self._session: 5,
            self._stream: 6,
            self._pipelined: 5,
            self._slowly: 3,
            self._cut_short: 10,
        }

    def case(self, number: int) -> Case:
        """Case `number`; the same whenever it is made."""
        self.rng = random.Random(f"{self._seed}/{number}")
        ((make,)) = self.rng.choices(list(self._kinds), list(self._kinds.values()))
        return make()

    def _whole(self) -> Case:
        """Right requests by every method and of every shape."""
        rng, user = self.rng, self.user()
        sql = self.statement(user)
        method = rng.choice(("POST", "POST", "POST", "PUT", "GET", "HEAD", "OPTIONS", "DELETE", "PATCH"))
        path = rng.choice(("/", "/", "/", "/query", "/ping", "/replicas_status", "/play", "/%00", "/\udcff"))
        if method in ("GET", "HEAD") or rng.random() < 0.3:
            params = {"query": sql.decode("utf-8", "surrogateescape")}
            return Case(
                "whole", (self.request(user, params=params, method=method, path=path),), methods=(method,)
            )
        return Case("whole", (self.request(user, sql, method=method, path=path),), methods=(method,))

    def _changed_statement(self) -> Case:
        user = self.user()
        sql = mutated(self.rng, self.statement(user))
        if self.rng.random() < 0.3:
            params = {"query": sql.decode("utf-8", "surrogateescape")}
            return Case("changed statement", (self.request(user, params=params),))
        return Case("changed statement", (self.request(user, sql),))

    def _parameters(self) -> Case:
        rng, user = self.rng, self.user()
        params = {rng.choice(SETTINGS): self.text() for _ in range(rng.randrange(1, 5))}
        if rng.random() < 0.2:
            params |= {"param_a": self.text(), "param_s": self.text(), "param_l": self.text()}
        if rng.random() < 0.1:
            params |= {f"param_{n}": "x" for n in range(3000)}
        if rng.random() < 0.2:
            headers = [("Content-Type", "application/x-www-form-urlencoded")]
            form = target({"query": self.statement(user).decode(), **params})[2:].encode()
            return Case("parameters", (self.request(user, mutated(rng, form), headers=headers),))
        return Case("parameters", (self.request(user, self.statement(user), params),))

    def _changed_head(self) -> Case:
        user = self.user()
        whole = self.request(user, self.statement(user))
        fields, _, body = whole.partition(b"\r\n\r\n")
        return Case("changed head", (mutated(self.rng, fields) + b"\r\n\r\n" + body,), Ending.DOUBTFUL)

    def _no_http(self) -> Case:
        rng = self.rng
        sent = rng.choice(
            (
                rng.randbytes(rng.randrange(1, 3000)),
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(500),
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rng.randbytes(60),
                b"\x00\x11ClickHouse client\x01" + rng.randbytes(80),
                b"GET /" + b"a" * rng.choice((9_000, 3_000_000)),
                b"GET / HTTP/1.1\r\n"
                + b"".join(b"X-%d: y\r\n" % n for n in range(rng.choice((200, 100_000)))),
                b"GET / HTTP/1.1\r\nX: " + b"y" * rng.choice((100_000, 3_000_000)),
                b"\r\n" * rng.choice((10, 1_000_000)),
                b"GET http://[/ HTTP/1.1\r\n\r\n",
                b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"CONNECT localhost:1 HTTP/1.1\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
                b"Content-Length: 8\r\n\r\nSELECT 1",
                b"GET / HTTP/0.9\r\n\r\n",
                b"GET /?query=SELECT+1 HTTP/1.0\r\n\r\n",
                b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n",
            )
        )
        return Case("no HTTP", (sent,), Ending.DOUBTFUL)

    def _lies(self) -> Case:
        """A length that is not the body's, two lengths, chunks that are none, trailers without end."""
        rng, user = self.rng, self.user()
        body = self.statement(user)
        auth = ("Authorization", basic(user, self.world.passwords[user]))
        lie = rng.choice(
            (
                [("Content-Length", str(len(body) + rng.choice((1, 1000, 1 << 40))))],
                [("Content-Length", str(max(0, len(body) - 3)))],
                [("Content-Length", rng.choice(("-1", "+5", "0x10", "1e3", "", "9" * 40, "5, 5", "5;q")))],
                [("Content-Length", "5"), ("Content-Length", str(len(body)))],
                [("Content-Length", str(len(body))), ("Transfer-Encoding", "chunked")],
                [
                    (
                        "Transfer-Encoding",
                        rng.choice(("chunked, chunked", "gzip, chunked", "identity", "xchunked")),
                    )
                ],
                [("Transfer-Encoding", "chunked")],
            )
        )
        fields = head("POST", target(self.bounds(user)), [auth, *lie], 0).replace(
            b"Content-Length: 0\r\n", b""
        )
        chunks = rng.choice(
            (
                body,
                chunked([body])[:-5],
                chunked([body]).replace(b"\r\n", b"\n"),
                b"ffffffffffffffff\r\n" + body,
                b"-1\r\n" + body + b"\r\n0\r\n\r\n",
                b"5;" + b"x" * rng.choice((10, 2_000_000)) + b"\r\nSELEC\r\n0\r\n\r\n",
                chunked([body])[:-2]
                + b"".join(b"T%d: v\r\n" % n for n in range(rng.choice((3, 80_000))))
                + b"\r\n",
                mutated(rng, chunked([body])),
            )
        )
        return Case("lies", (fields + chunks,), Ending.DOUBTFUL)

    def _encoded(self) -> Case:
        """A body in each encoding: right, cut, changed, doubled, with more behind it, or not in it at all."""
        rng, user = self.rng, self.user()
        name = rng.choice(ENCODINGS)
        insert = rng.random() < 0.5
        plain = self.world.samples["JSONEachRow"] * rng.choice((1, 50)) if insert else self.statement(user)
        if rng.random() < 0.1:
            plain += bytes(30_000_000)
        body = rng.choice((_encode(name, plain), _encode(rng.choice(codecs.OFFERED), plain)))
        match rng.randrange(7):
            case 0:
                body = body[: rng.randrange(len(body) + 1)]
            case 1:
                body = mutated(rng, body)
            case 2:
                body *= 2
            case 3:
                body += rng.randbytes(20)
            case 4:
                body = rng.randbytes(200)
        params = {"query": "INSERT INTO fuzz.t FORMAT JSONEachRow"} if insert else {}
        label = rng.choice((name, name, name, name.upper(), f"{name}, {name}", f" {name} ", self.text()[:20]))
        headers = [("Content-Encoding", "".join(c for c in label if c.isprintable() and c.isascii()))]
        return Case("encoded", (self.request(user, body, params, headers),))

    def _multipart(self) -> Case:
        rng, user = self.rng, self.user()
        boundary = rng.choice(("b", "x" * 70, "x" * 5000, "a b", "--", "ü", 'q"q'))
        table, format = (
            rng.choice(("mine", "other")),
            rng.choice(("CSV", "TSV", "JSONEachRow", "Native", "Values")),
        )
        rows = rng.choice(
            (b"1\n2\n", b"", rng.randbytes(300), b"x" * 200_000, self.world.samples.get(format, b""))
        )
        parts = [
            ('name="query"', f"SELECT count() FROM {table}".encode()),
            (
                f'name="{table}_structure"',
                rng.choice((b"a String", b"a UInt8", self.text().encode("utf-8", "replace"))),
            ),
            (f'name="{table}_format"', format.encode()),
            (f'name="{table}"; filename="f"', rows),
            (
                f'name="{rng.choice(("n" * 100_000, "", "x", "param_s"))}"',
                self.text().encode("utf-8", "replace"),
            ),
        ]
        rng.shuffle(parts)
        mark = boundary.encode()
        body = b"".join(
            b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (mark, name.encode(), data)
            for name, data in parts[: rng.randrange(1, 6)]
        )
        body += b"--%s--\r\n" % mark
        match rng.randrange(6):
            case 0:
                body = mutated(rng, body)
            case 1:
                body = body[: rng.randrange(len(body))]
            case 2:
                body = body.replace(b"Content-Disposition", b"X-" + b"y" * rng.choice((1, 50_000)))
            case 3:
                body = body.replace(b"\r\n", b"\n")
        kind = rng.choice(
            (
                f"multipart/form-data; boundary={boundary}",
                f'multipart/form-data; boundary="{boundary}"',
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/mixed; boundary=b",
                f"multipart/form-data; boundary*0={boundary}; boundary*=utf-8''%ff",
            )
        )
        return Case("multipart", (self.request(user, body, headers=[("Content-Type", kind)]),))

    def _inserted(self) -> Case:
        """Rows in every format, right or changed."""
        rng = self.rng
        user = rng.choice(("footfall", "footfall", "writer"))
        format, rows = rng.choice(sorted(self.world.samples.items()))
        table = "fuzz.t" if user == "footfall" else rng.choice(("footfall.users", "footfall.events"))
        match rng.randrange(4):
            case 0:
                rows = mutated(rng, rows)
            case 1:
                rows = rows[: rng.randrange(len(rows) + 1)]
            case 2:
                rows = rng.randbytes(rng.choice((1, 30, 3000)))
        query = f"INSERT INTO {table} FORMAT {format}"
        params = {"query": query}
        if rng.random() < 0.3:
            params |= {"insert_deduplication_token": rng.choice(IDS), "insert_deduplicate": "1"}
        if rng.random() < 0.3:
            return Case("inserted", (self.request(user, query.encode() + b"\n" + rows),))
        return Case("inserted", (self.request(user, rows, params),))

    def _native_blocks(self) -> Case:
        """ClickHouse's own compressed blocks, which carry their sizes with them."""
        rng, user = self.rng, self.user()
        body = rng.choice((self.world.blocks, rng.randbytes(16) + b"\x82" + rng.randbytes(40)))
        body = rng.choice((body, mutated(rng, body), body * 2, body[: len(body) // 2]))
        params = {"decompress": "1", "query": "INSERT INTO fuzz.t (a) FORMAT Native"}
        return Case("native blocks", (self.request(user, body, params),))

    def _session(self) -> Case:
        rng, user = self.rng, self.user()
        params = {"session_id": rng.choice(SESSIONS), "session_timeout": rng.choice(("1", "2", "5"))}
        if rng.random() < 0.2:
            params["session_check"] = "1"
        if rng.random() < 0.3:
            params[rng.choice(SETTINGS)] = self.text()
        sql = self.statement(user)
        return Case(
            "session", (self.request(user, mutated(rng, sql) if rng.random() < 0.3 else sql, params),)
        )

    def _stream(self) -> Case:
        """A large result of which some is read."""
        rng = self.rng
        user = rng.choice(("footfall", "reader", "analyst"))
        params = {"session_id": rng.choice(SESSIONS), "session_timeout": "1"} if rng.random() < 0.2 else {}
        sent = self.request(user, rng.choice(STREAMS[: 4 if user == "footfall" else 3]).encode(), params)
        take = rng.choice((0, 1, 500, 60_000, 1_500_000, 5_000_000))
        return Case("stream", (sent,), Ending.TAKEN, take=take, reset=rng.random() < 0.5)

    def _pipelined(self) -> Case:
        rng, user = self.rng, self.user()
        count = rng.randrange(2, 6)
        sent = b"".join(self.request(user, self.statement(user)) for _ in range(count))
        if rng.random() < 0.5:
            sent = self.request(user, rng.choice(STREAMS).encode()) + sent
            return Case(
                "pipelined", (sent,), Ending.TAKEN, take=rng.choice((0, 1, 100_000)), reset=rng.random() < 0.5
            )
        if rng.random() < 0.3:
            return Case("pipelined", (mutated(rng, sent),), Ending.DOUBTFUL)
        return Case("pipelined", (sent,), methods=("POST",) * count)

    def _slowly(self) -> Case:
        rng, user = self.rng, self.user()
        sent = self.request(user, self.statement(user))
        step = max(1, len(sent) // rng.randrange(2, 12))
        pieces = tuple(sent[at : at + step] for at in range(0, len(sent), step))
        if rng.random() < 0.3:
            return Case("slowly", pieces[:-1], Ending.DOUBTFUL, pause_s=0.05)
        return Case("slowly", pieces, pause_s=rng.choice((0.01, 0.1)))

    def _cut_short(self) -> Case:
        """Any other case, up to any byte of it, then nobody."""
        rng = self.rng
        case = rng.choice((self._whole, self._encoded, self._multipart, self._inserted, self._session))()
        sent = case.pieces[0]
        cut = sent[: rng.randrange(len(sent) + 1)]
        ending = rng.choice((Ending.LEFT, Ending.LEFT, Ending.TAKEN, Ending.DOUBTFUL))
        return Case(
            f"cut short: {case.kind}", (cut,), ending, reset=rng.random() < 0.5, pause_s=rng.choice((0, 0.05))
        )


def _encode(name: str, plain: bytes) -> bytes:
    """The body in that encoding, or as it is in one that we have no encoder for."""
    if name not in codecs.OFFERED:
        return plain
    encoder = codecs.encoder(name)
    return encoder.encode(plain) + encoder.finish()
