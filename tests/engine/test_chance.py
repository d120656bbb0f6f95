"""Ids and tags come from a reserve: it must never give one twice, to whatever thread."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from footfall.engine import chance


def test_no_word_comes_twice_from_many_threads() -> None:
    with ThreadPoolExecutor(8) as threads:
        words = list(threads.map(lambda _: chance.word(), range(20_000)))
    assert len(set(words)) == len(words)
    assert all(len(word) == 16 and int(word, 16) >= 0 for word in words)


def test_an_id_is_a_uuid_of_version_4() -> None:
    assert UUID(chance.query_id()).version == 4
