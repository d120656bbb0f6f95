"""OpenAPI 3.1 of what both pages answer, made from the headers of the named queries.

Whoever adds a query or a parameter documents it by doing so: nothing is written twice. A page adds the paths
that it alone has.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from footfall import __version__
from footfall.query import Column, NamedQuery, Parameter
from footfall.query.export import MEDIA_TYPES

Schema = dict[str, Any]
ERROR: Final[Schema] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_RANGE = re.compile(r"(?P<low>-?\d+)\.\.(?P<high>-?\d+)")
_TIMES: Final = ["2026-01-31", "2026-01-31T12:00:00Z", "today-6d", "now-30m"]
_EXAMPLES: Final = {"country": ["DE", "Germany"], "zone": ["Europe/Berlin", "UTC"]}
_UNITS: dict[str, Schema] = {
    "id": {"type": "string"},
    "text": {"type": "string"},
    "count": {"type": "integer"},
    "money": {"type": "number"},
    "percent": {"type": "number"},
    "ratio": {"type": "number"},
    "seconds": {"type": "number"},
    "ms": {"type": "number"},
    "time": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "flag": {"type": "boolean"},
    "json": {},
}


def describe(queries: Mapping[str, NamedQuery], title: str, paths: Mapping[str, Schema]) -> Schema:
    """The description of a page's API: the named queries, and `paths` that the page has beside them."""
    found = dict(paths)
    for name, query in queries.items():
        found[f"/api/query/{name}"] = {"get": operation(query, f"query_{name}")}
        found[f"/api/query/{name}/proof"] = {"get": _proof(query)}
        found[f"/api/query/{name}/explain"] = {"get": _plan(query)}
        found[f"/api/query/{name}.{{format}}"] = {"get": _file(query)}
    about = "Every named query with its parameters and columns."
    found["/api/queries"] = {"get": plain("queries", about)} | found.get("/api/queries", {})
    found["/api/countries"] = {"get": plain("countries", "ISO 3166 numbers by country code.")}
    found["/openapi.json"] = {"get": _document()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": __version__,
            "description": "The shop's figures. Each answer has `data` and, about it, `meta`. Times are UTC.",
        },
        "paths": found,
        "components": {
            "schemas": {"Meta": _META, "Error": _ERROR},
            "headers": {
                "ETag": {
                    "description": "Sent back as `If-None-Match`, it brings 304 while the answer is right.",
                    "schema": {"type": "string"},
                }
            },
            "securitySchemes": {
                "password": {"type": "http", "scheme": "bearer", "description": "Where there is a login."}
            },
        },
        "security": [{}, {"password": []}],
    }


def operation(query: NamedQuery, path: str) -> Schema:
    """The operation that answers with a query's rows."""
    notes = "".join(f"\n\n{note}" for note in query.notes)
    return {
        "operationId": path.removeprefix("/api/").replace("-", "_"),
        "summary": query.title,
        "description": f"{query.description}{notes}\n\nReads {', '.join(query.reads)}.",
        "parameters": [_parameter(parameter) for parameter in query.parameters],
        "responses": tagged(
            {
                "type": "object",
                "required": ["data", "meta"],
                "properties": {
                    "data": {"type": "array", "items": _row(query.columns)},
                    "meta": {"$ref": "#/components/schemas/Meta"},
                    "before": {"type": "object", "description": "With compare=before: the range before."},
                    "change": {"type": "object", "description": "With compare=before: percent, by column."},
                },
            }
        ),
    }


