"""Go: a module, or a workspace of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.setup import toolchain_steps
from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from mtor_action.setup.project_folder import Folder


def look(folder: Folder) -> ProjectNeeds:
    """Return the commands for Go: `go test` for every module."""
    file = folder.has("go.work", "go.mod")
    if not file:
        return ProjectNeeds()
    reason = f"{file} is there"
    # `./...` at the top of a workspace matches no module: https://go.dev/ref/mod#workspaces
    test = "go test ./..." if file == "go.mod" else "go list -f '{{.Dir}}/...' -m | xargs go test"
    setup = (Guess("go mod download", "go.sum lists modules"),) if folder.has("go.sum", "go.work.sum") else ()
    return ProjectNeeds(setup, (Guess(test, reason),), steps=(toolchain_steps.GO.format(file=folder.prefix + file),))
