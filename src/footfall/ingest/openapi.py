"""OpenAPI 3.1 of ingest, made from the structs that decode what it takes and encode what it answers.

Whoever adds a field, a reason or a kind describes it by doing so. What no struct says (paths, statuses,
headers) stands here, and the tests compare it with the routes.
"""

from decimal import Decimal
from functools import cache, reduce
from operator import or_
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from msgspec import Raw, Struct
from msgspec.structs import fields

from footfall import __version__
from footfall.ingest.browser.page import PageEvent
from footfall.ingest.outcome import ItemError
from footfall.ingest.receipts import Receipt
from footfall.ingest.segment.envelope import BATCHES, PATHS
from footfall.ingest.segment.message import Message
from footfall.model import KINDS, Event, Id, Order, OrderLine, Product, Reason, Time, User

Schema = dict[str, Any]
_STRUCTS: Final = (Event, Order, OrderLine, User, Product, PageEvent, Message, ItemError, Receipt)
_ITEMS: Final[dict[str, type[Struct]]] = {
    "events": Event,
    "orders": Order,
    "users": User,
    "products": Product,
}
_TYPES: Final[dict[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Any: {},
    Raw: {"type": "object", "description": "Kept as it is sent; at most 64 KiB, 100 levels."},
    Id: {"type": ["string", "integer"], "description": "Any text, or a whole number."},
    Time: {
        "type": ["string", "number"],
        "description": "RFC 3339 with a zone, or seconds or milliseconds since 1970.",
    },
    Decimal: {"type": ["number", "string"], "description": "Exact to four decimal places, below 10^14."},
    Reason: {"type": "string", "enum": list(Reason), "description": "Why an item was rejected."},
}
_EXAMPLES: Final[dict[str, Schema]] = {
    "events": {"event_type": "product_view", "user_id": "u-17", "product_id": "cup", "country": "DE"},
    "orders": {
        "order_id": "1001",
        "status": "completed",
        "user_id": "u-17",
        "lines": [{"product_id": "cup", "quantity": 2, "unit_price": "9.90"}],
    },
    "users": {"user_id": "u-17", "country": "Germany", "is_premium": True},
    "products": {"product_id": "cup", "name": "Cup", "price": 9.90},
}
_MESSAGE: Final[Schema] = {"type": "track", "userId": "u-17", "previousId": "u-16", "event": "Product Viewed"}
_STATUSES: Final = {
    200: "The same, and the rows can be queried.",
    202: "Kept, on disk: at least one item is accepted or a duplicate.",
    204: "The browser does not want to be tracked: nothing is kept.",
    400: "A header or the request cannot be read.",
    401: "No key, or a wrong one.",
    403: "The key has no right to that, or another web page made the request.",
    404: "There is nothing of that name.",
    408: "The body did not arrive in time.",
    413: "The body is too large: send it in parts.",
    415: "Another type, charset or encoding than is understood.",
    422: "No item could be used; `error.errors` says why.",
    429: "A bound is reached: send the same again after `Retry-After`.",
    503: "The inbox cannot be written, or the store is away: send the same again.",
}
_SENDING: Final = (400, 401, 403, 408, 413, 415, 422, 429, 503)
_ERROR: Final[Schema] = {
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
                "batch_id": {"type": "string", "format": "uuid"},
                "rejected": {"type": "integer"},
                "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ItemError"}},
            },
        }
    },
}
_WAIT: Final[Schema] = {
    "name": "wait",
    "in": "query",
    "description": "Answer once the rows can be queried, at most 30 s later.",
    "schema": {"type": "boolean", "default": False},
}
_SENT_AT: Final[Schema] = {
    "name": "sent_at",
    "in": "query",
    "description": "When the request is sent, by the clock that wrote its times; also X-Footfall-Sent-At.",
    "schema": {"type": "string", "examples": ["2025-01-31T12:00:00.000Z"]},
}
_IMPORT: Final[Schema] = {
    "name": "X-Footfall-Import",
    "in": "header",
    "description": "1: ids are compared with the whole store, not with the last day alone.",
    "schema": {"type": "string", "enum": ["0", "1"]},
}


