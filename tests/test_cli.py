"""The command line: help that reads well, refusals that say what is accepted, exit codes."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from footfall import cli
from footfall.config import Config
from tests import support

COMMANDS = sorted(cli.main.commands)


def test_help_lists_the_commands_in_the_order_of_the_flow() -> None:
    text = CliRunner().invoke(cli.main, ["--help"]).output
    listed = re.findall(r"^  ([a-z-]+) ", text.split("Commands:")[1], re.MULTILINE)
    assert listed[:3] == ["up", "engine", "migrate"]
    assert listed == sorted(COMMANDS, key=listed.index)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(command: str) -> None:
    result = CliRunner().invoke(cli.main, [command, "--help"])
    assert result.exit_code == 0
    described = result.output.split("Options:")[0].split("\n", 2)[2].strip()
    assert described.split("\n")[0].endswith((".", ":", ",")) or len(described) > 40
    assert "…" not in described


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_refused(command: str) -> None:
    result = CliRunner().invoke(cli.main, [command, "--no-such-option"])
    assert result.exit_code == 2
    assert "No such option" in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", "--users", "0"], "x>=1"),
        (["generate", "--events", "many"], "not a valid integer"),
        (["stream", "--rate", "0"], "x>=0.1"),
        (["import", "nowhere.csv"], "does not exist"),
        (["import", __file__, "--as", "people"], "'events', 'orders', 'users', 'products'"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_accepted(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_config_hides_secrets_until_asked(own_config: Config) -> None:
    hidden = support.run(own_config, "config").stdout
    shown = support.run(own_config, "config", "--secrets").stdout
    assert own_config.write_key not in hidden
    assert f"FOOTFALL_WRITE_KEY={own_config.write_key}" in shown


def test_a_setting_at_fault_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    config = support.make_config(tmp_path)
    (tmp_path / "footfall.toml").write_text("nonsense = 1\n")
    result = support.run(config, "config")
    assert result.returncode == 2
    assert (
        result.stderr
        == "footfall: unknown setting nonsense; `footfall config` lists the settings there are\n"
    )
