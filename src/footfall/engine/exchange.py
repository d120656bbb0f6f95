"""One request from its first byte to its answer's last.

The steps: where it comes from, who sends it, what it asks for, whether the user may run it; then a slot, a
worker thread, and its rows as they come. A client that hangs up while its statement only reads gets it
killed; a write whose request was complete is carried through.
"""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from starlette.types import Receive, Scope, Send

from footfall.engine import forms, origin, protocol, users
from footfall.engine import request as requests
from footfall.engine.answer import Answer
from footfall.engine.body import Body, ClientGone
from footfall.engine.elsewhere import refuse_what_waits
from footfall.engine.engine import Engine
from footfall.engine.exceptions import (
    HTTP_LENGTH_REQUIRED,
    INTO_OUTFILE_NOT_ALLOWED,
    READONLY,
    EngineError,
)
from footfall.engine.guard import TEXT_LIMIT
from footfall.engine.introspection import in_clients_terms
from footfall.engine.job import ONE_BLOCK, Job
from footfall.engine.pipe import Pipe
from footfall.engine.progress import Progress, so_far
from footfall.engine.protocol import Ask
from footfall.engine.request import SHORT, Request
from footfall.engine.result import Client, Result
from footfall.engine.rights import RIGHTS, capped, check_request
from footfall.engine.rows import Outcome, Rows
from footfall.engine.run import run
from footfall.engine.running import Running
from footfall.engine.statement import Kind, Statement, infile_or_outfile
from footfall.engine.users import User
from footfall.engine.waits import hung_up, soon

log = logging.getLogger("footfall.engine")
LONGEST = 16 << 20
"""Bytes of the owner's longest statement that is no INSERT, whatever `max_query_size` says."""
CORES = os.cpu_count() or 1
LAST_S = 1.5
"""Seconds over a statement's limit after which its answer is broken off, whatever its client does."""
STOP_S = 0.3
TELL_S = 5.0
"""Seconds after which the log tells of a statement that runs on although it was killed."""


