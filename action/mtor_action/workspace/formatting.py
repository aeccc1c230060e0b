"""The `format` commands of a job: what they made of the spec's own files is kept, everything else is put back.

They run once, between setup and tests, before an implementer begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import GitError, RepositoryError
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.path_policy import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mtor_action.scope.scope import Scope
    from mtor_action.workspace.workspace import Workspace


@dataclass(slots=True)
class Formatting:
    """`formatted` are the paths that were kept. `scope` is asked only where a command changed a file.

    With `may_end_empty` a job ends as soon as the commands leave nothing of the spec's changes.
    """

    commands: Sequence[str]
    scope: Callable[[], Scope]
    may_end_empty: bool = True
    formatted: list[str] = field(default_factory=list, init=False)

    def changed(self, workspace: Workspace) -> dict[str, FileState]:
        """Return those of the job's own files that are not as planned now, as git would store them.

        A file that was removed, or that became a link or a folder, is not among them.
        """
        contents, modes = {}, {}
        for path, state in workspace.expected.items():
            try:
                now = workspace.read(path) if state is not None else None
            except (RepositoryError, OSError):
                continue
            if now is not None and state is not None and now.content != state.content:
                contents[path], modes[path] = now.content, now.mode
        if sum(map(len, contents.values())) > MOST_BYTES:
            return {}
        try:
            return workspace.as_stored(contents, modes)
        except (GitError, RepositoryError):  # not in the encoding that the attributes name
            return {}

    def keep(self, workspace: Workspace, states: Mapping[str, FileState]) -> list[str]:
        """Write those of `states` that may stay into the settled tree, in the planned modes.

        Returns the paths that are wholly as the commands left them.
        """
        changes = []
        for path, state in states.items():
            planned = workspace.stored(path)
            if planned is not None and planned.content != state.content:
                changes.append(Change(path, planned, state._replace(mode=planned.mode)))
        if not changes:
            return []
        from mtor_action.scope.formatted import is_kept

        scope = self.scope()
        kept = [change for change in changes if is_kept(change, scope)]
        for change in kept:
            workspace.put(change.path, change.after)
        self.formatted = sorted({*self.formatted, *(change.path for change in kept)})
        return [change.path for change in kept if change.before and change.before.mode == states[change.path].mode]

    def leaves_nothing(self, workspace: Workspace) -> bool:
        """Return whether the commands undid everything that the spec changes."""
        undone = all(change.before == change.after for change in workspace.changes)
        return bool(self.formatted) and self.may_end_empty and undone
