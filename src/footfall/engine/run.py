"""Runs one statement on a handle: the part of a request that a worker thread does.

`prepare` gives a handle the user's limits, the request's database and settings, and makes it read-only
where it must be. The handle is kept for the next request of the same user, database and settings, and closed
where its statement may have left something else behind: a request's settings never show in another.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from footfall.engine import native_rows
from footfall.engine.backups import check_restore
from footfall.engine.body import ClientGone
from footfall.engine.exceptions import MEMORY_LIMIT_EXCEEDED, SYNTAX_ERROR, EngineError, from_engine
from footfall.engine.handle import Handle, Stats, escape
from footfall.engine.handles import Handles
from footfall.engine.introspection import KILLED, in_clients_words, is_kill
from footfall.engine.job import Job
from footfall.engine.native import WITH_ZONES, Native
from footfall.engine.pipe import Pipe
from footfall.engine.protocol import Ask
from footfall.engine.reading import Reader
from footfall.engine.rights import RIGHTS
from footfall.engine.sessions import Session, before
from footfall.engine.statement import Kind, input_of, time_zone

DEFAULT_DATABASE = "footfall"
UNKNOWN_DATABASE = 81
PIECE = 1 << 20
# An INSERT's memory is a few times that of its blocks: they are of 8 MiB, or of many rows where these are
# short, and are written one after another. A request's own settings come after these.
_BLOCKS = {
    "max_insert_block_size_bytes": str(8 << 20),
    "min_insert_block_size_bytes": str(8 << 20),
    "min_insert_block_size_rows": "250000",
    "max_insert_threads": "1",
    "min_chunk_bytes_for_parallel_parsing": str(1 << 20),
}
# What is not much becomes one block: each makes parts of its own, in the table and in all that it feeds.
_ONE_BLOCK = _BLOCKS | {
    "max_insert_block_size_bytes": str(64 << 20),
    "min_insert_block_size_bytes": str(64 << 20),
    "min_insert_block_size_rows": "1000000",
    "min_chunk_bytes_for_parallel_parsing": str(4 << 20),
}
# A Parquet file is written by groups of rows that are held in memory: these are an eighth of the usual size.
_GROUPS = {"output_format_parquet_row_group_size": "122880"}
# Another in each request: a handle is kept for requests that set these, too, and takes their new values.
_ONCE = ("insert_deduplication_token", "log_comment")
LONGEST_KEY = 4096
"""Characters of settings for which a handle is kept."""
# Threads that format one result together cost a small statement a fifth of its time, and gain nothing where
# each core has a statement of its own.
_CROWDED = {"output_format_parallel_formatting": "0"}


def run(handles: Handles, job: Job) -> tuple[bytes, Stats]:
    """Runs the statement; rows that the job's pipe does not bring to the event loop are returned."""
    pipe = job.pipe
    try:
        handle = _take(handles, job)
        try:
            if job.statement.kind is Kind.INSERT and job.data is not None:
                return b"", _insert(handle, job, job.data)
            if pipe is not None:
                rows, stats = _select(handles, handle, job, pipe)
                return rows + pipe.settle(), stats
            rows, stats = _answer(handles, handle, job)
            return Native(job.revision).blocks(rows) if job.revision else rows, stats
        except EngineError as error:
            handle.changed = True
            raise in_clients_words(job.running.unmarked(error)) from None
        except BaseException:
            handle.changed = True
            raise
        finally:
            _give_back(handles, job, handle)
    finally:
        if pipe is not None:
            pipe.close_writer()


def _answer(handles: Handles, handle: Handle, job: Job) -> tuple[bytes, Stats]:
    """Runs a statement that is no SELECT and has no data."""
    if is_kill(job.statement):
        return _kill(handle, job)
    if job.statement.kind is Kind.OTHER:
        check_restore(job.statement.text, job.ask.params, handles.backups)
        handle.changed = True
        if job.session is not None:
            job.session.may_differ = True
    answer = handle.run(job.running.marked(job.statement.text), job.ask.format, job.ask.params)
    if job.session is not None and job.statement.first_word == b"SET":
        zone = time_zone(job.statement)
        job.session.time_zone = job.session.time_zone if zone is None else zone
    return answer


