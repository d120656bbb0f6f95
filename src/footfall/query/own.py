"""Which index or projection serves each query of the folder `FOOTFALL_QUERIES`, told by EXPLAIN.

A query is asked with its defaults; what must be given is taken from the shop's own rows where the parameter
has the name of a sample (`evidence.Samples`). One that needs anything else is told as not asked.
"""

from collections.abc import Iterator
from dataclasses import asdict

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.config import Config
from footfall.errors import InvalidParameter
from footfall.query.catalogue import NamedQuery, catalogue
from footfall.query.evidence import Asked, Evidence, Samples
from footfall.query.parameters import bind
from footfall.schema.plan import explain, skipping
from footfall.schema.usage import Object, objects


def own(client: Client, config: Config, samples: Samples) -> Iterator[Evidence | str]:
    """Evidence of each object that serves one of the shop's own queries; a line where none does."""
    shipped = catalogue(Config())
    known = objects(client, "footfall")
    for name, query in catalogue(config).items():
        if name in shipped:
            continue
        try:
            asked = _asked(query, samples)
            served = _served(client, asked, known)
        except (InvalidParameter, DatabaseError) as error:
            yield f"{name} is not asked: {error}"
            continue
        if not served:
            yield f"{name} is served by no index or projection"
        for each in served:
            yield Evidence(each.kind, each.table, each.name, asked)


def _asked(query: NamedQuery, samples: Samples) -> Asked:
    values = asdict(samples)
    given = {
        parameter.name: values[parameter.name]
        for parameter in query.parameters
        if parameter.required and parameter.name in values
    }
    return Asked(query.name, query.sql, dict(bind(query, given).values))


def _served(client: Client, asked: Asked, known: list[Object]) -> list[Object]:
    """A plan names a projection without its table, which is one that is read where projections are off."""
    plan = explain(client, asked.sql, asked.values, use_query_condition_cache=0)
    bare = explain(client, asked.sql, asked.values, optimize_use_projections=0)
    sources = {read.source for read in plan}
    replaced = {read.source for read in bare} - sources
    skipped = skipping(plan)
    return [
        each
        for each in known
        if (each.kind == "index" and (f"footfall.{each.table}", each.name) in skipped)
        or (each.kind == "projection" and each.name in sources and f"footfall.{each.table}" in replaced)
    ]