@cache
def describe() -> Schema:
    """The description of every path of ingest."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footfall ingest",
            "version": __version__,
            "description": "Takes events, orders, users and products. docs/api.md says more.",
        },
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {
            **{f"/v1/{kind}": {"post": _items(kind)} for kind in KINDS},
            **{f"/v1/{path}": {"post": _messages(path)} for path in sorted(PATHS)},
            "/v1/browser": {"post": _browser()},
            "/v1/receipts/{batch_id}": {"get": _receipt()},
            "/healthz": {"get": _open("healthz", "Whether the process answers.", _JSON)},
            "/readyz": {"get": _ready()},
            "/metrics": {
                "get": _open("metrics", "Metrics in Prometheus' text format.", _content("text/plain"))
            },
            "/footfall.js": {
                "get": _open("script", "The script for pages of the shop.", _content("text/javascript"), 404)
            },
            "/openapi.json": {"get": _open("openapi", "This description.", _JSON)},
        },
        "components": {
            "schemas": {"Error": _ERROR} | {struct.__name__: _struct(struct) for struct in _STRUCTS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The write key."},
                "basic": {"type": "http", "scheme": "basic", "description": "The write key as the user."},
                "browser": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }


def _items(kind: str) -> Schema:
    item = _ref(_ITEMS[kind].__name__)
    return {
        "operationId": f"send_{kind}",
        "summary": f"Sends {kind}: one, an array of them, or one a line.",
        "parameters": [_WAIT, _SENT_AT, _IMPORT],
        "requestBody": {
            "required": True,
            "description": "At most FOOTFALL_BODY_LIMIT_BYTES unpacked; Content-Encoding: none or gzip.",
            "content": {
                "application/json": {
                    "schema": {"anyOf": [item, {"type": "array", "items": item}]},
                    "examples": {"one": {"value": _EXAMPLES[kind]}, "more": {"value": [_EXAMPLES[kind]] * 2}},
                },
                "application/x-ndjson": {"schema": {"type": "string", "description": "One item a line."}},
            },
        },
        "responses": _answers(_ref("Receipt"), 200, 202, *_SENDING),
    }


def _messages(path: str) -> Schema:
    message = _ref("Message")
    batch = {
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "items": message},
            "sentAt": {"type": ["string", "number"]},
            "context": {"type": "object"},
            "writeKey": {"type": "string"},
        },
    }
    taken = {
        "allOf": [_ref("Receipt"), {"type": "object", "required": ["success"], "properties": {"success": {}}}]
    }
    return {
        "operationId": f"segment_{path}",
        "summary": f"Segment's HTTP Tracking API: {path}.",
        "parameters": [_WAIT],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": batch if path in BATCHES else message,
                    "examples": {
                        "one": {
                            "value": {"batch": [_MESSAGE]} if path in BATCHES else _MESSAGE | {"type": path}
                        }
                    },
                }
            },
        },
        "responses": _answers(taken, 200, *(status for status in _SENDING if status != 422)),
    }


def _browser() -> Schema:
    event = _ref("PageEvent")
    counts = {name: {"type": "integer"} for name in ("accepted", "duplicate", "rejected")}
    errors = {"type": "array", "items": _ref("ItemError")}
    return {
        "operationId": "browser",
        "summary": "Takes events of a page, with a browser key and from its origins.",
        "security": [{"browser": []}],
        "parameters": [
            {"name": "Origin", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [event, {"type": "array", "items": event, "maxItems": 50}]}
                }
            },
        },
        "responses": _answers(
            {"type": "object", "required": [*counts, "errors"], "properties": counts | {"errors": errors}},
            *(202, 204, 401, 403, 408, 413, 415, 422, 429, 503),
        ),
    }


def _receipt() -> Schema:
    return {
        "operationId": "receipt",
        "summary": "What was answered to a request, as it stands by now; kept for 7 days.",
        "parameters": [
            {
                "name": "batch_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            }
        ],
        "responses": _answers(_ref("Receipt"), 200, 401, 403, 404),
    }


def _ready() -> Schema:
    operation = _open("readyz", "Whether the whole way is open: an inbox with room, and a store.", _JSON)
    not_ready = {"description": "The way is not open; the same JSON says where.", "content": _JSON}
    return operation | {"responses": operation["responses"] | {"503": not_ready}}


def _open(operation: str, summary: str, content: Schema, *errors: int) -> Schema:
    """A path that needs no key."""
    answers = {"200": {"description": summary, "content": content}} | _answers({}, 403, *errors)
    return {"operationId": operation, "summary": summary, "security": [], "responses": answers}


def _answers(schema: Schema, *statuses: int) -> Schema:
    found: Schema = {}
    for status in statuses:
        answer: Schema = {"description": _STATUSES[status]}
        if status != 204:
            body = schema if status < 300 else _ref("Error")
            answer["content"] = {"application/json": {"schema": body}}
        if status in {429, 503}:
            answer["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
        found[str(status)] = answer
    return found


def _content(type_: str) -> Schema:
    return {type_: {"schema": {"type": "string"}}}


_JSON: Final[Schema] = {"application/json": {"schema": {"type": "object"}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _struct(struct: type[Struct]) -> Schema:
    """An object with the fields of a struct; a field that is not required may be null."""
    described = fields(struct)
    schema: Schema = {
        "type": "object",
        "description": (struct.__doc__ or "").partition("\n")[0],
        "properties": {field.encode_name: _type(field.type) for field in described},
    }
    if required := [field.encode_name for field in described if field.required]:
        schema["required"] = required
    if struct.__struct_config__.forbid_unknown_fields:
        schema["additionalProperties"] = False
    return schema


def _type(hint: Any) -> Schema:
    if hint in _TYPES:
        return _TYPES[hint]
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is list:
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _ref(hint.__name__)
    options = get_args(hint)
    if NoneType not in options:
        raise TypeError(f"no schema is written for {hint}")
    return _or_null(_type(reduce(or_, (option for option in options if option is not NoneType))))


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nullable = schema | {"type": [*types, "null"]}
    return nullable | {"enum": [*schema["enum"], None]} if "enum" in schema else nullable
