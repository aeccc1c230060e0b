"""What tests of the whole loop begin with: a repository that has the App, or a GitHub and a bot for many schedules."""

from __future__ import annotations

import shutil
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
def served_again(github: GitHubSandbox, folder: Path, **settings: str) -> Iterator[Bot]:
    """A bot whose database another one has made: that takes longer than to start on it."""
    shutil.copy(bots.used_before(), folder / "mtor.sqlite")
    with served(github, folder, warm_up=bots.WARM_UP, **settings) as bot:
        yield bot


@contextmanager
def looped_with_a_bot(folder: Path) -> Iterator[Loop]:
    """A loop whose repository has the App."""
    with (
        looped(folder / "github", warm_up=WARM_UP) as loop,
        served_again(loop.github, folder) as bot,
    ):
        loop.installed(bot.url)
        yield loop


@contextmanager
def stage_for_schedules(folder: Path) -> Iterator[tuple[GitHubSandbox, Bot]]:
    """A GitHub and a bot on which one schedule of faults is played after the other."""
    with GitHubSandbox(folder / "github", scale=SCALE) as github:
        with served_again(github, folder, max_jobs_per_day="1000000") as bot:
            yield github, bot
        github.play(None)
