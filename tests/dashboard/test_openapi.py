"""OpenAPI is made from the queries' headers, so it says what the endpoints take and answer."""

from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS, described
from footfall.query import catalogue


def test_every_endpoint_and_query_is_described_with_its_parameters(own_config: Config) -> None:
    queries = catalogue(own_config)
    paths = described(queries)["paths"]
    for path, name in ENDPOINTS.items():
        named = {parameter["name"] for parameter in paths[path]["get"]["parameters"]}
        assert named == {parameter.name for parameter in queries[name].parameters}
    for name in queries:
        assert {
            f"/api/query/{name}",
            f"/api/query/{name}/proof",
            f"/api/query/{name}/explain",
        } <= paths.keys()


def test_bounds_choices_and_units_become_schemas(own_config: Config) -> None:
    paths = described(catalogue(own_config))["paths"]
    limit = next(p for p in paths["/api/top-products"]["get"]["parameters"] if p["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}
    grain = next(p for p in paths["/api/revenue-trend"]["get"]["parameters"] if p["name"] == "grain")
    assert "month" in grain["schema"]["enum"]
    stats = {p["name"]: p["schema"] for p in paths["/api/stats"]["get"]["parameters"]}
    for name, example in (("country", "Germany"), ("tz", "Europe/Berlin"), ("from", "today-6d")):
        assert example in stats[name]["examples"]
    answer = paths["/api/stats"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    row = answer["properties"]["data"]["items"]["properties"]
    assert row["visitors"]["type"] == ["integer", "null"]
    assert row["net"]["type"] == ["number", "null"]


def test_operation_ids_are_unique(own_config: Config) -> None:
    paths = described(catalogue(own_config))["paths"]
    ids = [operation["get"]["operationId"] for operation in paths.values()]
    assert len(ids) == len(set(ids))
