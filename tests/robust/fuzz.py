"""`make fuzz MINUTES=30`: requests that nobody should send, to a real engine process.

Nothing of it may make the engine fail in a way that is its own (code 1002, a traceback in its log), hang
(every connection is answered or closed; a canary's `SELECT 1` always answers), grow (memory, files, threads,
slots, sessions, results on disk), or end. A failure prints its case: `--seed S --only N` sends that again.
"""

import argparse
import contextlib
import itertools
import re
import select
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from footfall.config import Config
from footfall.engine.users import users
from footfall.schema.migrate import migrate
from tests import support
from tests.engine.speak import code, speaker
from tests.robust import gauges
from tests.robust.cases import CREATE, IDS, SAMPLE, SESSIONS, Case, Ending, World
from tests.robust.maker import Maker
from tests.robust.wire import Answer, answers, receive_some

ANSWER_S = 60.0
"""A complete request is answered within this: the longest limit of a statement, and as much again."""
DOUBT_S = 1.0
SILENCE_S = 150.0
"""A connection on which the engine waits for more is closed within this."""
PARKED = 400
ENOUGH = 10
WORKERS = 8
SETTLE_S = 12.0
_RESET = struct.pack("ii", 1, 0)
_OURS = ("a request failed", "Traceback", "ERROR", "Exception", "Segmentation", "AddressSanitizer")


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and with which case."""

    number: int
    case: Case
    reason: str

    def report(self) -> str:
        sent = b"".join(self.case.pieces)
        shown = re.sub(r"(.{1,4}?)\1{20,}", r"\1…", repr(sent[:4000]))[:1500]
        return (
            f"case {self.number} ({self.case.kind}, {self.case.ending.name}): {self.reason}\n"
            f"  {len(sent)} bytes: {shown}"
        )


class Fuzz:
    """One run against one engine process."""

    def __init__(self, engine: support.Process, seed: int) -> None:
        self._engine = engine
        self._config = engine.config
        self._seed = seed
        self._world = prepare(engine.config)
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._parked: list[tuple[socket.socket, float, int, Case]] = []
        self.failures: list[Failure] = []
        self.sent: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.canaries = 0

    def run(self, seconds: float, *, patient: bool) -> None:
        """Sends cases for that long; `patient`: then waits until the engine has closed what is parked."""
        threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]
        canary = threading.Thread(target=self._sing)
        for thread in (canary, *threads):
            thread.start()
        self._sleep(seconds)
        self._stop.set()
        for thread in (*threads, canary):
            thread.join(ANSWER_S * 2)
            assert not thread.is_alive(), "the fuzz itself hangs"
        while patient and self._parked and self._engine.popen.poll() is None:
            time.sleep(1)
            self._look_at_parked()
        for connection, *_ in self._parked:
            connection.close()

    def only(self, number: int) -> None:
        """Sends one case again and prints what comes back."""
        case = Maker(self._seed, self._world).case(number)
        print(Failure(number, case, "sent again").report())
        self._send(number, case, shown=True)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and len(self.failures) < ENOUGH:
            time.sleep(0.2)
            self._look_at_parked()
            if self._engine.popen.poll() is not None:
                self._fail(-1, Case("process", ()), f"the engine ended with {self._engine.popen.returncode}")
                return

    def _work(self) -> None:
        maker = Maker(self._seed, self._world)
        while not self._stop.is_set():
            with self._lock:
                number = next(self._numbers)
            case = maker.case(number)
            try:
                self._send(number, case)
            except Exception as error:
                self._fail(number, case, f"{type(error).__name__}: {error}")
            with self._lock:
                self.sent[case.kind.partition(":")[0]] += 1

    def _send(self, number: int, case: Case, *, shown: bool = False) -> None:
        connection = socket.create_connection(("127.0.0.1", self._config.engine_port), timeout=ANSWER_S)
        parked = False
        try:
            with contextlib.suppress(ConnectionError):  # closed before we were done: there may be an answer
                for piece in case.pieces:
                    connection.sendall(piece)
                    time.sleep(case.pause_s)
            if case.ending is Ending.LEFT:
                return
            received, closed = self._receive(connection, case)
            if shown:
                print(received[:3000])
            if case.ending is Ending.DOUBTFUL and not (received or closed):
                parked = self._park(connection, number, case)
            elif case.ending is not Ending.TAKEN:
                self._judge(number, case, received, closed=closed)
        finally:
            if not parked:
                if case.reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                connection.close()

    def _receive(self, connection: socket.socket, case: Case) -> tuple[bytes, bool]:
        """What comes until all is answered, and whether the engine has closed; little patience with doubt."""
        received = bytearray()
        until = time.monotonic() + (ANSWER_S if case.ending is not Ending.DOUBTFUL else DOUBT_S)
        while case.ending is not Ending.TAKEN or len(received) < case.take:
            connection.settimeout(max(0.01, until - time.monotonic()))
            try:
                piece = receive_some(connection)
            except TimeoutError:
                if received or case.ending is Ending.DOUBTFUL or case.kind.startswith("cut short"):
                    break  # an answer that takes its time, or none that was due
                raise TimeoutError(f"no answer within {ANSWER_S:.0f} s") from None
            received += piece
            if not piece:
                return bytes(received), True
            if len(piece) < 60_000 and _all_answered(bytes(received), case):
                break
        return bytes(received), False

    def _park(self, connection: socket.socket, number: int, case: Case) -> bool:
        with self._lock:
            if len(self._parked) >= PARKED:
                return False
            self._parked.append((connection, time.monotonic() + SILENCE_S, number, case))
            return True

    def _look_at_parked(self) -> None:
        with self._lock:
            parked, self._parked = self._parked, []
        poll = select.poll()
        for connection, *_ in parked:
            poll.register(connection, select.POLLIN)
        moved = {descriptor for descriptor, _ in poll.poll(0)}
        for one in parked:
            connection, until, number, case = one
            if connection.fileno() in moved:
                received, closed = self._receive(connection, case)
                self._judge(number, case, received, closed=closed)
                connection.close()
            elif time.monotonic() > until:
                self._fail(number, case, f"neither answered nor closed within {SILENCE_S:.0f} s")
                connection.close()
            else:
                with self._lock:
                    self._parked.append(one)

    def _judge(self, number: int, case: Case, received: bytes, *, closed: bool) -> None:
        found = answers(received, case.methods)
        for answer in found:
            with self._lock:
                self.statuses[f"{answer.status} {answer.headers.get('x-clickhouse-exception-code', '')}"] += 1
            if reason := _wrong(answer, closed=closed):
                self._fail(number, case, f"{reason}: {answer.status} {answer.body[-600:]!r}")
        if case.ending is Ending.ANSWERED and not (found and (closed or found[-1].whole)):
            self._fail(number, case, f"no answer, only {received[:300]!r}")

    def _fail(self, number: int, case: Case, reason: str) -> None:
        with self._lock:
            self.failures.append(Failure(number, case, reason))

    def _sing(self) -> None:
        """The canary."""
        with speaker(self._config) as client:
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    said = client.post("/", content="SELECT 1", timeout=ANSWER_S).text
                except Exception as error:
                    said = repr(error)
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                self.canaries += 1
                if said != "1\n":
                    self._fail(-1, Case("canary", (b"SELECT 1",)), said)
                self._stop.wait(0.2)


def _all_answered(received: bytes, case: Case) -> bool:
    found = answers(received, case.methods)
    return len(found) >= len(case.methods) and found[-1].whole


def _wrong(answer: Answer, *, closed: bool) -> str | None:
    number = answer.headers.get("x-clickhouse-exception-code")
    if number == "1002":
        return "the error is our own"
    if answer.status >= 500 and number is None and answer.status != 501:
        return "an error without a number"
    if (
        closed
        and not answer.whole
        and "content-encoding" not in answer.headers
        and b"__exception__" not in answer.body
    ):
        return "the answer broke off without a word"
    return None


def configuration(folder: Path) -> Config:
    """A configuration with passwords that are always the same, as a case's bytes must be."""
    names = ("password", "writer_password", "reader_password", "analyst_password")
    return support.make_config(folder, **{name: f"fuzz {name}" for name in names})


