"""Which shop a stack has: the plan of its history, in `shop.json` of the data folder, before the first row.

So a history that is interrupted, whatever kills it, goes on with the same plan and the same end; one that
is finished is left alone. The stream reads the file to know which shop it continues.
"""

import json
import os
from dataclasses import asdict, dataclass, replace

from footfall.config import Config
from footfall.errors import UsageError
from footfall.generate.plan import Plan


@dataclass(frozen=True, slots=True)
class Record:
    """A plan, the store that its history is in, and whether it is all there; whether a stream took over."""

    plan: Plan
    store: str
    finished: bool = False
    continued: bool = False


def read(config: Config) -> Record | None:
    """The record of this data folder and store, where there is one."""
    path = config.data_dir / "shop.json"
    try:
        kept = json.loads(path.read_text())
        record = Record(Plan.from_json(kept.pop("plan")), **kept)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is damaged ({error}); it can be removed") from None
    return record if record.store == _name(config) else None


def start(config: Config, plan: Plan) -> Record:
    """The record of a history that begins."""
    record = Record(plan, _name(config))
    write(config, record)
    return record


def write(config: Config, record: Record) -> None:
    """Keeps the record, so that a crash leaves either the old file or the new one."""
    path = config.data_dir / "shop.json"
    draft = config.data_dir / f"shop.json.{os.getpid()}"
    kept = asdict(record) | {"plan": record.plan.to_json()}
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with draft.open("w") as file:
            file.write(json.dumps(kept, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None


def resumed(config: Config, plan: Plan) -> Plan:
    """The unfinished plan of this stack where the new one differs in its end alone, else the new one."""
    kept = read(config)
    if kept and not kept.finished and replace(kept.plan, until=plan.until) == plan:
        return kept.plan
    return plan


def _name(config: Config) -> str:
    return "embedded" if config.embedded else config.clickhouse_url
