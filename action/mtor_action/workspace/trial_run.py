"""One run of the test commands during a fix; afterwards everything is as it was before it.

What the model wrote runs here, and it can write too: over tests, or next to them, where nothing is tracked
(a conftest.py that reports every test as passed). Both are put back, and green that needed them is not proof.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.repository.restoring.command_leftovers import move_aside
from mtor_action.repository.worktree import write
from mtor_action.scope.scope import Scope, decides
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from mtor_action.processes.commands import CommandResult
    from mtor_action.workspace.verdict import Judge


@dataclass(slots=True)
class Trial:
    """Calling it runs every test command: the results, and the files put back for the first time since the fix began.

    `suspects` are the protected files among those that had to be put back after the last run.
    """

    judge: Judge
    scope: Scope
    stage: str = "test"
    suspects: list[str] = field(default_factory=list, init=False)
    _before: frozenset[str] = field(init=False)
    _known: set[str] = field(init=False)
    _beside: dict[str, FileState | None] = field(init=False)

    def __post_init__(self) -> None:
        self._before = frozenset(self.judge.dirtied)
        self._known = set(self._before)
        self._beside = self._untracked()

    def __call__(self) -> tuple[list[CommandResult], list[str]]:
        """Run them; twice if the first run was green and left something to put back."""
        results, dirt = self._once()
        if dirt and all(result.has_ended_well for result in results):
            # What was green may have been so only thanks to what has just been put back.
            results, more = self._once()
            dirt = sorted({*dirt, *more})
        new = [path for path in dirt if path not in self._known]
        self._known.update(new)
        return results, new

    def _once(self) -> tuple[list[CommandResult], list[str]]:
        results, dirt = self.judge.test_again(self.stage)
        beside = self._put_back()
        self.judge.dirtied += [path for path in beside if path not in self.judge.dirtied]
        self.suspects = beside + [path for path in dirt if path not in self._before and self.scope.is_protected(path)]
        dirt = sorted({*dirt, *beside})
        return results, dirt

    def _untracked(self) -> dict[str, FileState | None]:
        """Untracked files that decide what runs or what counts as a test; None for one that is not a regular file."""
        workspace = self.judge.workspace
        listed = workspace.git.run("ls-files", "--others", "--exclude-standard", "-z")
        paths = listed.decode("utf-8", "surrogateescape").split("\0")
        own = workspace.expected
        contents: dict[str, FileState | None] = {}
        for path in paths:
            if path and path not in own and decides(path):
                contents[path] = None
                with contextlib.suppress(MtorError, OSError):
                    contents[path] = workspace.read(path)
        return contents

    def _put_back(self) -> list[str]:
        workspace = self.judge.workspace
        root, saved = workspace.git.root, workspace.git.state_dir / "jobs" / workspace.work.job / "saved"
        now = self._untracked()
        changed = sorted({path for path, _ in now.items() ^ self._beside.items()})
        for path in changed:
            if path in now:
                move_aside(root, path, saved)
            before = self._beside.get(path)
            if before is not None:
                write(root, [Change(path, None, before)])
        return changed
