"""Log lines as JSON, one a line, without keys, ids or texts of a shop's data.

Our own messages hold none. An exception is told by its kind and where it happened; its message may quote
what was sent, so it stays out. Of libraries' messages the first line of the template is told, with numbers
and without other arguments; the event loop's own may quote a callback's arguments, so their place is told.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime

_log = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """One JSON object a record: `at`, `level`, `from`, `message`, and `error` and `where` of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "from": record.name, "message": _message(record)}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = "".join(traceback.format_tb(record.exc_info[2])[-3:])
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith("footfall"):
        return record.getMessage()
    if record.name == "asyncio":
        return f"the event loop reports an error ({record.funcName})"
    text = str(record.msg).partition("\n")[0]
    numbers = record.args if isinstance(record.args, tuple) else ()
    return text % numbers if numbers and all(isinstance(value, int | float) for value in numbers) else text


def set_up(level: str) -> None:
    """Sends all log lines to standard error, and what ends a thread too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("footfall").setLevel(level.upper())
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # the writer tells what failed
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    threading.excepthook = _thread_ended


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    """What Python would print with the exception's message."""
    name = args.thread.name if args.thread else "?"
    if args.exc_value is not None:
        _log.error("thread %s ended", name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
