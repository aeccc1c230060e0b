"""What tests of the whole loop begin with: a repository that has the App, or a GitHub and a bot for many schedules."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot import bots
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox
from standins.night.bot import served
from standins.night.loop import looped
from whole_loop.schedules import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.night.bot import Bot
    from standins.night.loop import Loop


@contextmanager
def looped_with_a_bot(folder: Path) -> Iterator[Loop]:
    """A loop whose repository has the App."""
    with (
        looped(folder / "github", warm_up=WARM_UP) as loop,
        served(loop.github, folder, warm_up=bots.WARM_UP) as bot,
    ):
        loop.installed(bot.url)
        yield loop


@contextmanager
def stage_for_schedules(folder: Path) -> Iterator[tuple[GitHubSandbox, Bot]]:
    """A GitHub and a bot on which one schedule of faults is played after the other."""
    with GitHubSandbox(folder / "github", scale=SCALE) as github:
        with served(github, folder, warm_up=bots.WARM_UP, max_jobs_per_day="1000000") as bot:
            yield github, bot
        github.play(None)
