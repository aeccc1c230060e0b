"""Whatever goes wrong, in the end each request has one pull request or one stated reason, and one effective run.

MTOR_SCHEDULES says how many schedules are played; a seed plays the same one alone: `-k 'seed-7'`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from whole_loop.schedules import Scene, events
from whole_loop.with_a_bot import stage_for_schedules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github import GitHubSandbox as Sandbox
    from standins.night.bot import Bot

pytestmark = [pytest.mark.soak, pytest.mark.timeout(400)]
SCHEDULES = int(os.environ.get("MTOR_SCHEDULES", "20"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Bot]]:
    with stage_for_schedules(tmp_path_factory.mktemp("faults")) as stage:
        yield stage


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"seed-{seed}") for seed in range(SCHEDULES)])
def test_after_the_storm_nothing_is_lost_and_nothing_is_there_twice(stage: tuple[Sandbox, Bot], seed: int) -> None:
    github, bot = stage
    assert Scene(github, bot, seed).play() == [], events(seed)
