"""The measurement of the live page runs from end to end; what it measures is no matter of a test."""

from pathlib import Path

from tests.bench.asked import tables


def test_frames_requests_and_the_process_are_measured_over_a_shop(tmp_path: Path) -> None:
    (table,) = tables("live", tmp_path, "--events", "2000", "--seconds", "2")
    assert table["events"] == 2_000
    lag, request, health, cpu, memory, frames = table["rows"]
    for _, median, p99, most, _ in (lag, request, health):
        assert 0 < median <= p99 <= most
    assert cpu[3] > 0
    assert memory[3] > 0
    assert 0 < frames[2] <= frames[3]
