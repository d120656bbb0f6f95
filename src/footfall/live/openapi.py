"""What the live dashboard answers beside the named queries, as OpenAPI."""

from typing import Any, Final

from footfall.live import letters, sql
from footfall.live.letters import KINDS
from footfall.live.wanted import LONGEST
from footfall.model import Reason
from footfall.web.openapi import ERROR, Schema, responses

_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": "string"}}
_NAME_AND_TYPE: Final[Schema] = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {"name": {"type": "string"}, "type": {"type": "string"}},
}


def _answer(data: Schema, **more: Schema) -> Schema:
    properties = {"data": data, **more}
    return {"type": "object", "required": list(properties), "properties": properties}


def _body(required: list[str], properties: Schema) -> Schema:
    schema = {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _admins(operation: str, summary: str, answer: Schema, **more: Any) -> Schema:
    """An operation for the role admin alone."""
    found = responses(answer)
    found |= {"413": {"description": "The body is too large.", "content": ERROR}}
    if "requestBody" in more:
        found |= {"415": {"description": "The body is not JSON by its type.", "content": ERROR}}
    return {"operationId": operation, "summary": summary, "responses": found} | more


_STATEMENT: Final = _body(
    ["sql"],
    {
        "sql": {"type": "string", "description": f"One statement, at most {sql.LONGEST_TEXT:,} characters."},
        "params": {**_TEXTS, "description": "Values, as text, of its `{name:Type}`."},
    },
)
_DRAFT: Final = _body(
    ["name", "title", "sql", "columns"],
    {
        "name": {"type": "string", "description": "Small letters, digits and _, after a letter."},
        "title": {"type": "string"},
        "sql": {"type": "string"},
        "columns": {"type": "array", "items": _NAME_AND_TYPE},
        "tables": {"type": "array", "items": {"type": "string"}},
        "params": _TEXTS,
    },
)
_ROWS: Final = {"type": "array", "items": {"type": "object"}}


def _path(name: str, values: list[str]) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": values}}


def _filter(name: str, description: str) -> Schema:
    schema = {"type": "string", "maxLength": LONGEST}
    return {"name": name, "in": "query", "description": description, "schema": schema}


PATHS: Final[dict[str, Schema]] = {
    "/events": {
        "get": {
            "operationId": "events",
            "summary": "The stream of events and boards, as Server-Sent Events.",
            "parameters": [
                {
                    "name": "last_event_id",
                    "in": "query",
                    "description": "As the header `Last-Event-ID`: resumes after this frame, for 5 minutes.",
                    "schema": {"type": "string"},
                },
                _filter("event_type", "Events of this type alone."),
                _filter("country", "Events from this country alone, by code or name."),
                _filter(
                    "find",
                    "Events alone that have this text, whatever the case, in what names their user, country,"
                    " page, product, order or search. With a filter, `count` is of these events, found in one"
                    " in `one_in` of all.",
                ),
            ],
            "responses": responses({})
            | {
                "200": {
                    "description": "Frames, until the client leaves.",
                    "content": {"text/event-stream": {"schema": {"type": "string"}}},
                }
            },
        }
    },
    "/api/sql": {
        "post": _admins(
            "sql",
            f"Runs a statement as `analyst`; at most {sql.ROWS:,} rows come back, as texts.",
            _answer(
                {"type": "array", "items": {"type": "array", "items": {"type": ["string", "null"]}}},
                meta={"type": "object", "required": ["columns", "rows", "cut", "limits", "elapsed_ms"]},
            ),
            requestBody=_STATEMENT,
        )
    },
    "/api/sql/cost": {
        "post": _admins(
            "sql_cost",
            "How many rows a statement would read; null where the store cannot tell.",
            _answer({"type": ["object", "null"], "properties": {"rows": {"type": "integer"}}}),
            requestBody=_STATEMENT,
        )
    },
    "/api/queries": {
        "post": _admins(
            "save_query",
            "Saves a statement as a named query, in the shop's own folder.",
            _answer({"type": "object", "required": ["name", "path"]}),
            requestBody=_DRAFT,
        )
    },
    "/api/dead-letters": {
        "get": _admins("dead_letters", "How many dead letters wait, by kind and reason.", _answer(_ROWS))
    },
    "/api/dead-letters/{kind}/{reason}": {
        "get": _admins(
            "latest_dead_letters",
            f"The latest {letters.SAMPLES} dead letters of a kind and reason.",
            _answer(_ROWS),
            parameters=[_path("kind", list(KINDS)), _path("reason", [str(reason) for reason in Reason])],
        )
    },
}
