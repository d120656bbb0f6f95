"""Runs: files of ids that answer as a set does, whatever the ids are, also of ids that are sorted alike."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.ingest import runs
from footfall.ingest.runs import Damaged, Run

SALT = 12_345
# Few different bytes, so that ids share halves; and any.
ids = st.binary(min_size=16, max_size=16) | st.lists(
    st.sampled_from([0, 1, 255]), min_size=16, max_size=16
).map(bytes)


def held(run: Run, wanted: list[bytes]) -> set[bytes]:
    return {wanted[place] for place in run.find(runs.probe(b"".join(wanted), SALT))}


def nothing() -> None:
    """What a merge does between two pieces, here."""


@given(st.lists(st.sets(ids, min_size=1, max_size=60), min_size=2, max_size=5), st.lists(ids, max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_run_and_a_merge_of_runs_hold_what_was_put_in(
    tmp_path_factory: pytest.TempPathFactory, groups: list[set[bytes]], others: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    every = set().union(*groups)
    wanted = [*every, *others]
    paths = [folder / f"{number}.run" for number in range(len(groups))]
    for path, group in zip(paths, groups, strict=True):
        assert runs.write(path, b"".join(group), SALT) == len(group)
        assert held(Run(path, SALT), wanted) == group
    assert runs.merge(folder / "all.run", paths, SALT, nothing) == sum(map(len, groups))
    assert held(Run(folder / "all.run", SALT), wanted) == every
    assert {path.suffix for path in folder.iterdir()} == {".run"}


def test_large_runs_are_merged_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MERGE_IDS", 1_000)
    random = np.random.default_rng(1)
    groups = [random.bytes(16 * count) for count in (30_000, 1, 7_777)]
    paths = [tmp_path / f"{number}.run" for number in range(3)]
    for path, group in zip(paths, groups, strict=True):
        runs.write(path, group, SALT)
    pieces: list[None] = []
    runs.merge(tmp_path / "all.run", paths, SALT, lambda: pieces.append(None))
    assert len(pieces) > 20
    run = Run(tmp_path / "all.run", SALT)
    for group in groups:
        assert sorted(run.find(runs.probe(group, SALT))) == list(range(len(group) // 16))
    strangers = runs.probe(random.bytes(16 * 200_000), SALT)
    assert run.find(strangers) == []
    words = run._words[runs._places(strangers.h, len(run._words))]
    assert np.mean(words & strangers.bits == strangers.bits) < 0.005


def test_ids_with_the_same_place_are_told_apart_by_their_other_half(tmp_path: Path) -> None:
    same = np.full(2_000, 77, np.uint64)
    others = np.arange(2_000, dtype=np.uint64)
    with runs.Writer(tmp_path / "same.run", 2_000, SALT) as writer:
        writer.append(same, others)
    run = Run(tmp_path / "same.run", SALT)
    wanted = np.array([0, 511, 512, 1_999, 2_000, 1 << 60], np.uint64)
    assert run.find(runs.Probe(same[:6], wanted, runs.filter_bits(same[:6]), np.arange(6))) == [0, 1, 2, 3]


def test_what_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 ids were written of 2"):  # noqa: SIM117
        with runs.Writer(tmp_path / "short.run", 2, SALT) as writer:
            writer.append(np.array([1], np.uint64), np.array([1], np.uint64))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut", "emptied", "replaced", "salt"])
def test_a_file_that_is_no_run_of_this_inbox_is_refused(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "a.run"
    runs.write(path, bytes(range(160)), SALT)
    raw = path.read_bytes()
    path.write_bytes({"cut": raw[:-1], "emptied": b"", "replaced": bytes(len(raw))}.get(harm, raw))
    with pytest.raises(Damaged):
        Run(path, SALT + (harm == "salt"))
