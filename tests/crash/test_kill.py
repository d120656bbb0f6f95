"""`kill -9` under load: what was acknowledged is in the base table and in every rollup exactly once."""

import random

from footfall.config import Config
from tests.crash import rounds

ROUNDS = 5


def test_whatever_dies_nothing_is_lost_and_nothing_doubled(own_config: Config) -> None:
    seed = random.randrange(1 << 32)
    report, shop = rounds.run(own_config, ROUNDS, seed)
    assert report.wrong == [], f"python -m tests.crash.rounds --seed {seed}"
    assert set(report.kills) == set(rounds.VICTIMS)
    assert shop.events and shop.orders and shop.ages
