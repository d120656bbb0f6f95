"""Settings: one place, clear refusals, secrets that stay secret."""

import re
import stat
import threading
from pathlib import Path

import pytest

from footfall import config as configuration
from footfall.errors import UsageError
from tests.support import ROOT


def test_every_setting_says_what_it_is_for_and_is_documented() -> None:
    documented = (ROOT / "docs" / "operations.md").read_text()
    for setting in configuration.settings():
        assert setting.metadata["help"].endswith("."), setting.name
        assert configuration.variable(setting) in documented, setting.name


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "footfall.toml").write_text('ingest_port = 4002\nlive_port = 4001\nshop_name = "Ours"\n')
    config = configuration.read({"FOOTFALL_LIVE_PORT": "5001"}, tmp_path)
    assert (config.ingest_port, config.live_port, config.dashboard_port) == (4002, 5001, 3000)
    assert config.shop_name == "Ours"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("FOOTFALL_ENGINE_PORT", "x", "takes a whole number"),
        ("FOOTFALL_ENGINE_PORT", "-1", "the least it takes is 0"),
        ("FOOTFALL_ENGINE_PORT", "70000", "a port is at most 65535"),
        ("FOOTFALL_EVENTS_TTL_DAYS", "-5", "the least it takes is 0"),
        ("FOOTFALL_LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_accepted(
    tmp_path: Path, variable: str, value: str, says: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(says)) as refusal:
        configuration.read({variable: value}, tmp_path)
    assert variable in refusal.value.message


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "footfall.toml").write_text("ingets_port = 1\n")
    with pytest.raises(UsageError, match="unknown setting ingets_port"):
        configuration.read({}, tmp_path)


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    environ = {"FOOTFALL_DATA_DIR": str(tmp_path / "data")}
    seen: list[configuration.Config] = []
    threads = [
        threading.Thread(target=lambda: seen.append(configuration.load(environ, tmp_path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len({config.password for config in seen}) == 1
    secrets = {seen[0].store_password(user) for user in ("footfall", "writer", "reader", "analyst")}
    assert len(secrets) == 4
    assert all(len(secret) >= 32 for secret in secrets)
    mode = (tmp_path / "data" / "secrets.toml").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secrets.toml"]


def test_another_address_is_refused_until_every_credential_is_set(tmp_path: Path) -> None:
    environ = {"FOOTFALL_DATA_DIR": str(tmp_path), "FOOTFALL_HOST": "0.0.0.0"}
    with pytest.raises(UsageError, match="FOOTFALL_WRITE_KEY"):
        configuration.load(environ, tmp_path)
    secrets = [s for s in configuration.settings() if s.metadata["secret"]]
    environ |= {configuration.variable(s): f"secret-{s.name}" for s in secrets}
    assert configuration.load(environ, tmp_path).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("FOOTFALL_CURRENCY", "dollars", "a code of ISO 4217"),
        ("FOOTFALL_TRUSTED_PROXIES", "10.0.0.1, proxy", "addresses or networks such as 10.0.0.0/8"),
        ("FOOTFALL_CLICKHOUSE_URL", "clickhouse", "a URL like http://clickhouse:8123"),
    ],
)
def test_a_value_of_another_form_is_refused(tmp_path: Path, variable: str, value: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)) as refusal:
        configuration.load({"FOOTFALL_DATA_DIR": str(tmp_path), variable: value}, tmp_path)
    assert variable in refusal.value.message
