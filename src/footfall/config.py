"""The only reader of the environment and of `footfall.toml`.

Each setting is declared once, as a field of `Config` with its type, default and help. A value comes from
the environment (`FOOTFALL_` and the name in capitals), else from `footfall.toml` in the working folder,
else from the default. Passwords and the write key that are not set are made at first use and kept in
`secrets.toml` in the data folder, readable by its owner alone.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from footfall.errors import UsageError

StoreUser = Literal["footfall", "writer", "reader", "analyst"]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _setting(
    default: Any, help: str, *, minimum: int | None = None, secret: bool = False, made: bool = False
) -> Any:
    """`secret`: shown to those alone who ask for it; `made`: a secret that is made where it is not set."""
    about = {"help": help, "minimum": minimum, "secret": secret or made, "made": made}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one process; build it with `load`."""

    data_dir: Path = _setting(
        Path("~/.local/share/footfall"), "Folder of the database, the inbox and the secrets."
    )
    host: str = _setting("127.0.0.1", "Address that every process binds to.")
    engine_port: int = _setting(8123, "Port of the engine (ClickHouse's HTTP interface).", minimum=0)
    ingest_port: int = _setting(3002, "Port of ingest.", minimum=0)
    dashboard_port: int = _setting(3000, "Port of the dashboard.", minimum=0)
    live_port: int = _setting(3001, "Port of the live dashboard.", minimum=0)
    clickhouse_url: str = _setting("", "URL of a ClickHouse server to use instead of the embedded engine.")
    password: str = _setting("", "Password of the store's user footfall (owner).", made=True)
    writer_password: str = _setting("", "Password of the store's user writer (ingest).", made=True)
    reader_password: str = _setting(
        "", "Password of the store's user reader (dashboards, Grafana).", made=True
    )
    analyst_password: str = _setting("", "Password of the store's user analyst (the SQL box).", made=True)
    write_key: str = _setting("", "Key that a shop sends its events with.", made=True)
    admin_password: str = _setting(
        "", "Password of the pages, or its hash, where the host is not loopback: sees all.", secret=True
    )
    viewer_password: str = _setting(
        "", "The same for viewers: no SQL box, no dead letters, nothing to save.", secret=True
    )
    shop_name: str = _setting("Footfall demo shop", "Name shown on the pages.")
    currency: str = _setting("USD", "The shop's one currency, ISO 4217.")
    queries: str = _setting(
        "",
        "Folder with named queries of your own (.sql files); else queries in the data folder.",
    )
    events_ttl_days: int = _setting(90, "Days that raw events are kept; 0 keeps them for ever.", minimum=0)
    orders_ttl_days: int = _setting(365, "Days that order lines are kept; 0 keeps them for ever.", minimum=0)
    rollups_ttl_days: int = _setting(0, "Days that rollups are kept; 0 keeps them for ever.", minimum=0)
    flush_rows: int = _setting(100_000, "Rows after which ingest flushes a block.", minimum=1)
    flush_interval_ms: int = _setting(
        200,
        "Milliseconds after which ingest flushes what it has; five times that from 500 rows, and profiles.",
        minimum=1,
    )
    change_wait_s: int = _setting(
        900, "Seconds that a change of an order waits for its order, where it came first.", minimum=0
    )
    sync_interval_s: int = _setting(
        10,
        "Seconds after which ingest has the kernel write what the engine has taken to the disk.",
        minimum=1,
    )
    inbox_limit_bytes: int = _setting(
        4 << 30, "Bytes of inbox after which ingest answers 429.", minimum=1 << 20
    )
    body_limit_bytes: int = _setting(
        64 << 20, "Largest request body of ingest, after decompression.", minimum=1024
    )
    ids_reach_hours: int = _setting(
        24, "Hours that ids of accepted items are remembered: the same again is a duplicate.", minimum=1
    )
    ids_limit: int = _setting(
        200_000_000, "Ids that are remembered at the most; about 19 bytes of disk each.", minimum=1_000_000
    )
    geoip_database: str = _setting("", "File in MaxMind's format that tells the country of an address.")
    trusted_proxies: str = _setting(
        "", "Addresses or networks, with commas, whose X-Forwarded-For ingest believes."
    )
    reader_time_s: int = _setting(30, "Seconds that a statement of reader may run.", minimum=1)
    reader_memory_bytes: int = _setting(
        4 << 30, "Bytes of memory that a statement of reader may use.", minimum=64 << 20
    )
    reader_result_rows: int = _setting(
        0, "Rows that a statement of reader may return; 0 for any number.", minimum=0
    )
    reader_result_bytes: int = _setting(
        0, "Bytes that a statement of reader may return; 0 for any number.", minimum=0
    )
    reader_rows_read: int = _setting(
        0, "Rows that a statement of reader may read; 0 for any number.", minimum=0
    )
    reader_queries: int = _setting(32, "Statements of reader that run at once.", minimum=1)
    analyst_time_s: int = _setting(10, "Seconds that a statement of analyst may run.", minimum=1)
    analyst_memory_bytes: int = _setting(
        2 << 30, "Bytes of memory that a statement of analyst may use.", minimum=64 << 20
    )
    analyst_result_rows: int = _setting(
        100_000, "Rows that a statement of analyst may return; 0 for any number.", minimum=0
    )
    analyst_result_bytes: int = _setting(
        64 << 20, "Bytes that a statement of analyst may return; 0 for any number.", minimum=0
    )
    analyst_rows_read: int = _setting(
        1_000_000_000, "Rows that a statement of analyst may read; 0 for any number.", minimum=0
    )
    analyst_queries: int = _setting(4, "Statements of analyst that run at once.", minimum=1)
    log_level: str = _setting("info", "debug, info, warning or error.")

    @property
    def store_url(self) -> str:
        """URL of the store: the ClickHouse server where one is set, else the embedded engine."""
        return self.clickhouse_url or self.url("engine")

    @property
    def embedded(self) -> bool:
        """Whether the store is the embedded engine."""
        return not self.clickhouse_url

    def url(self, process: Literal["engine", "ingest", "dashboard", "live"]) -> str:
        """URL at which a process of this stack answers on this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        port: int = getattr(self, f"{process}_port")
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def store_password(self, user: StoreUser) -> str:
        """Password of one of the store's four users."""
        value: str = getattr(self, "password" if user == "footfall" else f"{user}_password")
        return value


