"""A small HTTP client for tests of the pages' servers."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass
class Answer:
    """Status, headers in small letters, and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, headers: dict[str, str] | None = None, /, **params: str) -> Answer:
    """GET of `url`; `since` and `until` stand for from and to."""
    names = {"since": "from", "until": "to"}
    query = urlencode({names.get(name, name): value for name, value in params.items()})
    return _send(urllib.request.Request(f"{url}?{query}" if query else url, headers=headers or {}))


def post(url: str, value: Any, headers: dict[str, str] | None = None) -> Answer:
    """POST of a JSON value."""
    given = {"Content-Type": "application/json"} | (headers or {})
    return _send(urllib.request.Request(url, json.dumps(value).encode(), given))


def _send(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, _small(response.headers), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _small(error.headers), error.read())


def _small(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
