"""Bases move, predecessors change, are merged, squashed and closed: no commit is lost, and nothing untested is pushed.

`make test` plays five schedules, `make test-soak` those up to twenty, `make soak` all that MTOR_SCHEDULES says; a seed
plays the same one alone: `-k 'seed-7'`.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from serverless.desk import open_desk
from serverless.test_both_ways import WithoutApp
from serverless.test_remakes_by_themselves import LINES, Orchard
from whole_loop.remake_schedules import RemakeScene

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark.structures import ParameterSet

IN_EVERY_RUN = 5
SEEDS = range(int(os.environ.get("MTOR_SCHEDULES", "20")))


def _param(seed: int) -> ParameterSet:
    return pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.soak if seed >= IN_EVERY_RUN else ())


@pytest.mark.parametrize("seed", [_param(seed) for seed in SEEDS])
def test_nothing_is_lost_and_nothing_untested_is_pushed(tmp_path: Path, seed: int) -> None:
    with open_desk(tmp_path) as desk:
        desk.repository.grant("alice", "write")
        orchard = Orchard(WithoutApp(desk))
        orchard.push({"b.txt": LINES})
        (tmp_path / "runs").mkdir()
        scene = RemakeScene(orchard, tmp_path / "runs", random.Random(seed))
        assert scene.play() == [], scene.told
