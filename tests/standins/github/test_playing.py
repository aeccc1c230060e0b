"""Runs that begin while somebody waits for them."""

from __future__ import annotations

import sys
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from standins.github import Run

RUNS = 100


def test_a_run_that_begins_while_others_are_waited_for_is_waited_for_too(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    done: list[int] = []
    with GitHubSandbox(tmp_path) as github:
        github.play(lambda run: done.append(run.id))
        runs = _runs(github)
        sys.setswitchinterval(1e-6)
        beginning = threading.Thread(target=lambda: deque(map(github.world.play, runs), maxlen=0))
        beginning.start()
        while beginning.is_alive():
            github.world.join()
        github.world.join()
        assert len(done) == RUNS


def _runs(github: GitHubSandbox) -> Iterator[Run]:
    from standins.github.runs import Run
    from standins.github.workflows import workflows

    repository = github.repository("acme/widget", {".github/workflows/ci.yml": "on: workflow_dispatch\njobs: {}\n"})
    (workflow,) = workflows(repository)
    actor, head = github.world.actor("acme"), repository.head()
    assert head
    for _ in range(RUNS):
        yield Run.started(repository, workflow, "workflow_dispatch", "main", head, actor)