def _take(handles: Handles, job: Job) -> Handle:
    if job.session is not None:
        return _take_sessions(handles, job, job.session)
    once = {name: job.ask.settings[name] for name in _ONCE if name in job.ask.settings}
    job.key = _key(job, once)
    may_change = not (job.readonly or "readonly" in job.ask.settings)
    is_kept = not job.tables and (may_change or not once) and sum(map(len, job.key)) <= LONGEST_KEY
    if is_kept and (ready := handles.take(job.key)):
        return _renewed(ready, once)
    handle = handles.open()
    try:
        prepare(handle, job)
    except BaseException:
        handle.close()
        raise
    handle.changed = handle.changed or not is_kept
    return handle


def _key(job: Job, once: Mapping[str, str]) -> tuple[str, ...]:
    """What a handle is prepared for, but for the values of `once`."""
    how = job.is_crowded + 2 * _has_data(job) * (1 + job.is_bounded)
    rest = [text for item in sorted(job.ask.settings.items()) if item[0] not in once for text in item]
    return (job.user.name, job.ask.database or "", str(job.readonly), str(how), *once, "", *rest)


def _renewed(handle: Handle, once: Mapping[str, str]) -> Handle:
    try:
        handle.apply(once)
    except BaseException:
        handle.close()
        raise
    return handle


def _take_sessions(handles: Handles, job: Job, session: Session) -> Handle:
    """The session's own handle, with this request's database, tables and settings for as long as it runs."""
    if session.handle is None:
        session.handle = handles.open()
        _use(session.handle, replace(job, ask=Ask()))
        session.handle.apply({**job.user.settings, **_GROUPS, **_BLOCKS})
    handle = session.handle
    if job.ask.database:
        current, _ = handle.run("SELECT currentDatabase()")
        handle.run(f"USE {_identifier(job.ask.database)}")
        job.put_back.append(f"USE {_identifier(current.decode().strip())}")
    if job.ask.settings:
        job.put_back.append(before(handle, job.ask.settings))
        handle.apply(job.ask.settings)
    for name, *_ in job.tables:
        job.put_back.append(f"DROP TEMPORARY TABLE IF EXISTS {_identifier(name)}")
    _make_tables(handle, job)
    return handle


def prepare(handle: Handle, job: Job) -> None:
    """Database, limits, settings, external tables; read-only last, because it cannot be undone."""
    _use(handle, job)
    own = {**job.user.settings, **(RIGHTS[job.user.name].settings if job.user.guarded else {})}
    own |= _GROUPS | _blocks(job) | (_CROWDED if job.is_crowded else {})
    settings = {**own, **job.ask.settings}
    if job.tables:  # which are read by these settings
        handle.apply({name: value for name, value in settings.items() if name != "readonly"})
        _make_tables(handle, job)
    handle.apply({**settings, "readonly": str(job.readonly)} if job.readonly else settings)


def _blocks(job: Job) -> dict[str, str]:
    """How the data behind a statement become blocks."""
    return {} if not _has_data(job) else _ONE_BLOCK if job.is_bounded else _BLOCKS


def _has_data(job: Job) -> bool:
    return job.statement.kind is Kind.INSERT and job.data is not None


def _make_tables(handle: Handle, job: Job) -> None:
    """External tables: they stay in memory, which the engine counts for each by itself, and this for all."""
    most = int({**job.user.settings, **job.ask.settings}.get("max_memory_usage", "0"))
    taken = 0
    for name, structure, format, data in job.tables:
        handle.run(f"CREATE TEMPORARY TABLE {_identifier(name)} ({structure}) ENGINE = Memory")
        inserter = handle.insert(f"INSERT INTO {_identifier(name)}".encode(), format)
        taken += _append(inserter, format, iter((data,))).written_bytes
        if most and taken > most:
            raise EngineError(MEMORY_LIMIT_EXCEEDED, f"external tables take more than {most} bytes of memory")


def _use(handle: Handle, job: Job) -> None:
    """Makes the request's database, or `footfall`, the current one; the owner may come before it is there."""
    try:
        handle.run(f"USE {_identifier(job.ask.database or DEFAULT_DATABASE)}")
    except EngineError as error:
        if job.ask.database or job.user.guarded or error.code != UNKNOWN_DATABASE:
            raise
        handle.changed = True  # the database may be made meanwhile


