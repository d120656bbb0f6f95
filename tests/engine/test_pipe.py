"""Rows in a pipe: taken by the thread that ran the statement, or read by the event loop, never by both."""

import asyncio
from pathlib import Path

from footfall.engine.pipe import USUAL, Pipe


def write(pipe: Pipe, rows: bytes) -> None:
    """As the engine does: through a descriptor of its own."""
    with Path(pipe.path).open("ab", buffering=0) as file:
        file.write(rows)


async def read(pipe: Pipe) -> bytes:
    rows = b""
    while piece := await pipe.read():
        rows += piece
    pipe.close()
    return rows


def test_rows_that_nobody_reads_yet_are_taken_at_the_end() -> None:
    pipe = Pipe()
    write(pipe, b"1\n")
    write(pipe, b"2\n")
    assert pipe.settle() == b"1\n2\n"
    assert not pipe.claim()


def test_no_rows_are_none() -> None:
    assert Pipe().settle() == b""


def test_rows_that_are_being_read_are_left_to_the_reader() -> None:
    pipe = Pipe()
    write(pipe, b"1\n")
    assert pipe.claim()
    assert pipe.settle() == b""
    pipe.close_writer()
    assert asyncio.run(read(pipe)) == b"1\n"


def test_a_pipe_that_fills_says_so() -> None:
    pipe = Pipe()
    assert not pipe.is_filling()
    write(pipe, bytes(USUAL - 1))
    assert pipe.is_filling()
    assert len(pipe.settle()) == USUAL - 1
    assert not pipe.is_filling()
