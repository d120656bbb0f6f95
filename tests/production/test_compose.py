"""compose.yaml: valid by the Compose specification's own schema, pinned, healthy, and without defaults."""

import json
import re
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from footfall import __version__
from footfall import config as configuration
from tests.support import ROOT

TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "ingest", "dashboard", "live")
SERVERS = ("ingest", "dashboard", "live")


def test_it_is_valid_by_the_compose_specification() -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []


def test_it_starts_clickhouse_and_ours() -> None:
    assert set(SERVICES) == {"clickhouse", *OURS}
    assert SERVICES["clickhouse"]["image"] == "clickhouse/clickhouse-server:25.12"
    for name in OURS:
        assert SERVICES[name]["command"] == [name]
        assert SERVICES[name]["image"] == f"footfall:{__version__}"


def test_every_image_is_pinned() -> None:
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in [*stages, *(service["image"] for service in SERVICES.values())]:
        _, _, tag = image.partition(":")
        assert tag and tag != "latest", image


def test_no_password_and_no_key_has_a_default() -> None:
    secrets = [configuration.variable(s) for s in configuration.settings() if s.metadata["secret"]]
    secrets.remove("FOOTFALL_VIEWER_PASSWORD")  # without one there are no viewers
    for name in OURS:
        given = SERVICES[name]["environment"]
        for secret in secrets:
            assert given[secret].startswith(f"${{{secret}:?"), secret
    password = SERVICES["clickhouse"]["environment"]["CLICKHOUSE_PASSWORD"]
    assert password.startswith("${FOOTFALL_PASSWORD:?")


def test_every_setting_that_it_gives_is_one_that_there_is() -> None:
    known = {configuration.variable(s) for s in configuration.settings()}
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize("setting", ["events_ttl_days", "orders_ttl_days", "rollups_ttl_days", "currency"])
def test_a_setting_that_is_not_given_has_the_default_of_footfall_itself(setting: str) -> None:
    (declared,) = (s for s in configuration.settings() if s.name == setting)
    variable = configuration.variable(declared)
    assert SERVICES["migrate"]["environment"][variable] == f"${{{variable}:-{declared.default}}}"


def test_every_server_has_a_health_check_and_waits_for_the_schema() -> None:
    for name in ("clickhouse", *SERVERS):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES["migrate"]["depends_on"] == {"clickhouse": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "no"
    for name in SERVERS:
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_what_must_survive_is_on_volumes() -> None:
    assert set(COMPOSE["volumes"]) == {"clickhouse", "inbox"}
    assert "clickhouse:/var/lib/clickhouse" in SERVICES["clickhouse"]["volumes"]
    assert "inbox:/var/lib/footfall" in SERVICES["ingest"]["volumes"]


def test_ports_are_published_on_this_machine_alone_and_the_store_not_at_all() -> None:
    assert "ports" not in SERVICES["clickhouse"]
    defaults = {s.name: s.default for s in configuration.settings()}
    for name in SERVERS:
        port = defaults[f"{name}_port"]
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_our_containers_have_no_rights_that_they_do_not_need() -> None:
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
