"""Log lines as JSON, one a line, without keys, ids or texts of a shop's data.

An exception is told by its kind and where it happened; its message may quote what was sent, so it stays out.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at,
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = "".join(traceback.format_tb(record.exc_info[2])[-3:])
        return json.dumps(line)


def set_up(level: str) -> None:
    """Sends our log lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("footfall").setLevel(level.upper())
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # the writer tells what failed
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
