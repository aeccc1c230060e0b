"""`subst` blocks in the test whether a spec is applied: REPLACE is put back to SEARCH, and its places are counted.

Only text whose REPLACE is not a part of SEARCH can be recognised: of a removal nothing is left, and of a regular
expression nobody knows what it matched. Such a block counts as not applied, and then finds no place.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mtor_action.plan.matched_files import whole_files
from mtor_action.plan.substitution import exchanged, places_in, write_lines
from mtor_action.tree.file_text import FileText, unreadable
from mtor_action.tree.globs import any_matches_cased
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import SubstFiles
    from mtor_action.manifest.manifest import Spec
    from mtor_action.tree.tree import Tree


class SubstsTakenBack:
    """Takes blocks back, one file after the other, and counts the places."""

    def __init__(self, substs: Sequence[SubstFiles]) -> None:
        self.substs = substs
        self._places: Counter[tuple[int, int]] = Counter()

    @property
    def can_be_recognised(self) -> bool:
        """Return whether each REPLACE shows that it was written."""
        return all(
            not subst.is_regex and all(b"".join(hunk.replace) not in hunk.search[0] for hunk in subst.hunks)
            for subst in self.substs
        )

    @property
    def are_applied(self) -> bool:
        """Return whether each hunk was found in exactly as many places as its block says."""
        return all(
            self._places[id(subst), number] == subst.count
            for subst in self.substs
            for number in range(len(subst.hunks))
        )

    def take_back(self, subst: SubstFiles, text: FileText) -> bool:
        """Put SEARCH in place of REPLACE; return False, with the text in any state, if a SEARCH is left there."""
        for number, hunk in reversed(list(enumerate(subst.hunks))):
            search, replace = hunk.search[0], b"".join(hunk.replace)
            changed: dict[int, bytes] = {}
            for at, line in enumerate(text.lines):
                if search in line and places_in(line, search, replace):
                    return False
                if replace in line and (starts := places_in(line, replace, search)):
                    changed[at] = exchanged(line, starts, replace, search)
                    self._places[id(subst), number] += len(starts)
            write_lines(text, changed, 0)
        return True


def matched_by(subst: SubstFiles, spec: Spec, tree: Tree) -> list[str]:
    """Return the files of the tree that the block is for, as if the spec were applied."""
    whole = whole_files(spec.operations)
    paths = (path for path in tree.paths() if path not in whole and any_matches_cased((subst.glob,), path))
    return [path for path in paths if _is_text(path, tree)]


def _is_text(path: str, tree: Tree) -> bool:
    entry = tree.entry(path)
    is_file = entry is not None and entry.kind == "file" and not path_fault(path, is_new=False)
    return is_file and not unreadable(tree.read(path))