def _select(handles: Handles, handle: Handle, job: Job, pipe: Pipe) -> tuple[bytes, Stats]:
    statement = job.statement
    mark = job.running.named if job.ask.params and not _is_cached(job) else job.running.marked
    if job.revision:
        text = mark(statement.text)
        native = Native(job.revision, _zones(handles, handle, job))
        return b"", native_rows.write(handle, text, job.ask.params, native, pipe)
    spliced = statement.into(pipe.path, job.ask.format)
    try:
        return handle.run(mark(spliced), job.ask.format, job.ask.params)
    except EngineError as error:
        if error.code != SYNTAX_ERROR:
            raise
    # The statement is wrong, or takes no INTO OUTFILE: the engine says which without our clause in it.
    return handle.run(mark(statement.text), job.ask.format, job.ask.params)


def _is_cached(job: Job) -> bool:
    """Whether the statement may be answered from the engine's cache, which knows statements by text."""
    return "use_query_cache" in job.ask.settings or b"use_query_cache" in job.statement.text


def _zones(handles: Handles, handle: Handle, job: Job) -> Callable[[], Mapping[int, str]]:
    """Finds the time zones in the types of a SELECT's columns.

    While that runs, its handle runs nothing else, and another one does not know what a session has: there it
    is asked before.
    """

    def ask(handle: Handle) -> Mapping[int, str]:
        text = job.running.marked_aside(native_rows.description_of(job.statement))
        try:
            return native_rows.zones_of(handle.run(text, params=job.ask.params)[0])
        except EngineError:  # the statement itself says what is wrong
            handle.changed = True
            return {}

    def ask_beside() -> Mapping[int, str]:
        beside = replace(job, session=None)
        other = _take(handles, beside)
        try:
            return ask(other)
        finally:
            _give_back(handles, beside, other)

    if job.session is None or not job.session.may_differ or job.revision < WITH_ZONES:
        return ask_beside
    known = ask(handle)
    return lambda: known


def _kill(handle: Handle, job: Job) -> tuple[bytes, Stats]:
    """Runs a KILL QUERY and answers with what its client calls the statements that it found."""
    given = job.statement
    text = given.text[: given.splice] if given.format else given.text
    found, stats = handle.run(job.running.marked(text), "TabSeparated", job.ask.params)
    if not found:
        return b"", stats
    format = given.format or job.ask.format
    return handle.run(f"{KILLED} FORMAT {format}", format, {"rows": escape(found.decode())})[0], stats


def _insert(handle: Handle, job: Job, data: Reader) -> Stats:
    if job.statement.has_input:
        return _insert_from_input(handle, job, data)
    if job.ask.params:
        handle.changed = True
        handle.apply({f"param_{name}": value for name, value in job.ask.params.items()})
    format = job.statement.format or "Values"
    inserter = handle.insert(job.running.marked(job.statement.text), format)
    return _append(inserter, format, iter(lambda: data.read(PIECE), b""))


def _insert_from_input(handle: Handle, job: Job, data: Reader) -> Stats:
    """Runs an INSERT … SELECT … FROM input(…): chDB gives `input` no data, so they become a table first."""
    before, arguments, behind = input_of(job.statement.text)
    table = f"_input_{secrets.token_hex(8)}".encode()
    handle.changed = True
    job.put_back.append(f"DROP TEMPORARY TABLE IF EXISTS {table.decode()}")
    handle.run(b"CREATE TEMPORARY TABLE %s ENGINE = Log AS SELECT * FROM null(%s)" % (table, arguments))
    format = job.statement.format or "Values"
    inserter = handle.insert(b"INSERT INTO " + table, format)
    _append(inserter, format, iter(lambda: data.read(PIECE), b""))
    text = before + table + behind
    return handle.run(job.running.marked(text), job.ask.format, job.ask.params)[1]


def _append(inserter: Any, format: str, pieces: Any) -> Stats:
    """Sends all pieces; on any error nothing of what has not been flushed is written.

    The format One reads no data, so its insert may have ended before they come, and chDB aborts where an
    insert that has ended is cancelled.
    """
    try:
        for piece in pieces:
            if format.lower() != "one":
                inserter.append(piece)
        result = inserter.finish()
    except BaseException as error:
        inserter.cancel()
        if isinstance(error, (EngineError, ClientGone)) or not isinstance(error, RuntimeError):
            raise
        raise from_engine(error) from None
    return Stats(written_rows=result.rows_written, written_bytes=result.bytes_written)


def _give_back(handles: Handles, job: Job, handle: Handle) -> None:
    if job.session is None:
        handles.give_back(job.key, handle)
        return
    try:
        for statement in job.put_back:
            if statement:
                handle.run(statement)
    except EngineError:  # some failures leave a handle that runs nothing any more: the session starts anew
        job.session.handle, job.session.time_zone = None, ""
        handle.close()


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
