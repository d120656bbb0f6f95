"""The named queries over HTTP, the same on both dashboards: the catalogue, each answer, its proof, its plan.

A parameter that is unknown, given twice or not accepted is refused with what is accepted, by the query's
own header: a filter that is silently ignored would be a wrong answer. `/api/query/NAME.csv` (`.ndjson`,
`.parquet`) streams an answer as a file. Answers of Footfall's own queries are kept while they are true
(`kept`): of those it is known what they read.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any, Final

from quart import Blueprint, Response, request

from footfall.config import Config
from footfall.countries import COUNTRIES
from footfall.errors import InvalidParameter, NotFound
from footfall.query import Answer, NamedQuery, Proof, catalogue, encode, explain, problems, prove
from footfall.query.choose import Choice
from footfall.query.encode import to_json
from footfall.query.export import MEDIA_TYPES, Format, export
from footfall.query.reads import tables
from footfall.query.run import chosen, run_chosen
from footfall.web.kept import Kept
from footfall.web.reading import Reading
from footfall.web.versions import Reader, Versions

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
        self._kept = Kept(Reader(reading))

    def named(self, name: str) -> NamedQuery:
        """The query of this name; raises `NotFound`."""
        try:
            return self.all[name]
        except KeyError:
            raise NotFound(f"there is no query {name}; /api/queries lists those there are") from None

    async def answer(self, name: str, params: Mapping[str, str]) -> Response:
        """The answer of a query as JSON: one that is kept, or one that those who ask the same share."""
        query = self.named(name)
        client = await self._reading.client()
        choices = await chosen(client, query, params)

        async def work(versions: Versions | None) -> bytes:
            return encode(await run_chosen(client, query, choices, versions))

        question = (name, *(_question(choice) for choice in choices))
        return await as_answer(await self._kept.ask(question, tables(query, choices[0]), work))

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


def _question(choice: Choice) -> bytes:
    """All that an answer's rows and its `meta` are made from, but the rows of the store."""
    bound = choice.bound
    return to_json((choice.sql, bound.values, bound.shown, bound.notes, choice.because))


def _proof(proof: Proof) -> dict[str, Any]:
    """A proof with both answers, at most `PROOF_ROWS` rows of each."""
    return {
        "verdict": proof.verdict,
        "reason": proof.reason,
        "differences": [asdict(difference) for difference in proof.differences],
        "differences_total": proof.differing,
        "estimates": [asdict(estimate) for estimate in proof.estimates[:PROOF_ROWS]],
        "estimates_total": len(proof.estimates),
        "answer": _side(proof.answer),
        "proof": None if proof.proof is None else _side(proof.proof),
    }


def _side(answer: Answer) -> dict[str, Any]:
    meta = answer.meta | {"columns": answer.columns}
    return {"data": answer.rows[:PROOF_ROWS], "rows": len(answer.rows), "meta": meta}


def as_json(body: bytes) -> Response:
    """An answer whose body is JSON already."""
    return Response(body, mimetype="application/json")


async def as_answer(body: bytes) -> Response:
    """As `as_json`, for whoever may have it already: with an `ETag`, and 304 to who names that.

    The tag is weak, because the answer is the same with `gzip` and without.
    """
    response = as_json(body)
    response.set_etag(blake2b(body, digest_size=16).hexdigest(), weak=True)
    await response.make_conditional(request)
    return response


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
        return await as_answer(to_json({"data": all_queries, "problems": queries.problems}))

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
        return await as_answer(to_json({"data": numbers}))

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
