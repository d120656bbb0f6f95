"""What the guarded users may read, call, write and set. The owner is not guarded.

Everything is an allow-list: what is not written here or in `allow/` is refused. Functions are plain files,
reviewed for one version of the engine; `allow/refused.txt` says of the others why they are missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from footfall.engine.exceptions import (
    ACCESS_DENIED,
    READONLY,
    SETTING_CONSTRAINT_VIOLATION,
    SYNTAX_ERROR,
    EngineError,
)
from footfall.engine.protocol import Ask, whole
from footfall.engine.request import Tables
from footfall.engine.types import check_structure
from footfall.engine.users import User
from footfall.limits import READERS_JOINS, SYSTEM_TABLES, WRITERS_TABLES

PARAMETERS_LIMIT = 100_000
"""Characters of all bound values of one who only reads, as of a text: what no limit stops takes them, too."""
_BY_DATABASE = SYSTEM_TABLES - {"databases", "functions", "settings", "one", "numbers"}
TABLE_FUNCTIONS = frozenset(("numbers", "generateseries", "generate_series"))
COMBINATORS = (
    *("If", "Array", "Map", "Distinct", "OrNull", "OrDefault", "SimpleState", "State", "Merge", "ForEach"),
    *("Resample", "ArgMin", "ArgMax", "Tuple"),
)
# Not Values, which calls any function that stands in it, nor formats that read a schema from a file.
WRITE_FORMATS = frozenset(
    (
        *("Native", "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes", "JSONEachRow"),
        *("JSONCompactEachRow", "CSV", "CSVWithNames", "TabSeparated", "TSV", "TabSeparatedWithNames"),
        *("Arrow", "ArrowStream", "Parquet"),
    )
)
# These bring types of their own, states of aggregate functions among them.
_WITH_TYPES = frozenset(("Native", "RowBinaryWithNamesAndTypes"))

_FREE = frozenset(
    (
        *("use_query_condition_cache", "optimize_use_projections", "log_comment"),
        "max_query_size",
        *("session_timezone", "join_use_nulls", "final", "extremes", "use_skip_indexes"),
        *("optimize_use_implicit_projections", "describe_compact_output", "date_time_output_format"),
        *("output_format_json_quote_64bit_integers", "output_format_json_quote_denormals"),
        *("output_format_json_quote_decimals", "output_format_json_named_tuples_as_objects"),
        *("output_format_native_encode_types_in_binary_format", "output_format_arrow_string_as_string"),
        *("output_format_arrow_compression_method", "output_format_parquet_string_as_string"),
        *(
            "output_format_csv_crlf_end_of_line",
            "output_format_pretty_color",
            "output_format_pretty_max_rows",
        ),
        *("output_format_write_statistics", "low_cardinality_allow_in_native_format"),
    )
)
_LOWER = frozenset(
    (
        *("max_execution_time", "max_memory_usage", "max_rows_to_read", "max_bytes_to_read"),
        *("max_result_rows", "max_result_bytes", "max_threads", "max_block_size"),
        "max_bytes_before_external_group_by",
    )
)
# How much is worked on at once changes no answer: a wish that is too large is met as far as it may be.
_CAPPED = frozenset(("max_block_size",))
_WRITES = frozenset(
    (
        *("insert_deduplicate", "insert_deduplication_token", "mutations_sync", "async_insert"),
        *(
            "deduplicate_blocks_in_dependent_materialized_views",
            "deduplicate_insert",
            "date_time_input_format",
        ),
        *("cast_string_to_dynamic_use_inference", "max_insert_block_size", "min_insert_block_size_rows"),
        *("min_insert_block_size_bytes", "wait_for_async_insert", "input_format_skip_unknown_fields"),
        *("input_format_null_as_default", "parallel_view_processing", "max_insert_threads"),
        *("throw_on_max_partitions_per_insert_block", "max_partitions_per_insert_block"),
        *("materialized_views_ignore_errors", "input_format_defaults_for_omitted_fields"),
    )
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one user may do besides calling the allowed functions."""

    databases: frozenset[str]
    inserts_into: frozenset[tuple[str, str]] = frozenset()
    deletes_from: frozenset[tuple[str, str]] = frozenset()
    system_tables: frozenset[str] = SYSTEM_TABLES
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings that each of the user's handles has, over the user's limits."""

    @property
    def writes(self) -> bool:
        """Whether this user inserts at all."""
        return bool(self.inserts_into)


_FILTERS = {
    **dict.fromkeys(sorted(_BY_DATABASE), r"database IN (\'footfall\', \'system\')"),
    "databases": r"name = \'footfall\'",
}
_READ = Rights(
    databases=frozenset(("footfall",)),
    settings={
        # Of what the engine holds, these users see their own database only.
        "additional_table_filters": "{"
        + ", ".join(f"'system.{table}': '{rule}'" for table, rule in _FILTERS.items())
        + "}",
    },
)
RIGHTS: Mapping[str, Rights] = {
    "reader": replace(_READ, settings={**_READ.settings, **READERS_JOINS}),
    "analyst": _READ,
    "writer": Rights(
        databases=frozenset(("footfall", "footfall_private")),
        inserts_into=WRITERS_TABLES,
        deletes_from=frozenset((("footfall", "users"), ("footfall", "products"))),
        system_tables=SYSTEM_TABLES | {"mutations"},
    ),
}


@cache
def functions() -> frozenset[str]:
    """Names of the allowed functions, in small letters."""
    return _names("functions.txt")


@cache
def aggregates() -> frozenset[str]:
    """Names of the allowed aggregate and window functions, in small letters, without combinators."""
    return _names("aggregates.txt")


@cache
def may_call(name: str) -> bool:
    """Whether a function is on the lists, with any combinators behind an aggregate function's name."""
    return name.lower() in functions() or may_aggregate(name)