def _proof(query: NamedQuery) -> Schema:
    side = {
        "type": ["object", "null"],
        "required": ["data", "rows", "meta"],
        "properties": {
            "data": {"type": "array", "items": _row(query.columns)},
            "rows": {"type": "integer"},
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    }
    cells = {"type": "array", "items": {"type": "object", "required": ["row", "column", "answer", "proof"]}}
    return _side(
        query,
        "proof",
        "Compares the answer with its twin on the raw rows.",
        {
            "verdict": {"type": "string", "enum": ["equal", "different", "cannot be proved"]},
            "reason": {"type": "string"},
            "differences": cells,
            "differences_total": {"type": "integer"},
            "estimates": cells,
            "estimates_total": {"type": "integer"},
            "answer": side,
            "proof": side,
        },
    )


def _plan(query: NamedQuery) -> Schema:
    about = {
        "lines": {"type": "array", "items": {"type": "string"}},
        "reads": {"type": "array", "items": {"type": "object"}},
    }
    return _side(query, "explain", "What the store reads to answer.", about)


def _side(query: NamedQuery, kind: str, summary: str, about: Schema) -> Schema:
    data = {"type": "object", "required": list(about), "properties": about}
    return {
        "operationId": f"{kind}_{query.name}",
        "summary": f"{query.title}: {kind}",
        "description": summary,
        "parameters": [_parameter(parameter) for parameter in query.parameters],
        "responses": responses({"type": "object", "required": ["data"], "properties": {"data": data}}),
    }


def _file(query: NamedQuery) -> Schema:
    formats = {
        "name": "format",
        "in": "path",
        "required": True,
        "description": "Ids are texts, but in Parquet, where they are whole numbers of 64 bits.",
        "schema": {"type": "string", "enum": list(MEDIA_TYPES)},
    }
    content = {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES.values()}
    found = responses({}) | {"200": {"description": "The file, streamed.", "content": content}}
    found["404"] = {"description": "There is no such format.", "content": ERROR}
    return {
        "operationId": f"file_{query.name}",
        "summary": f"{query.title}: as a file",
        "description": query.description,
        "parameters": [formats, *(_parameter(parameter) for parameter in query.parameters)],
        "responses": found,
    }


def plain(name: str, summary: str) -> Schema:
    """An operation without parameters that answers with `data`."""
    schema = {"type": "object", "required": ["data"], "properties": {"data": {}}}
    return {"operationId": name, "summary": summary, "responses": tagged(schema)}


def _document() -> Schema:
    return {"operationId": "openapi", "summary": "This description.", "responses": tagged({"type": "object"})}


def tagged(schema: Schema) -> Schema:
    """As `responses`, of an answer that has a tag."""
    found = responses(schema)
    found["200"]["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
    return found | {"304": {"description": "The answer is still the one with this tag."}}


def responses(schema: Schema) -> Schema:
    """An answer of this schema, and what may come instead."""
    return {
        "200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}},
        "400": {"description": "A parameter is unknown or not accepted.", "content": ERROR},
        "401": {"description": "There is a login, and nobody is logged in.", "content": ERROR},
        "403": {"description": "Another site's page asks, or the role does not suffice.", "content": ERROR},
        "429": {"description": "A limit of the store is reached; try later.", "content": ERROR},
        "503": {"description": "The store does not answer; try later.", "content": ERROR},
    }


def _row(columns: tuple[Column, ...]) -> Schema:
    return {
        "type": "object",
        "required": [column.name for column in columns],
        "properties": {column.name: _nullable(column) for column in columns},
    }


def _nullable(column: Column) -> Schema:
    schema = dict(_UNITS[column.unit])
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema | {"description": column.help}


def _parameter(parameter: Parameter) -> Schema:
    accepts = "" if parameter.accepts in {"any", "id"} else f" Takes {parameter.accepts.replace('|', ', ')}."
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.help}.{accepts}",
        "schema": _schema(parameter),
    }


def _schema(parameter: Parameter) -> Schema:
    schema: Schema
    if parameter.type.startswith("DateTime"):
        schema = {"type": "string", "examples": _TIMES}
    elif "Int" in parameter.type and parameter.accepts != "id":
        schema = {"type": "integer"}
        if bounds := _RANGE.fullmatch(parameter.accepts):
            schema |= {"minimum": int(bounds["low"]), "maximum": int(bounds["high"])}
    elif parameter.type.startswith(("Float", "Decimal")):
        schema = {"type": "number"}
    else:
        schema = {"type": "string"}
        if "|" in parameter.accepts:
            schema["enum"] = parameter.accepts.split("|")
        elif examples := _EXAMPLES.get(parameter.accepts):
            schema["examples"] = examples
    if not parameter.default:
        return schema
    return schema | {"default": int(parameter.default) if schema["type"] == "integer" else parameter.default}


_META: Schema = {
    "type": "object",
    "description": "Where the figures come from.",
    "properties": {
        "query": {"type": "string"},
        "title": {"type": "string"},
        "sql": {"type": "string"},
        "params": {"type": "object", "description": "Every parameter as it was bound."},
        "reads": {"type": "array", "items": {"type": "string"}},
        "rows_read": {"type": "integer"},
        "bytes_read": {"type": "integer"},
        "computed_at": {"type": "string", "format": "date-time"},
        "elapsed_ms": {"type": "number"},
        "freshness": {"type": ["string", "null"], "format": "date-time"},
        "raw_because": {
            "type": ["string", "null"],
            "description": "Why raw rows answered where a rollup did not.",
        },
        "complete_from": {
            "type": ["string", "null"],
            "format": "date",
            "description": "Where the range begins before the rows that are kept: the first day of them.",
        },
        "incomplete": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Columns that count rows from complete_from on alone.",
        },
        "notes": {"type": "array", "items": {"type": "string"}},
        "estimates": {"type": "array", "items": {"type": "string"}},
        "columns": {"type": "array", "items": {"type": "object"}},
    },
}

_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "name", "message"],
            "properties": {
                "code": {"type": "integer"},
                "name": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}
