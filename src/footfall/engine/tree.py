"""Walks the engine's own parse of a statement and refuses what is not allowed in it.

`NODES` names every kind of node that a harmless statement has, with every key it may have; a node or a key
that is not there is refused, so that a new engine's new syntax is closed until somebody has looked at it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from footfall.engine import rights
from footfall.engine.exceptions import ACCESS_DENIED, READONLY, EngineError
from footfall.engine.rights import Rights
from footfall.engine.types import check_type

Node = Mapping[str, Any]
# Nothing that could be a path: the engine opens files by such names where a database lacks the table.
_TABLE_NAME = re.compile(r"\w[\w -]*\Z")
_OUTPUT = ("is_outfile_append", "is_outfile_truncate", "is_into_outfile_with_stdout")


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


NODES: Mapping[str, frozenset[str]] = {
    "ArrayJoin": _keys("kind expression_list"),
    "Asterisk": _keys("transformers"),
    "ColumnsApplyTransformer": _keys("func_name lambda lambda_arg parameters"),
    "ColumnsExceptTransformer": _keys("children is_strict pattern"),
    "ColumnsListMatcher": _keys("column_list transformers"),
    "ColumnsRegexpMatcher": _keys("pattern transformers"),
    "ColumnsReplaceTransformer": _keys("children is_strict"),
    "ColumnsReplaceTransformerReplacement": _keys("name children"),
    "ColumnsTransformerList": _keys("children"),
    "ExpressionList": _keys("children"),
    "Function": _keys(
        "name arguments parameters alias is_operator is_lambda_function kind nulls_action window_definition "
        "window_name is_window_function"
    ),
    "Identifier": _keys("name name_parts alias"),
    "InterpolateElement": _keys("column expr"),
    "Literal": _keys("value alias"),
    "OrderByElement": _keys(
        "direction nulls_direction nulls_direction_was_explicitly_specified expression collation with_fill "
        "fill_from fill_to fill_step fill_staleness"
    ),
    "QualifiedAsterisk": _keys("qualifier transformers"),
    "QualifiedColumnsListMatcher": _keys("qualifier column_list transformers"),
    "QualifiedColumnsRegexpMatcher": _keys("pattern qualifier transformers"),
    "QueryParameter": _keys("name param_type alias"),
    "SampleRatio": _keys("numerator denominator"),
    "SelectQuery": _keys(
        "with recursive_with select distinct tables prewhere where group_by group_by_all group_by_with_cube "
        "group_by_with_grouping_sets group_by_with_rollup group_by_with_totals having window qualify "
        "order_by order_by_all interpolate limit_by limit_by_all limit_by_length limit_by_offset "
        "limit_length limit_offset limit_with_ties"
    ),
    "SelectWithUnionQuery": _keys("union_mode list_of_modes list_of_selects") | frozenset(_OUTPUT),
    "Subquery": _keys("alias children"),
    "TableExpression": _keys(
        "database_and_table_name table_function subquery final sample_size sample_offset column_aliases"
    ),
    "TableIdentifier": _keys("name name_parts alias"),
    "TableJoin": _keys("kind strictness locality on_expression using_expression_list"),
    "TablesInSelectQuery": _keys("children"),
    "TablesInSelectQueryElement": _keys("table_expression table_join array_join"),
    "WindowDefinition": _keys(
        "parent_window_name partition_by order_by frame_is_default frame_type frame_begin_type "
        "frame_begin_offset frame_begin_preceding frame_end_type frame_end_offset frame_end_preceding"
    ),
    "WindowListElement": _keys("name definition"),
    "WithElement": _keys("name subquery is_materialized"),
}
IN_FUNCTIONS = frozenset(
    f"{prefix}{name}{suffix}".lower()
    for prefix in ("", "global")
    for name in ("in", "notIn", "nullIn", "notNullIn")
    for suffix in ("", "IgnoreSet")
)
TYPE_ARGUMENT: Mapping[str, int] = {
    **dict.fromkeys(("cast", "accuratecast", "accuratecastornull", "accuratecastordefault"), 1),
    **dict.fromkeys(("dynamicelement", "variantelement"), 1),
    **dict.fromkeys(("jsonextract", "jsonextractcaseinsensitive"), -1),
    **dict.fromkeys(("jsonextractkeysandvalues", "jsonextractkeysandvaluescaseinsensitive"), -1),
    "defaultvalueoftypename": 0,
}
"""Functions that take a type as text, and where: it must be written out and harmless."""
AGGREGATE_ARGUMENT = frozenset(("arrayreduce",))
"""Functions whose first argument names an aggregate function: it must be written out and allowed."""
WITH_WRITTEN_OUT_ARRAY = frozenset(
    (
        *("hasall", "hasany", "hassubstr"),
        *(
            f"multisearch{kind}{case}{encoding}"
            for kind in ("any", "allpositions", "firstindex", "firstposition")
            for case in ("", "caseinsensitive")
            for encoding in ("", "utf8")
        ),
    )
)
"""Functions that look for each of many in all: one of their arguments must be written out, so it is short."""
TAKE_FUNCTIONS = _keys(
    """
    arrayall arrayavg arraybottomk arraycompact arraycount arraycumsum arraycumsumnonnegative
    arraydifference arrayexists arrayfill arrayfilter arrayfirst arrayfirstindex arrayfirstornull
    arraylast arraylastindex arraylastornull arraymap arraymax arraymin arraypartialreversesort
    arraypartialsort arrayproduct arrayreversefill arrayreversesort arrayreversesplit arraysort
    arraysplit arraysum arraytopk mapall mapapply mapexists mapfilter mappartialreversesort
    mappartialsort mapreversesort mapsort
    """
)
"""Functions that take a function, by its bare name too: `arrayMap(upper, names)`."""
BOTH_TABLE_AND_FUNCTION = frozenset(("format",))
"""Allowed functions that are also table functions, which the right side of IN would take."""
_CHECKED = IN_FUNCTIONS | TYPE_ARGUMENT.keys() | AGGREGATE_ARGUMENT | WITH_WRITTEN_OUT_ARRAY
"""Allowed functions whose arguments are looked at, and so must be written out with them."""


class Walk:
    """One walk over one statement's tree, for one user's rights."""

    def __init__(self, may: Rights) -> None:
        self._may = may
        self._lambdas: frozenset[str] = frozenset()
        self._checks: Mapping[str, Callable[[Node], None]] = {
            "ColumnsApplyTransformer": self._apply,
            "Function": self._function,
            "Identifier": self._identifier,
            "QueryParameter": self._parameter,
            "TableExpression": self._table_expression,
            "TableIdentifier": self._table,
        }

    def statement(self, tree: Node) -> None:
        """Raises `EngineError` 497 or 164 where this statement is not allowed."""
        self._lambdas = frozenset(name for name in _lambdas(tree) if not rights.is_known(name))
        self.check(tree)

    def check(self, node: object) -> None:
        """Raises `EngineError` 497 or 164 where this node, or one below it, is not allowed."""
        if isinstance(node, list):
            for item in node:
                self.check(item)
        elif isinstance(node, Mapping):
            self._node(node)

    def _node(self, node: Node) -> None:
        kind = str(node.get("type"))
        if kind not in NODES:
            raise EngineError(ACCESS_DENIED, f"{_kind_in_words(kind)} is not allowed")
        for key, value in node.items():
            if key == "type" or (key == "value" and kind == "Literal"):
                continue
            if key in _OUTPUT and value is False:
                continue
            if key not in NODES[kind]:
                raise _refused_key(kind, key)
        if kind in self._checks:
            self._checks[kind](node)
        for key, value in node.items():
            if not (kind == "Literal" and key == "value") and not (
                kind == "TableExpression" and key == "table_function"
            ):
                self.check(value)

    def _function(self, node: Node) -> None:
        name = node["name"]
        if not rights.may_call(name) and name not in self._lambdas:
            raise EngineError(ACCESS_DENIED, f"the function {name} is not allowed")
        arguments = _children(node.get("arguments"))
        lower = name.lower()
        if lower in IN_FUNCTIONS and len(arguments) > 1:
            self._right_of_in(arguments[1])
        if lower in TYPE_ARGUMENT:
            if not arguments:
                raise EngineError(ACCESS_DENIED, f"the function {name} needs its type written out")
            check_type(_text(arguments[TYPE_ARGUMENT[lower]], name))
        if lower in TAKE_FUNCTIONS and len(arguments) > 1 and arguments[0].get("type") == "Identifier":
            self._bare_name(arguments[0]["name"], name)
        if lower in WITH_WRITTEN_OUT_ARRAY and not any(map(_is_written_out, arguments)):
            raise EngineError(
                ACCESS_DENIED, f"the function {name} needs what it looks for, or in, written out"
            )
        if lower in AGGREGATE_ARGUMENT and arguments:
            found = re.fullmatch(r"(\w+)(?:\([\d\s.,]*\))?", _text(arguments[0], name))
            if found is None or not rights.may_aggregate(found[1]):
                raise EngineError(ACCESS_DENIED, f"the aggregate function within {name} is not allowed")

    def _right_of_in(self, node: Node) -> None:
        """A name there may be a table, a call there may be a table function."""
        if node.get("type") == "Identifier":
            self._table(node)
        elif node.get("type") == "Function" and node["name"].lower() in BOTH_TABLE_AND_FUNCTION:
            raise EngineError(ACCESS_DENIED, f"the table function {node['name']} is not allowed")

    def _bare_name(self, name: str, where: str) -> None:
        """The name of a function, of the engine or of the statement's own."""
        if name not in self._lambdas and (name.lower() in _CHECKED or not rights.may_call(name)):
            raise EngineError(ACCESS_DENIED, f"the function {name} is not allowed in {where}")

    def _apply(self, node: Node) -> None:
        name = node.get("func_name", "")
        if name and (name.lower() in _CHECKED or not rights.may_call(name)):
            raise EngineError(ACCESS_DENIED, f"the function {name} is not allowed in APPLY")

    def _identifier(self, node: Node) -> None:
        if not node["name"]:
            raise EngineError(ACCESS_DENIED, "parameters of type Identifier are not allowed")

    def _parameter(self, node: Node) -> None:
        check_type(node["param_type"])

    def _table_expression(self, node: Node) -> None:
        function = node.get("table_function")
        if function is None:
            return
        if function.get("name", "").lower() not in rights.TABLE_FUNCTIONS:
            raise EngineError(ACCESS_DENIED, f"the table function {function.get('name')} is not allowed")
        if set(function) - {"type", "name", "arguments", "alias"} or function.get("type") != "Function":
            raise EngineError(
                ACCESS_DENIED, f"the table function {function['name']} is not allowed like this"
            )
        self.check(function.get("arguments"))

    def _table(self, node: Node) -> None:
        """A table by its name; a name without a database is one of the current database, or a CTE."""
        parts = node.get("name_parts") or [node["name"]]
        if len(parts) == 1 and _TABLE_NAME.match(parts[0]):
            return
        database, table = parts if len(parts) == 2 else ("", "")
        if database in self._may.databases and _TABLE_NAME.match(table):
            return
        if database == "system" and table in self._may.system_tables:
            return
        raise EngineError(ACCESS_DENIED, f"the table {node['name']} is not accessible")


