"""What the requests of the fuzz are made of: users, texts, statements, well-formed requests with these."""

import random
from collections.abc import Mapping, Sequence

from tests.robust.cases import ENCODINGS, IDS, OWNERS, TEXTS, World
from tests.robust.wire import basic, chunked, head, target


class Requests:
    """Makes requests from one source of chance, `rng`: the same chance makes the same bytes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random()

    def user(self) -> str:
        return self.rng.choice(("footfall", "footfall", "reader", "reader", "writer", "analyst"))

    def text(self) -> str:
        rng = self.rng
        return rng.choice((*TEXTS, rng.randbytes(rng.randrange(40)).decode("utf-8", "surrogateescape")))

    def statement(self, user: str) -> bytes:
        rng, world = self.rng, self.world
        if user == "footfall":  # who may do anything is not given what would end the engine
            return rng.choice((*OWNERS, *world.harmless)).encode()
        return rng.choice(rng.choice((world.harmless, world.hostile))).encode()

    def bounds(self, user: str) -> dict[str, str]:
        """No case may run for longer than we wait for it."""
        return {"max_execution_time": "8", "max_memory_usage": "1000000000"} if user == "footfall" else {}

    def request(
        self,
        user: str,
        body: bytes = b"",
        params: Mapping[str, str] | None = None,
        headers: Sequence[tuple[str, str]] = (),
        method: str = "POST",
        path: str = "/",
    ) -> bytes:
        """A well-formed request, its body whole or in chunks."""
        rng = self.rng
        url = {**self.bounds(user), **(params or {})}
        password = self.world.passwords[user] if rng.random() < 0.98 else self.text()[:100]
        fields = list(headers)
        match rng.randrange(3):
            case 0:
                url |= {"user": user, "password": password}
            case 1 if password.isascii() and password.isprintable():
                fields += [("X-ClickHouse-User", user), ("X-ClickHouse-Key", password)]
            case _:
                fields.append(("Authorization", basic(user, password.encode(errors="replace").decode())))
        if rng.random() < 0.3:
            fields.append(("Accept-Encoding", rng.choice((*ENCODINGS, "*", "gzip;q=0, zstd", "br, gzip"))))
            url["enable_http_compression"] = "1"
        if rng.random() < 0.2:
            url["wait_end_of_query"] = "1"
        if rng.random() < 0.1:
            url["query_id"] = rng.choice(IDS)
        if rng.random() < 0.1:
            url["default_format"] = rng.choice((*self.world.samples, "Null", "nothing"))
        if body and rng.random() < 0.3:
            cuts = sorted(rng.randrange(len(body)) for _ in range(rng.randrange(5)))
            pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
            return head(method, target(url, path), fields, None) + chunked(pieces)
        return head(method, target(url, path), fields, len(body)) + body