def settings() -> tuple[Field[Any], ...]:
    """Every setting, in the order of its declaration; `metadata["help"]` says what it is for."""
    return fields(Config)


def variable(setting: Field[Any]) -> str:
    """The environment variable of a setting."""
    return variable_of(setting.name)


def variable_of(name: str) -> str:
    """The environment variable of the setting of that name."""
    return f"FOOTFALL_{name.upper()}"


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Config:
    """Reads the configuration and makes the secrets that are missing.

    Raises `UsageError` where a setting is unknown or has a value that is not accepted.
    """
    config = read(os.environ if environ is None else environ, Path() if folder is None else folder)
    _check(config)
    _refuse_open_bind(config)
    return _with_secrets(config)


def read(environ: Mapping[str, str], folder: Path) -> Config:
    """Reads the configuration as it is written, without making anything."""
    known = {setting.name: setting for setting in settings()}
    given = _read_file(folder / "footfall.toml")
    given |= {
        name: value
        for name, setting in known.items()
        if (value := environ.get(variable(setting))) is not None
    }
    if unknown := sorted(given.keys() - known.keys()):
        raise UsageError(f"unknown setting {unknown[0]}; `footfall config` lists the settings there are")
    values = {name: _parse(known[name], value) for name, value in given.items()}
    config = Config(**values)
    object.__setattr__(config, "data_dir", config.data_dir.expanduser().resolve())
    saved = config.data_dir / "queries"
    if not config.queries and saved.is_dir():
        object.__setattr__(config, "queries", str(saved))
    return config


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None


def _parse(setting: Field[Any], value: object) -> Any:
    if setting.type is int:
        try:
            number = int(str(value))
        except ValueError:
            raise UsageError(f"{variable(setting)} is {value!r}; it takes a whole number") from None
        minimum = setting.metadata["minimum"]
        if minimum is not None and number < minimum:
            raise UsageError(f"{variable(setting)} is {number}; the least it takes is {minimum}")
        if setting.name.endswith("_port") and number > 65535:
            raise UsageError(f"{variable(setting)} is {number}; a port is at most 65535")
        return number
    if setting.name == "log_level" and value not in {"debug", "info", "warning", "error"}:
        raise UsageError(f"{variable(setting)} is {value!r}; it takes debug, info, warning or error")
    return Path(str(value)) if setting.type is Path else str(value)


def _check(config: Config) -> None:
    url = urlsplit(config.clickhouse_url)
    if config.clickhouse_url and (url.scheme not in {"http", "https"} or not url.hostname):
        raise UsageError(
            f"FOOTFALL_CLICKHOUSE_URL is {config.clickhouse_url!r}; it takes a URL like http://clickhouse:8123"
        )
    if not re.fullmatch("[A-Z]{3}", config.currency):
        raise UsageError(
            f"FOOTFALL_CURRENCY is {config.currency!r}; it takes a code of ISO 4217 such as USD, EUR or GBP"
        )
    try:
        networks(config.trusted_proxies)
    except ValueError as error:
        raise UsageError(
            f"FOOTFALL_TRUSTED_PROXIES: {error}; it takes addresses or networks such as 10.0.0.0/8"
        ) from None


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks with commas between them; raises ValueError where one is neither."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _refuse_open_bind(config: Config) -> None:
    if config.host in LOOPBACK:
        return
    needed = [s for s in settings() if s.metadata["made"] or s.name == "admin_password"]
    missing = [variable(s) for s in needed if not getattr(config, s.name)]
    if missing:
        raise UsageError(
            f"FOOTFALL_HOST is {config.host}: other machines could reach Footfall. "
            f"Set {', '.join(missing)} first, or bind to 127.0.0.1"
        )


def _with_secrets(config: Config) -> Config:
    wanted = [s.name for s in settings() if s.metadata["made"] and not getattr(config, s.name)]
    if not wanted:
        return config
    kept = _kept_secrets(config.data_dir / "secrets.toml")
    return Config(
        **{s.name: getattr(config, s.name) for s in settings()} | {name: kept[name] for name in wanted}
    )


def _kept_secrets(path: Path) -> dict[str, str]:
    """Secrets of this data folder; the first process to ask makes all of them at once."""
    names = [s.name for s in settings() if s.metadata["made"]]
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.writelines(f'{name} = "{secrets.token_urlsafe(24)}"\n' for name in names)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # fails where another process was first: its secrets hold
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return {name: str(value) for name, value in tomllib.loads(path.read_text()).items()}
    except OSError as error:
        raise UsageError(f"cannot keep secrets in {path}: {error.strerror}") from None
