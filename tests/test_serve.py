"""Serving: a server that is told to end has not failed."""

import signal
from collections.abc import Callable

import pytest

from footfall.config import Config
from tests import support


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_ends_with_exit_code_0(
    own_config: Config, start: Callable[..., support.Process], number: signal.Signals
) -> None:
    process = start("engine", own_config)
    process.popen.send_signal(number)
    assert process.popen.wait(5) == 0, process.output()


def test_a_port_in_use_is_one_line_and_exit_code_2(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    start("engine", own_config)
    second = support.run(own_config, "engine")
    assert second.returncode == 2
    assert second.stderr.startswith("footfall: ")
    assert second.stderr.count("\n") == 1
