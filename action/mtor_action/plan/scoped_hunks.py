"""The hunks of an `edit` with `in=`: looked for inside of one definition, where `⋮` stands for lines left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.manifest.bodies.elision import LEFT_OUT
from mtor_action.manifest.bodies.hunks import Hunk
from mtor_action.plan.edits import Edited, Miss, not_found
from mtor_action.plan.placing import find_exact
from mtor_action.symbols.lookup import SymbolFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import EditFile
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.tree.file_text import FileText

_MOST_CHAINS = 2  # more than one is too many, however many there are


@dataclass(slots=True)
class Inside:
    """The lines `start` up to `stop` of `whole`, as a text of their own."""

    whole: FileText
    text: FileText
    start: int
    stop: int

    def put_back(self) -> None:
        """Put the lines, edited, in the place where they were."""
        self.whole.put_back(self.text, self.start, self.stop)


def inside_of(text: FileText, edit: EditFile, texts: SymbolTexts) -> Inside | SymbolFault:
    """Return the definition that the edit is inside of, once it is sure that nothing unseen is overwritten."""
    if edit.within is None:
        return Inside(text, text.part(0, len(text.lines)), 0, len(text.lines))
    match = texts.place(edit.path, text, edit.within)
    if isinstance(match, SymbolFault):
        return match
    extent = match.extent
    lines = text.lines[extent.start : extent.stop]
    if edit.within.was or any(leaves_out(hunk) for hunk in edit.hunks):
        unseen = texts.unseen(edit.path, lines, edit.within)
        if unseen is not None:
            return unseen
    return Inside(text, text.part(extent.start, extent.stop), extent.start, extent.stop)


def leaves_out(hunk: Hunk) -> bool:
    """Return whether a line of SEARCH is `⋮`, which leaves lines out."""
    return any(line.strip() == LEFT_OUT for line in hunk.search)


def filled_in(text: FileText, hunk: Hunk, edited: Edited) -> Hunk | Miss:
    """Return the hunk with the lines that it leaves out, if they can be only one run of lines."""
    runs: list[list[bytes]] = [[]]
    for line in hunk.search:
        if line.strip() == LEFT_OUT:
            runs.append([])
        else:
            runs[-1].append(line)
    if len(runs) == 1:
        return hunk
    if not all(runs):
        return Miss("hunk-not-found", "⋮ is the first or the last line of SEARCH, expected lines around it")
    places = [[match.start for match in find_exact(text, run)] for run in runs]
    for run, starts in zip(runs, places, strict=True):
        if not starts:
            return not_found(text, run, "SEARCH beside ⋮ matches", edited)
    chains = _chains(runs, places)
    if len(chains) != 1:
        found = "nothing in this order" if not chains else "more than one place"
        return Miss("hunk-ambiguous", f"SEARCH with ⋮ matches {found}, expected one", "add lines beside ⋮")
    start, end = chains[0]
    return Hunk(tuple(text.lines[start:end]), hunk.replace, hunk.line)


def _chains(runs: Sequence[Sequence[bytes]], places: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """The first ways, two at most, to take one place of each run in order: first line and end of each."""
    chains = [(start, start + len(runs[0])) for start in places[0]]
    for run, starts in zip(runs[1:], places[1:], strict=True):
        longer: list[tuple[int, int]] = []
        for first, end in chains:
            longer += [(first, start + len(run)) for start in starts if start >= end][:_MOST_CHAINS]
        chains = longer
    return chains[:_MOST_CHAINS]