class Exchange:
    """The ASGI endpoint: answers every request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._content_types = engine.helpers.submit(self._list_content_types).result()

    def _list_content_types(self) -> Mapping[str, str]:
        handle = self._engine.database.open()
        listed, _ = handle.run("SELECT name, content_type FROM system.formats")
        handle.close()
        return protocol.content_types(listed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(send, self._engine.host, self._engine.database.version)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            client = Client(scope["method"], headers, scope, receive, answer)
            if client.is_old or headers.get("connection", "").lower() == "close":
                del answer.headers["Keep-Alive"]
            origin.check(headers, self._engine.config.host)
            await self._route(client)
        except (ClientGone, asyncio.CancelledError):
            return  # nobody is there to be told: the client has gone, or the engine stops
        except EngineError as error:
            if not answer.started:
                await answer.error(error)
        except Exception:
            log.exception("a request failed")
            if not answer.started:
                await answer.error(EngineError(1002, "the engine failed; its log says why"))

    async def _route(self, client: Client) -> None:
        url = requests.parameters(client.scope["query_string"])
        path, answer = client.scope["path"], client.answer
        reads = client.method in ("GET", "HEAD")
        if path in ("/ping", "/replicas_status") or (path == "/" and reads and not url):
            await answer.whole(b"Ok.\n")
        elif path not in ("/", "/query"):
            text = f"There is no handle {path}\n\nSend queries with POST / or GET /?query=...\n"
            await answer.whole(text.encode(errors="replace"), 404)
        elif client.method == "OPTIONS":
            answer.headers["Allow"] = "OPTIONS, GET, HEAD, POST"
            await answer.whole(b"", 204)
        elif not reads and client.method != "POST":
            await answer.whole(b"Only GET, HEAD, POST and OPTIONS are supported\n", 501)
        else:
            await self._statement(client, url)

    async def _statement(self, client: Client, url: Mapping[str, str]) -> None:
        if client.method == "POST" and not client.headers.keys() & {"content-length", "transfer-encoding"}:
            raise EngineError(
                HTTP_LENGTH_REQUIRED,
                "The Transfer-Encoding is not chunked and there is no Content-Length header for POST request",
            )
        user = users.authenticate(self._engine.users, users.credentials(client.headers, url))
        turns = self._engine.forms[user.name]
        async with turns.turn() if forms.is_large(client.headers) else nullcontext():
            await self._statement_of(user, client, url)

    async def _statement_of(self, user: User, client: Client, url: Mapping[str, str]) -> None:
        body = Body(client.receive)
        longest = TEXT_LIMIT if user.guarded else LONGEST
        request = await requests.read(url, client.headers, body, longest)
        if request.ask.blocks_out:
            client.answer.in_blocks()
        job = await self._permit(user, request, client.method)
        slots = self._engine.slots[user.name]
        await slots.take()
        try:
            running = self._engine.running.start(
                request.ask.query_id, user.name, client.method, client.headers
            )
            try:
                client.answer.headers["X-ClickHouse-Query-Id"] = running.query_id
                job.statement, job.running = in_clients_terms(
                    job.statement, user, running, request.ask.database
                )
                await self._in_session(job, body, client)
            finally:
                self._engine.running.end(running, job.stuck)
        finally:
            slots.give_back(job.stuck)

    async def _permit(self, user: User, request: Request, method: str) -> Job:
        """The job that may run for this request."""
        given, ask = request.statement, request.ask
        readonly = _readonly(method, user.name, given)
        if user.guarded:
            check_request(user, ask, request.tables)
            guard = self._engine.guards[user.name]
            permitted = guard.known(given)
            if permitted is None:
                loop = asyncio.get_running_loop()
                permitted = await loop.run_in_executor(self._engine.guarding[user.name], guard.check, given)
            given = permitted.statement
            ask = replace(ask, settings=capped(user, {**ask.settings, **permitted.settings}))
            reads = given.kind in (Kind.SELECT, Kind.READ)
            # 2 where the user may write: its client asks system.settings which settings an INSERT may carry.
            readonly = (2 if RIGHTS[user.name].writes else 1) if reads else 0
        elif len(given.text) < SHORT:
            _refuse_what_cannot_run(given)
        else:
            await asyncio.to_thread(_refuse_what_cannot_run, given)
        return Job(user, ask, given, readonly, data=request.data, tables=request.tables)

    async def _in_session(self, job: Job, body: Body, client: Client) -> None:
        ask = job.ask
        if not ask.session_id:
            return await self._run(job, body, client)
        job.session = self._engine.sessions.enter(
            job.user.name, ask.session_id, ask.session_timeout_s, must_exist=ask.session_check
        )
        session = job.session
        if job.user.guarded:  # a session holds nothing that these users may change: it only takes turns
            job.session = None
        elif job.readonly:  # a handle that is read-only stays so; the session's must not
            job.statement = job.statement.only_reading()
        try:
            return await self._run(job, body, client)
        finally:
            self._engine.sessions.leave(session)
            if ask.close_session:
                self._engine.sessions.end(job.user.name, ask.session_id)

    async def _run(self, job: Job, body: Body, client: Client) -> None:
        """Runs the job in a worker thread; returns when the thread has ended, or cannot be waited for."""
        if job.statement.kind is Kind.SELECT:
            job.pipe = Pipe()
        job.is_bounded = _is_bounded(job.ask, body, client)
        job.is_crowded = len(self._engine.running) > CORES
        started = time.perf_counter_ns()
        body.may_be_awaited()
        work = self._engine.statements.submit(run, self._engine.handles, job)
        work.add_done_callback(_seen)
        if body.complete and job.pipe is not None:
            await soon(work, job.pipe)
        if job.pipe is not None and not job.pipe.claim():
            job.pipe = None  # its rows come with the result
        watch = None if work.done() else asyncio.create_task(self._watch(job, body, client, work))
        rows = Rows(job.pipe, work, job.user.result_bytes, job.limit_s, self._engine.folder)
        result = Result(job, rows, started, partial(self._so_far, job.running), self._content_types)
        try:
            async with asyncio.timeout(job.limit_s + LAST_S if job.limit_s else None):
                await result.send(client)
        except TimeoutError:  # the client takes nothing any more
            raise ClientGone from None
        finally:
            rows.close()
            if job.pipe is not None:
                job.pipe.close()
            if not work.done():
                body.refuse_more()
                await self._stop(job, work)
            if watch is not None:
                watch.cancel()

    async def _stop(self, job: Job, work: "asyncio.Future[Outcome]") -> None:
        """Kills the statement; one with a limit of time is not waited for longer than `STOP_S`."""
        kill = asyncio.create_task(self._engine.running.kill(job.running, work))
        if job.limit_s:
            await asyncio.wait({work}, timeout=STOP_S)
        else:
            await kill
        if not work.done():
            job.stuck = work
            asyncio.get_running_loop().call_later(TELL_S, tell, job)

    async def _watch(self, job: Job, body: Body, client: Client, work: "asyncio.Future[Outcome]") -> None:
        """Brings the rest of the body; then waits for the client to hang up."""
        if not body.complete:
            await body.pump()
        if job.statement.kind not in (Kind.SELECT, Kind.READ):
            return
        await hung_up(client)
        await self._engine.running.kill(job.running, work)

    async def _so_far(self, running: Running, elapsed_ns: int) -> Progress | None:
        loop, engine = asyncio.get_running_loop(), self._engine
        return await loop.run_in_executor(engine.helpers, so_far, engine.database.open, running, elapsed_ns)


def _is_bounded(ask: Ask, body: Body, client: Client) -> bool:
    """Whether a request's data are not much, for certain: packed ones may be any size."""
    if ask.blocks_in or client.headers.get("content-encoding"):
        return False
    size = protocol.whole(client.headers.get("content-length", ""))
    return body.complete if size is None else size <= ONE_BLOCK


def tell(job: Job) -> None:
    """Tells in the log of a statement that could not be stopped."""
    if job.stuck is not None and not job.stuck.done():
        log.warning("a statement of %s was killed and runs on: %.500s", job.user.name, job.statement.text)


def _seen(work: "asyncio.Future[Outcome]") -> None:
    """Takes note of an error that nobody is left to be told about."""
    if not work.cancelled():
        work.exception()


def _readonly(method: str, user: str, given: Statement) -> int:
    """GET and HEAD only read; 2 lets settings be changed, as on a server."""
    if method not in ("GET", "HEAD"):
        return 0
    if given.kind not in (Kind.SELECT, Kind.READ):
        raise EngineError(
            READONLY,
            f"{user}: Cannot execute query in readonly mode. For queries over HTTP, method GET implies "
            "readonly. You should use method POST for modifying queries.",
        )
    return 2


def _refuse_what_cannot_run(given: Statement) -> None:
    match infile_or_outfile(given):
        case "INTO OUTFILE":
            raise EngineError(INTO_OUTFILE_NOT_ALLOWED, "INTO OUTFILE is not allowed")
        case "FROM INFILE":
            raise EngineError(78, "FROM INFILE is a clause of clients: send the data in the body")
    refuse_what_waits(given)