@cache
def may_aggregate(name: str) -> bool:
    """Whether this is an allowed aggregate function, with any combinators."""
    if name.lower() in aggregates():
        return True
    endings = [ending for ending in COMBINATORS if name.endswith(ending)]
    return any(may_aggregate(name.removesuffix(ending)) for ending in endings)


@cache
def is_known(name: str) -> bool:
    """Whether the engine has a function of this name, or would make one of it by combinators."""
    if name.lower() in functions() | aggregates() | _names("refused.txt") | TABLE_FUNCTIONS:
        return True
    endings = [ending for ending in COMBINATORS if name.endswith(ending)]
    return any(is_known(name.removesuffix(ending)) for ending in endings)


def check_settings(user: User, settings: Mapping[str, str]) -> None:
    """Raises `EngineError` where a guarded user sets what it may not: limits can only be lowered."""
    for name, value in settings.items():
        if name in _FREE or (RIGHTS[user.name].writes and name in _WRITES):
            continue
        if name not in _LOWER:
            raise EngineError(READONLY, f"Cannot modify '{name}' setting in readonly mode.")
        most = user.settings.get(name) if name not in _CAPPED else None
        wish = whole(value)
        if not wish or (most is not None and wish > int(most)):
            bound = f"from 1 to {most}" if most is not None else "1 or more"
            raise EngineError(
                SETTING_CONSTRAINT_VIOLATION, f"Setting {name} shouldn't be {value[:40]}: it takes {bound}"
            )


def capped(user: User, settings: Mapping[str, str]) -> Mapping[str, str]:
    """The settings that were checked, as they take effect."""
    wished = {name: settings[name] for name in _CAPPED & settings.keys() & user.settings.keys()}
    return {
        **settings,
        **{name: str(min(int(wish), int(user.settings[name]))) for name, wish in wished.items()},
    }


def changeable(user: User) -> frozenset[str]:
    """Names of the settings that a guarded user may set."""
    return _FREE | _LOWER | (_WRITES if RIGHTS[user.name].writes else frozenset())


def check_request(user: User, ask: Ask, tables: Tables) -> None:
    """Raises `EngineError` where a request's database, settings or external tables are not for this user."""
    if ask.database not in {None, *RIGHTS[user.name].databases}:
        raise EngineError(
            ACCESS_DENIED,
            f"{user.name}: Not enough privileges. The database {ask.database!r} is not accessible",
        )
    check_settings(user, ask.settings)
    if not RIGHTS[user.name].writes and sum(map(len, ask.params.values())) > PARAMETERS_LIMIT:
        raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {PARAMETERS_LIMIT} bytes of parameters")
    formats = WRITE_FORMATS if RIGHTS[user.name].writes else WRITE_FORMATS - _WITH_TYPES
    for _, columns, format, _ in tables:
        check_structure(columns)
        if format not in formats:
            raise EngineError(
                ACCESS_DENIED,
                f"{user.name}: Not enough privileges. External data in the format {format} are not allowed",
            )


def _names(file: str) -> frozenset[str]:
    text = (files("footfall.engine") / "allow" / file).read_text()
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(name.lower() for line in lines for name in line.split())
