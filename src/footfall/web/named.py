"""The named queries over HTTP, the same on both dashboards: the catalogue, each answer, its proof, its plan.

A parameter that is unknown, given twice or not accepted is refused with what is accepted, by the query's
own header: a filter that is silently ignored would be a wrong answer. `/api/query/NAME.csv` (`.ndjson`,
`.parquet`) streams an answer as a file.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from quart import Blueprint, Response, request

from footfall.config import Config
from footfall.countries import COUNTRIES
from footfall.errors import InvalidParameter, NotFound
from footfall.query import Answer, NamedQuery, Proof, catalogue, encode, explain, problems, prove, run
from footfall.query.encode import to_json
from footfall.query.export import MEDIA_TYPES, Format, export
from footfall.web.reading import Reading
from footfall.web.shared import Shared

PROOF_ROWS: Final = 100
_FORMATS: Final[dict[str, Format]] = {shape: shape for shape in MEDIA_TYPES}
_log = logging.getLogger("footfall.web")


class Queries:
    """The catalogue of one process and the client that its queries run with."""

    def __init__(self, config: Config, reading: Reading) -> None:
        self.all = catalogue(config)
        self.problems = problems(config)
        for problem in self.problems:
            _log.warning("left out of the catalogue: %s", problem)
        self._reading = reading
        self._shared: Shared[bytes] = Shared()

    def named(self, name: str) -> NamedQuery:
        """The query of this name; raises `NotFound`."""
        try:
            return self.all[name]
        except KeyError:
            raise NotFound(f"there is no query {name}; /api/queries lists those there are") from None

    async def answer(self, name: str, params: Mapping[str, str]) -> Response:
        """The answer of a query as JSON; those who ask the same at the same time share a run."""
        query = self.named(name)

        async def answered() -> bytes:
            return encode(await run(await self._reading.client(), query, params))

        return as_json(await self._shared.ask((name, *sorted(params.items())), answered))

    async def file(self, name: str, shape: Format, params: Mapping[str, str]) -> Response:
        """The answer of a query as a file, streamed."""
        pieces = await export(await self._reading.client(), self.named(name), params, shape)
        answer = Response(pieces, content_type=MEDIA_TYPES[shape])
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{shape}"'
        return answer

    async def proof(self, name: str, params: Mapping[str, str]) -> Response:
        """The comparison of a query with its twin on the raw rows."""
        query = self.named(name)
        proof = await prove(await self._reading.client(), query, params)
        return as_json(to_json({"data": _proof(proof)}))

    async def plan(self, name: str, params: Mapping[str, str]) -> Response:
        """What the store would read to answer a query."""
        plan = await explain(await self._reading.client(), self.named(name), params)
        return as_json(to_json({"data": plan}))


def _proof(proof: Proof) -> dict[str, Any]:
    """A proof with both answers, at most `PROOF_ROWS` rows of each."""
    return {
        "verdict": proof.verdict,
        "reason": proof.reason,
        "differences": [asdict(difference) for difference in proof.differences],
        "estimates": [asdict(estimate) for estimate in proof.estimates[:PROOF_ROWS]],
        "answer": _side(proof.answer),
        "proof": None if proof.proof is None else _side(proof.proof),
    }


def _side(answer: Answer) -> dict[str, Any]:
    return {"data": answer.rows[:PROOF_ROWS], "rows": len(answer.rows), "meta": answer.meta}


def as_json(body: bytes) -> Response:
    """An answer whose body is JSON already."""
    return Response(body, mimetype="application/json")


def given() -> dict[str, str]:
    """Parameters of the request's URL; one that is given twice is refused."""
    values = request.args.to_dict(flat=False)
    for name, all_values in values.items():
        if len(all_values) > 1:
            raise InvalidParameter(f"{name} is given {len(all_values)} times; give it once", field=name)
    return {name: all_values[0] for name, all_values in values.items()}


def blueprint(queries: Queries) -> Blueprint:
    """Routes of the named queries."""
    routes = Blueprint("named", __name__, url_prefix="/api")

    @routes.get("/queries")
    async def listed() -> Response:
        all_queries = [described(query) for query in queries.all.values()]
        return as_json(to_json({"data": all_queries, "problems": queries.problems}))

    @routes.get("/query/<name>")
    async def answered(name: str) -> Response:
        stem, _, ending = name.rpartition(".")
        if shape := _FORMATS.get(ending):
            return await queries.file(stem, shape, given())
        return await queries.answer(name, given())

    @routes.get("/query/<name>/proof")
    async def proved(name: str) -> Response:
        return await queries.proof(name, given())

    @routes.get("/query/<name>/explain")
    async def explained(name: str) -> Response:
        return await queries.plan(name, given())

    @routes.get("/countries")
    async def countries() -> Response:
        numbers = {country.code: f"{country.number:03d}" for country in COUNTRIES}
        return as_json(to_json({"data": numbers}))

    return routes


def described(query: NamedQuery) -> dict[str, Any]:
    """A query as the catalogue shows it."""
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "reads": query.reads,
        "grain": query.grain,
        "notes": query.notes,
        "parameters": query.parameters,
        "columns": query.columns,
        "provable": query.proof is not None,
        "sql": query.sql,
    }
