"""Predecessors fail, change, are merged and closed, the bot is killed: the order holds and every spec ends once.

MTOR_SCHEDULES says how many schedules are played; a seed plays the same one alone: `-k 'seed-7'`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from whole_loop.order_schedules import OrderScene, plan_of
from whole_loop.with_a_bot import stage_for_schedules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github import GitHubSandbox as Sandbox
    from standins.night.bot import Bot

pytestmark = [pytest.mark.soak, pytest.mark.timeout(400)]
SCHEDULES = int(os.environ.get("MTOR_SCHEDULES", "20"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Bot]]:
    with stage_for_schedules(tmp_path_factory.mktemp("order")) as stage:
        yield stage


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"seed-{seed}") for seed in range(SCHEDULES)])
def test_the_order_holds_and_each_spec_ends_once(stage: tuple[Sandbox, Bot], seed: int) -> None:
    github, bot = stage
    assert OrderScene(github, bot, seed).play() == [], plan_of(seed)
