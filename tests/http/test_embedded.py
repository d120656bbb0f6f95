"""What an embedded engine cannot do: `docs/engine.md` lists it with the error, and that is the error."""

import re

import httpx
import pytest

from tests.engine.speak import code
from tests.support import ROOT

LISTED = re.findall(
    r"^\| `(.+)` \| (\d+) ([A-Z_]+) \|", (ROOT / "docs" / "engine.md").read_text(), re.MULTILINE
)


@pytest.mark.parametrize(("sql", "number", "name"), LISTED)
def test_what_cannot_be_had_has_the_error_that_is_written_down(
    owner_http: httpx.Client, sql: str, number: str, name: str
) -> None:
    answer = owner_http.post("/", content=sql)
    assert code(answer) == int(number), answer.text
    assert f"({name})" in answer.text


def test_the_list_is_long() -> None:
    assert len(LISTED) > 20


def test_merges_are_told_to_give_way(owner_http: httpx.Client) -> None:
    sql = "SELECT value FROM system.server_settings WHERE name = 'os_threads_nice_value_merge_mutate'"
    assert owner_http.post("/", content=sql).text in {
        "10\n",
        "",
    }  # none of an engine that has no such setting
