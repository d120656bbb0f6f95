"""Speaking ClickHouse's HTTP interface from tests, without any client's help."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from footfall.config import Config, StoreUser

CORPUS = Path(__file__).parent / "corpus"


@contextmanager
def speaker(config: Config, user: StoreUser = "footfall") -> Iterator[httpx.Client]:
    """A plain HTTP client that sends a user's name and password."""
    auth = (user, config.store_password(user))
    with httpx.Client(base_url=config.url("engine"), auth=auth, timeout=60) as client:
        yield client


def code(answer: httpx.Response) -> int:
    """ClickHouse's number of an error, 0 of an answer."""
    return int(answer.headers.get("X-ClickHouse-Exception-Code", "0"))


def statements(file: str) -> list[str]:
    """The statements of a corpus file."""
    text = (CORPUS / file).read_text()
    lines = [line for line in text.splitlines() if not line.startswith("## ")]
    return [statement.strip("\n") for statement in "\n".join(lines).split("\n;;\n") if statement.strip()]
