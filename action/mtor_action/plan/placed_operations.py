"""What became of a spec: where each operation landed, the hunks without a place, the changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mtor_action.lazy_dataclasses import NamedTuple

if TYPE_CHECKING:
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.tree.changes import Change

Placement = Literal["exact", "adjusted", "model", "noop"]


class PlacedOperation(NamedTuple):
    """The result of one operation; `added` and `removed` count lines, `note` says what was adjusted."""

    kind: str  # create | write | edit | replace | insert | patch | subst | delete | move
    path: str  # relative to the repository
    line: int  # 1-based, where the spec has it
    placement: Placement  # how its hunks were placed
    added: int = 0
    removed: int = 0
    note: str = ""
    places: tuple[int, ...] = ()  # of a subst: the lines of the file, as it was, in which text is replaced


class Unplaced(NamedTuple):
    """A hunk without a place: the one thing that may be handed on to an implementer."""

    path: str
    search: tuple[bytes, ...]
    replace: tuple[bytes, ...]
    diagnostic: Diagnostic


class Plan(NamedTuple):
    """The effect of a spec on the tree. `changes` is empty where it is already applied.

    `diagnostics` are errors that nothing can mend; `unplaced` are errors too unless an implementer takes them on.
    """

    changes: tuple[Change, ...] = ()
    landings: tuple[PlacedOperation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    entrusted: tuple[str, ...] = ()  # files that the implementer may change although the spec does not

    @property
    def paths(self) -> list[str]:
        """Return every path that is written: by the plan, or by the implementer who places the rest."""
        return [*(change.path for change in self.changes), *(hunk.path for hunk in self.unplaced)]

    @property
    def faults(self) -> list[Diagnostic]:
        """Every reason not to apply this plan without an implementer."""
        return [*self.diagnostics, *(hunk.diagnostic for hunk in self.unplaced)]
