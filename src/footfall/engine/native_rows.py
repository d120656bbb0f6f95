"""A SELECT's result in Native for a client that names a revision, on its way into the pipe.

Such a client wants something before each block, and the engine's `INTO OUTFILE` does not say where blocks
end. So they are fetched one by one (chDB's own streaming, which is right for Native: it has no head, and no
place for totals), changed by `native`, and written by the statement's thread.
"""

import re
import time
from collections.abc import Mapping
from contextlib import closing

from footfall.engine.exceptions import NETWORK_ERROR, EngineError, from_engine
from footfall.engine.handle import Handle, Stats
from footfall.engine.native import Native
from footfall.engine.pipe import Pipe
from footfall.engine.statement import READ_ONLY, Statement, tokens

_ZONED = re.compile(rb"DateTime\(\\'([^'\\]+)\\'\)")


def write(handle: Handle, sql: bytes, params: Mapping[str, str], native: Native, pipe: Pipe) -> Stats:
    """Runs a SELECT and writes its result; raises its error, or that nobody reads."""
    started = time.perf_counter_ns()
    rows = size = 0
    done: dict[str, int] = {}
    handle.watch(done.update)
    try:
        with closing(handle.send(sql, "Native", params)) as blocks:
            while (block := blocks.fetch()) is not None:
                rows += block.rows_read()
                size += block.bytes_read()
                pipe.write(native.block(bytes(block.bytes())))
    except BrokenPipeError:
        raise EngineError(NETWORK_ERROR, "The client has gone") from None
    except (RuntimeError, UnicodeDecodeError) as error:
        raise from_engine(error) from None
    finally:
        handle.watch(None)
    return Stats(
        read_rows=done.get("read_rows", 0),
        read_bytes=done.get("read_bytes", 0),
        result_rows=rows,
        result_bytes=size,
        elapsed_ns=time.perf_counter_ns() - started,
    )


def description_of(statement: Statement) -> bytes:
    """The statement that describes a SELECT's columns, under the same settings; it only reads anyway."""
    text = statement.text[: statement.splice].removesuffix(READ_ONLY)
    rest = statement.text[statement.splice :]
    if statement.format:
        _, name, *_ = tokens(rest)
        rest = rest[name.end :]
    return b"DESCRIBE (" + text + b"\n)\nFORMAT TabSeparated " + rest


def zones_of(description: bytes) -> dict[int, str]:
    """The types that have a time zone, by column, out of the answer to `description_of`."""
    rows = (line.split(b"\t") for line in description.splitlines())
    found = {number: _ZONED.fullmatch(row[1]) for number, row in enumerate(rows)}
    return {number: f"DateTime('{zone[1].decode()}')" for number, zone in found.items() if zone}
