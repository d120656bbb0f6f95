"""Long work shows a bar on a terminal and plain lines elsewhere, with rate and time left."""

import os
import pty
import subprocess
import sys

import pytest

from footfall.generate import progress
from footfall.generate.progress import Meter

_WORK = """
from footfall.generate.progress import Meter
with Meter("history", 1000) as meter:
    for _ in range(4):
        meter.advance(250)
"""


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", _WORK], stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 1 << 20).decode()
    os.close(ours)
    assert "history" in shown
    assert "1,000 rows" in shown
    assert "100%" in shown


def test_elsewhere_lines_say_how_far_it_is_and_how_long_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PLAIN_EVERY_S", 0.0)
    with Meter("history", 1000) as meter:
        meter.advance(250)
        meter.advance(250)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("history: 250 rows (25 %)")
    assert second.startswith("history: 500 rows (50 %)")
    assert second.endswith("s left")
    assert "/s" in second