def _lambdas(node: object) -> set[str]:
    """Names that the statement gives to functions of its own, anywhere."""
    found: set[str] = set()
    if isinstance(node, list):
        found.update(*(_lambdas(item) for item in node))
    elif isinstance(node, Mapping):
        if node.get("is_lambda_function") and node.get("alias"):
            found.add(node["alias"])
        found.update(*(_lambdas(value) for value in node.values()))
    return found


def _is_written_out(node: Node) -> bool:
    """Whether an argument is a literal, a parameter, or an array of those."""
    if node.get("type") == "Function" and node["name"].lower() in ("array", "cast"):
        return all(map(_is_written_out, _children(node.get("arguments"))))
    return node.get("type") in ("Literal", "QueryParameter")


def _children(node: Any) -> list[Node]:
    return list(node.get("children", ())) if isinstance(node, Mapping) else []


def _text(node: Node, name: str) -> str:
    value = node.get("value") if node.get("type") == "Literal" else None
    if not isinstance(value, Mapping) or value.get("field_type") != "String":
        raise EngineError(
            ACCESS_DENIED, f"the function {name} needs its type or function as a written-out text"
        )
    return str(value["value"])


def _kind_in_words(kind: object) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(kind)).removesuffix(" Query")
    return f"{words!r}"


def _refused_key(kind: str, key: str) -> EngineError:
    if "settings" in key:
        return EngineError(READONLY, "SETTINGS are allowed at the end of the whole statement only")
    if "outfile" in key or key == "out_file" or key.startswith("compression"):
        return EngineError(ACCESS_DENIED, "INTO OUTFILE is not allowed")
    return EngineError(ACCESS_DENIED, f"{_kind_in_words(kind)} with {key!r} is not allowed")
