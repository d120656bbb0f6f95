"""A SELECT as the store understands it, by its `EXPLAIN QUERY TREE`: aliases, numbers and `ALL` are resolved.

The first pass alone is asked for, so that expressions stand as they were written but for names: a
`countDistinct` is the `uniqExact` that runs, an average is not yet a sum and a count. The store answers with
lines that are indented by what holds them; what is read of them is no more than columns and groups need.
Of a UNION each SELECT is one, and the first names the columns of all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

EXPLAIN: Final = "EXPLAIN QUERY TREE passes = 1\n"
_DEEPER: Final = 2
_COLUMN: Final = re.compile(r"COLUMN id: \d+.*?, column_name: (.*), result_type: (.*), source_id: (\d+)")
_FUNCTION: Final = re.compile(
    r"FUNCTION id: \d+.*?, function_name: (\w+), function_type: (\w+).*?, result_type: (.*)"
)
_CONSTANT: Final = re.compile(r"CONSTANT id: \d+.*?, constant_value: (.*), constant_value_type: (.*)")


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression; two are equal where they mean the same.

    `kind`: column, constant, aggregate or ordinary (of functions), other; `below`: parameters and arguments.
    """

    kind: str
    name: str
    type: str
    below: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """The node and those below it."""
        yield self
        for node in self.below:
            yield from node.all()


@dataclass(frozen=True, slots=True)
class Select:
    """Columns of a SELECT by name, and what it groups by."""

    columns: tuple[tuple[str, Node], ...]
    groups: tuple[Node, ...]


@dataclass(slots=True)
class _Line:
    text: str
    below: list["_Line"]

    def section(self, name: str) -> list["_Line"]:
        """What stands below a heading, without the lists around it."""
        found = [line for line in self.below if line.text == name]
        return [each for line in found for each in _unlisted(line)]


def selects(client: Client, sql: str) -> tuple[Select, ...]:
    """The SELECTs of a statement that are its own, not those it reads from; raises what the store says."""
    lines = client.query(EXPLAIN + sql).result_rows
    found = [_select(query) for query in _queries(_nested("\n".join(str(line) for (line,) in lines)))]
    names = [name for name, _ in found[0].columns] if found else []
    return tuple(
        Select(tuple(zip(names, (node for _, node in each.columns), strict=True)), each.groups)
        for each in found
    )


def _nested(text: str) -> _Line:
    """The lines under one root, each under the line above it that is indented less."""
    root = _Line("", [])
    open_: list[tuple[int, _Line]] = [(-_DEEPER, root)]
    for text_line in text.splitlines():
        line, depth = _Line(text_line.strip(), []), len(text_line) - len(text_line.lstrip())
        while open_[-1][0] >= depth:
            open_.pop()
        open_[-1][1].below.append(line)
        open_.append((depth, line))
    return root


def _queries(line: _Line) -> Iterator[_Line]:
    """The queries of a statement: itself, or those of a UNION."""
    for below in line.below:
        if below.text.startswith("QUERY "):
            yield below
        elif below.text.startswith(("UNION ", "QUERIES", "LIST ")):
            yield from _queries(below)


def _select(query: _Line) -> Select:
    nodes = tuple(map(_node, query.section("PROJECTION")))
    named = query.section("PROJECTION COLUMNS")
    names = [line.text.removesuffix(f" {node.type}") for line, node in zip(named, nodes, strict=True)]
    return Select(
        tuple(zip(names, nodes, strict=True)),
        tuple(map(_node, query.section("GROUP BY"))),
    )


def _node(line: _Line) -> Node:
    below = tuple(map(_node, line.section("PARAMETERS") + line.section("ARGUMENTS")))
    if column := _COLUMN.match(line.text):
        return Node("column", f"{column[3]}.{column[1]}", column[2])
    if function := _FUNCTION.match(line.text):
        return Node(function[2], function[1], function[3], below)
    if constant := _CONSTANT.match(line.text):
        return Node("constant", constant[1], constant[2])
    return Node("other", re.sub(r"id: \d+", "", line.text), "", tuple(map(_node, line.below)))


def _unlisted(line: _Line) -> Iterator[_Line]:
    for below in line.below:
        if below.text.startswith("LIST "):
            yield from _unlisted(below)
        else:
            yield below
