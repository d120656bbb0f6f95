"""When rows are sent: small answers whole, slow ones while they come, with the error that ends them."""

import httpx
import pytest

from tests.engine.speak import code

SLOW = "SELECT number, sleepEachRow(0.05), throwIf(number = 20, 'boom') FROM numbers(40)"
QUICK = "SELECT number, throwIf(number = 900, 'boom') FROM numbers(1000)"


def broken(client: httpx.Client, sql: str, **params: str) -> str:
    """The text of an answer that begins well and is broken off."""
    text = ""
    with client.stream("POST", "/", params=params, content=sql) as answer:
        assert answer.status_code == 200
        assert "X-ClickHouse-Exception-Code" not in answer.headers
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in answer.iter_text():
                text += piece
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    assert f"__exception__\r\n{tag}\r\nCode: 395. DB::Exception: boom" in text
    return text


def test_rows_that_come_slowly_are_sent_while_they_come(owner_http: httpx.Client) -> None:
    text = broken(owner_http, SLOW, max_block_size="1", default_format="JSONEachRowWithProgress")
    assert '{"progress":' in text.partition("__exception__")[0]


def test_an_error_after_many_rows_ends_the_stream(owner_http: httpx.Client) -> None:
    text = broken(owner_http, QUICK, max_block_size="1", max_threads="1")
    assert text.startswith("0\t0\n1\t0\n")


def test_an_error_among_the_first_rows_has_a_status_of_its_own(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/", content=QUICK)
    assert (answer.status_code, code(answer)) == (500, 395)


def test_an_error_after_the_response_buffer_ends_the_stream(owner_http: httpx.Client) -> None:
    text = broken(owner_http, SLOW, max_block_size="1", http_response_buffer_size="2")
    assert text.startswith("0\t0\t0\n")


def test_waiting_for_the_end_leaves_no_half_answer(owner_http: httpx.Client) -> None:
    params = {"http_response_buffer_size": "2", "max_block_size": "1", "wait_end_of_query": "1"}
    answer = owner_http.post("/", params=params, content=SLOW)
    assert (answer.status_code, code(answer)) == (500, 395)
    assert answer.text.startswith("Code: 395. DB::Exception: boom")
