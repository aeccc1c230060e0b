"""The facts of a repository that an architect is told: the settings of a commit and the active notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.authoring.prompting import RepositoryFacts
from mtor_action.coaching.architects_notes import notes_for_architects
from mtor_action.coaching.store import load
from mtor_action.diagnostics import render
from mtor_action.errors import MtorError
from mtor_action.preparation.preparation import defaults_in
from mtor_action.repository.revisions.base_tree import BaseTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.repository.git import Git


def facts_at(git: Git, commit: str, say: Callable[[str], None]) -> RepositoryFacts:
    """Return the facts at a commit. `say` is told what cannot be read, which is left out."""
    with BaseTree(git, commit) as tree:
        file = defaults_in(tree)
    for diagnostic in file.diagnostics:
        say(render(diagnostic))
    try:
        coaching = load(git)
    except MtorError as error:
        say(f"the coaching notes could not be read: {error.message}")
        coaching = None
    return RepositoryFacts(file.settings, notes_for_architects(coaching.notes) if coaching else "")