def prepare(config: Config) -> World:
    """Makes a table, and its rows in every format that can be written and read."""
    names = [user.name for user in users(config).values()]
    with speaker(config) as client:
        for sql in CREATE:
            assert client.post("/", content=sql).status_code == 200
        listed = client.post(
            "/", content="SELECT name FROM system.formats WHERE is_input AND is_output ORDER BY name"
        ).text.split()
        made = {name: client.post("/", params={"default_format": name}, content=SAMPLE) for name in listed}
        blocks = client.post(
            "/?compress=1", content="SELECT toInt64(number) AS a FROM numbers(9) FORMAT Native"
        )
    samples = {name: answer.content for name, answer in made.items() if code(answer) == 0}
    passwords = {name: config.store_password(name) for name in names}  # type: ignore[arg-type]
    return World(passwords, samples, blocks.content if code(blocks) == 0 else b"")


def all_is_free(config: Config) -> None:
    """No slot, session, query id or statement is held by anybody once every client has gone."""
    gauges.nothing_runs(config)
    with speaker(config) as client:
        held = [{"session_id": session} for session in SESSIONS] + [{"query_id": one} for one in IDS]
        for params in held:
            answer = client.post("/", params=params, content="SELECT 1")
            assert answer.text == "1\n", answer.text
    gauges.all_slots_are_free(config)
    gauges.nothing_runs(config)


def complaints(engine: support.Process) -> str:
    """The end of the engine's log, where it tells of a failure of its own."""
    log = engine.output()
    return log[-6000:] if any(word in log for word in _OURS) else ""


def main() -> int:
    """Runs the fuzz and prints its report; the exit code is 1 where something failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--only", type=int, help="send this case alone and print the answer")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="footfall-fuzz-") as folder:
        engine = support.start("engine", configuration(Path(folder)))
        try:
            migrate(engine.config)
            fuzz = Fuzz(engine, given.seed)
            if given.only is not None:
                fuzz.only(given.only)
                print(complaints(engine))
                return 0
            return _run(fuzz, engine, given.minutes, given.seed)
        finally:
            engine.stop()


def _run(fuzz: Fuzz, engine: support.Process, minutes: float, seed: int) -> int:
    gauges.all_slots_are_free(engine.config)  # so that pools of threads have their full size
    watched = gauges.Gauges(engine.pid, every_s=max(0.5, minutes))
    print(f"seed {seed}, {minutes:g} minutes, engine {engine.pid}, log {engine.log}", flush=True)
    fuzz.run(minutes * 60, patient=True)
    wrong = [failure.report() for failure in fuzz.failures]
    if told := complaints(engine):
        wrong.append(told)
    if not wrong:
        time.sleep(SETTLE_S)
        try:
            all_is_free(engine.config)
        except AssertionError as error:
            wrong.append(f"something is held: {error}")
    watched.stop()
    print(f"{sum(fuzz.sent.values())} cases: {dict(fuzz.sent.most_common())}")
    print(f"answers: {dict(fuzz.statuses.most_common(40))}")
    print(f"canary: {fuzz.canaries} answers, the slowest after {fuzz.slowest_s:.2f} s")
    print(f"{watched.report()}\nslope of memory {watched.slope():+.2f} MiB a minute")
    print("\n".join(wrong) or "no failure")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
