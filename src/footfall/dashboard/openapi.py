"""OpenAPI 3.1 of the dashboard's API, made from the headers of the named queries.

Whoever adds a query or a parameter documents it by doing so: nothing is written twice.
"""

import re
from collections.abc import Mapping
from typing import Any

from footfall import __version__
from footfall.query import Column, NamedQuery, Parameter
from footfall.query.export import MEDIA_TYPES

Schema = dict[str, Any]
_SIDES = {
    "proof": "Compares the answer with its twin on the raw rows.",
    "explain": "What the store reads to answer.",
}
_RANGE = re.compile(r"(?P<low>-?\d+)\.\.(?P<high>-?\d+)")
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


def describe(queries: Mapping[str, NamedQuery], endpoints: Mapping[str, str]) -> Schema:
    """The description of the API; `endpoints` maps the paths with names of their own to queries."""
    paths = {path: {"get": _operation(queries[name], path)} for path, name in endpoints.items()}
    for name, query in queries.items():
        paths[f"/api/query/{name}"] = {"get": _operation(query, f"query_{name}")}
        paths[f"/api/query/{name}/proof"] = {
            "get": _side(query, "proof", "Compares the answer with the raw rows.")
        }
        paths[f"/api/query/{name}/explain"] = {
            "get": _side(query, "explain", "What the store reads to answer.")
        }
        paths[f"/api/query/{name}.{{format}}"] = {"get": _file(query)}
    paths["/api/queries"] = {"get": _plain("queries", "Every named query with its parameters and columns.")}
    paths["/api/countries"] = {"get": _plain("countries", "ISO 3166 numbers by country code.")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footfall dashboard",
            "version": __version__,
            "description": "The shop's figures. Each answer has `data` and, about it, `meta`. Times are UTC.",
        },
        "paths": paths,
        "components": {"schemas": {"Meta": _META, "Error": _ERROR}},
    }


def _operation(query: NamedQuery, operation: str) -> Schema:
    notes = "".join(f"\n\n{note}" for note in query.notes)
    return {
        "operationId": operation.removeprefix("/api/").replace("-", "_"),
        "summary": query.title,
        "description": f"{query.description}{notes}\n\nReads {', '.join(query.reads)}.",
        "parameters": [_parameter(parameter) for parameter in query.parameters],
        "responses": _responses(
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


def _side(query: NamedQuery, kind: str, summary: str) -> Schema:
    return {
        "operationId": f"{kind}_{query.name}",
        "summary": f"{query.title}: {kind}",
        "description": summary,
        "parameters": [_parameter(parameter) for parameter in query.parameters],
        "responses": _responses({"type": "object", "required": ["data"], "properties": {"data": {}}}),
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
    responses = _responses({}) | {"200": {"description": "The file, streamed.", "content": content}}
    return {
        "operationId": f"file_{query.name}",
        "summary": f"{query.title}: as a file",
        "description": query.description,
        "parameters": [formats, *(_parameter(parameter) for parameter in query.parameters)],
        "responses": responses,
    }


def _plain(operation: str, summary: str) -> Schema:
    return {
        "operationId": operation,
        "summary": summary,
        "responses": _responses({"type": "object", "required": ["data"], "properties": {"data": {}}}),
    }


def _responses(schema: Schema) -> Schema:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}},
        "400": {"description": "A parameter is unknown or not accepted.", "content": error},
        "429": {"description": "A limit of the store is reached; try later.", "content": error},
        "503": {"description": "The store does not answer; try later.", "content": error},
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
        schema = {
            "type": "string",
            "examples": ["2026-01-31", "2026-01-31T12:00:00Z", "today-6d", "now-30m"],
        }
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
        "elapsed_ms": {"type": "number"},
        "freshness": {"type": ["string", "null"], "format": "date-time"},
        "raw_because": {
            "type": ["string", "null"],
            "description": "Why raw rows answered where a rollup did not.",
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
