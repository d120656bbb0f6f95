"""The name in chDB's library: changed where it stands, nothing else ever; and answers do not need it."""

import ctypes
import json
import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from footfall.engine import figures
from tests import support

NAME, NOWHERE = b"/proc/thread-self/schedstat\0", b"/proc/thread-self/withheld.\0"


@pytest.mark.parametrize(
    ("there", "then"),
    [(NAME, NOWHERE), (NAME.replace(b"stat", b"stay"), None), (NAME[1:] + b"/", None), (bytes(64), None)],
)
def test_only_the_very_name_is_changed(there: bytes, then: bytes | None) -> None:
    page = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    page[4080 : 4080 + len(there)] = there  # over the end of a page
    before = page[:]
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    figures._overwrite(address + 4080)
    after = ctypes.string_at(address, len(page))
    assert after == (before if then is None else before.replace(there, then))
    figures._protect(address, len(page), 3)


def test_a_place_that_is_not_in_memory_is_none(tmp_path: Path) -> None:
    assert figures._address(tmp_path / "no library", 0) is None
    library = next(Path(sys.base_prefix).rglob("libpython*.so*")).resolve()
    assert figures._address(library, 1 << 40) is None


def test_an_engine_whose_chdb_does_not_have_the_name_works(tmp_path: Path) -> None:
    config = support.make_config(tmp_path)
    sql = "SELECT count(), sum(number) FROM numbers_mt(1000000) GROUP BY number % 2 ORDER BY ALL"
    errors = "SELECT count() > 0 FROM system.errors WHERE name = 'CANNOT_OPEN_FILE'"
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.unguarded", "unnamed", str(config.data_dir)],
        cwd=support.ROOT,
        input=json.dumps([["sql", sql], ["sql", errors]]),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer, tried = json.loads(done.stdout)
    assert answer == ["done", "500000\t249999500000\n500000\t250000000000\n"]
    assert tried == ["done", "1\n"]  # what it costs: each thread tries and is refused
