"""Hunks and patch hunks applied to a file's text in memory, and taken back again."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass, field
from mtor_action.plan.differences import elision_in, excerpt, heading, written_by
from mtor_action.plan.effort import Effort
from mtor_action.plan.placing import (
    MOST_PLACES,
    Match,
    NotLookedFor,
    Placement,
    closest_region,
    find_adjusted,
    find_exact,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.bodies.hunks import Hunk
    from mtor_action.manifest.bodies.unified_diff import PatchHunk
    from mtor_action.tree.file_text import FileText

_MOST_REGIONS = 5  # of one file; finding them is slow in a long one
PATCH_LINES_MATCH = "the hunk's context and removed lines match"
_MOST_ALIGNMENTS = 200_000
_NOTHING = "{} nothing in the file, expected exactly one place"
_INEXACT = "too many hunks of this spec differ from the file in white space: copy SEARCH exactly"


@dataclass(frozen=True, slots=True)
class Miss:
    """A hunk without a place: the rule, what is wrong, and what to look at."""

    rule: str
    message: str
    help: str = ""


@dataclass(slots=True)
class Edited:
    """The result of placing the hunks of one operation. `looks` names the second looks that were needed."""

    effort: Effort = field(default_factory=Effort)
    looks: list[Placement] = field(default_factory=list)
    misses: int = 0
    missed: bool = False  # a hunk has no place
    missed_hunks: list[Hunk] = field(default_factory=list)
    added: int = 0
    removed: int = 0

    @property
    def note(self) -> str:
        """The adjustment that was made, in words; "" if none was."""
        return ", ".join(sorted({look.value for look in self.looks if look is not Placement.EXACT}))


def apply_hunk(text: FileText, hunk: Hunk, count: int, edited: Edited) -> Miss | None:
    """Replace the one place (or exactly `count` places) that the hunk names, in place."""
    matches = _locate(text, hunk.search, count, edited)
    if isinstance(matches, Miss):
        edited.missed_hunks.append(hunk)
        return matches
    replacements = [_replacement(match, hunk.replace) for match in matches]
    if None in replacements:
        return Miss(
            "hunk-not-found",
            "the place is indented less than SEARCH, and REPLACE cannot be shifted by as much",
            "write SEARCH and REPLACE with the file's own indentation",
        )
    for match, replacement in zip(reversed(matches), reversed(replacements), strict=True):
        _splice(text, match, hunk, replacement or [])
        edited.looks.append(match.look)
    added, removed = changed_lines(hunk.search, hunk.replace)
    edited.added += added * len(matches)
    edited.removed += removed * len(matches)
    return None


def _locate(text: FileText, needle: Sequence[bytes], count: int, edited: Edited) -> list[Match] | Miss:
    exact = find_exact(text, needle, max(count + 1, MOST_PLACES))
    adjusted = find_adjusted(text, needle, edited.effort) if not exact and count == 1 else []
    if adjusted is None:
        return Miss(
            "hunk-not-found", f"{_NOTHING.format('SEARCH matches')}, and a looser match was not tried", _INEXACT
        )
    matches = exact or adjusted
    if len(matches) == count:
        apart = all(after.start - before.start >= len(needle) for before, after in pairwise(matches))
        return (
            matches
            if apart
            else Miss("hunk-ambiguous", f"{_places(text, matches)} match and overlap, expected places apart")
        )
    if not matches:
        return not_found(text, needle, "SEARCH matches", edited)
    expected = "exactly one" if count == 1 else f"exactly {count}"
    alike = "" if exact else " except for white space"
    hint = "add lines around it to SEARCH" + (f", or write count={len(matches)} to replace all" if exact else "")
    return Miss("hunk-ambiguous", f"SEARCH matches {_places(text, matches)}{alike}, expected {expected}", hint)


def _places(text: FileText, matches: Sequence[Match]) -> str:
    lines = [str(text.number(match.start)) for match in matches]
    listing = ", ".join(lines[:12]) + (f" and {len(lines) - 12} more" if len(lines) > 12 else "")
    return f"{len(lines)} place{'s' if len(lines) > 1 else ''} (line{'s' if len(lines) > 1 else ''} {listing})"


def not_found(text: FileText, needle: Sequence[bytes], lead: str, edited: Edited) -> Miss:
    """The miss of a hunk, with the region that comes closest; `lead` begins the sentence, as in "SEARCH matches"."""
    edited.misses += 1
    if edited.misses > _MOST_REGIONS:
        return Miss("hunk-not-found", _NOTHING.format(lead))
    cause = elision_in(needle, text) or _earlier_cause(text, needle, edited)
    region = closest_region(text, needle, edited.effort)
    if region is None and cause:
        return Miss("hunk-not-found", _NOTHING.format(lead), cause)
    if region is None:
        return Miss("hunk-not-found", _NOTHING.format(lead), "no line of the file comes close; is it the right file?")
    if isinstance(region, NotLookedFor):
        return Miss("hunk-not-found", _NOTHING.format(lead), region.value)
    lines = [*filter(None, [cause]), heading(text, region), *excerpt(text, region, needle)]
    writers = "" if cause else ", ".join(map(str, written_by(text, region)))
    if writers:
        lines.append(f'"new" is what the hunk of line {writers} of this spec writes before: SEARCH sees it')
    return Miss("hunk-not-found", _NOTHING.format(lead), "\n".join(lines))


def _earlier_cause(text: FileText, needle: Sequence[bytes], edited: Edited) -> str:
    """Return that an earlier hunk of the spec changed these lines before, or should have written them; else ""."""
    start = text.was_at(needle)
    if start is not None:
        writers = ", ".join(str(writer + 1) for writer in text.changers(start, start + len(needle)))
        by = f"the hunk of line {writers} of this spec" if writers else "an earlier hunk of this spec"
        return (
            f"the cause: lines {start + 1}-{start + len(needle)} of the file were equal, but {by} changed them before"
        )
    for hunk in edited.missed_hunks:
        own = set(hunk.replace) - set(hunk.search)
        if any(line.strip() and line in own and line not in text.lines for line in needle):
            return (
                f"the cause: the hunk of line {hunk.line + 1}, which has no place, was to write a part of these lines"
            )
    return ""


def _replacement(match: Match, replace: Sequence[bytes]) -> list[bytes] | None:
    shifted = [match.shifted(line) for line in replace]
    return None if None in shifted else [line for line in shifted if line is not None]


def _splice(
    text: FileText,
    match: Match,
    hunk: Hunk,
    replacement: Sequence[bytes],
) -> None:
    """Put the replacement in; lines that SEARCH and REPLACE share stay as they are in the file."""
    search, replace = hunk.search, hunk.replace
    stop = match.start + match.length
    endings = {*text.ends[match.start : stop], text.end_for(match.start)}
    if match.look is Placement.EXACT and len(endings) == 1:  # the usual case: nothing to keep but the ending
        text.splice(match.start, stop, replacement, [endings.pop()] * len(replacement), hunk.line)
        return
    lines: list[bytes] = []
    ends: list[bytes] = []
    for old, new in _aligned(search, replace):
        if old is not None:
            ends.append(text.ends[match.start + old])
        else:
            ends.append(ends[-1] if ends else text.end_for(match.start))
        is_same = old is not None and search[old] == replace[new]
        lines.append(text.lines[match.start + (old or 0)] if is_same else replacement[new])
    text.splice(match.start, stop, lines, ends, hunk.line)


def _aligned(search: Sequence[bytes], replace: Sequence[bytes]) -> list[tuple[int | None, int]]:
    """For each line of REPLACE the line of SEARCH that it keeps or takes the place of, or None for a new line."""
    from difflib import SequenceMatcher

    times = Counter(search)
    if sum(times[line] for line in replace) > _MOST_ALIGNMENTS:  # thousands of equal lines, one as good as another
        return [(at if at < len(search) else None, at) for at in range(len(replace))]
    pairs: list[tuple[int | None, int]] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, search, replace, autojunk=False).get_opcodes():
        pairs += [(i1 + offset if i1 + offset < i2 else None, j1 + offset) for offset in range(j2 - j1)]
    return pairs


def apply_patch_hunk(text: FileText, hunk: PatchHunk, edited: Edited) -> Miss | None:
    """Apply one hunk of a unified diff where its old lines appear exactly once; the position is only a hint."""
    old = hunk.old
    matches = [Match(0, 0)] if not old and not text.lines else find_exact(text, old)
    if hunk.old_ends_without_newline:
        matches = [m for m in matches if m.start + m.length == len(text.lines) and not text.final_newline]
    if len(matches) != 1:
        return _patch_miss(text, hunk, matches, edited)
    match = matches[0]
    _splice_patch(text, match, hunk)
    if match.start + len(hunk.new) == len(text.lines):
        if hunk.new_ends_without_newline:
            text.final_newline = False
        elif hunk.old_ends_without_newline:
            text.final_newline = True
    edited.added += sum(sign == "+" for sign, _ in hunk.lines)
    edited.removed += sum(sign == "-" for sign, _ in hunk.lines)
    return None


def _patch_miss(text: FileText, hunk: PatchHunk, matches: Sequence[Match], edited: Edited) -> Miss:
    if matches:
        return Miss(
            "hunk-ambiguous",
            f"the hunk's context matches {_places(text, matches)}, expected exactly one",
            "make the patch with more context: git diff -U10",
        )
    if not hunk.old:
        return Miss(
            "hunk-not-found",
            "the hunk has no context and the file is not empty, expected context lines",
            "make the patch with context: git diff -U3",
        )
    return not_found(text, hunk.old, PATCH_LINES_MATCH, edited)


def _splice_patch(text: FileText, match: Match, hunk: PatchHunk) -> None:
    lines: list[bytes] = []
    ends: list[bytes] = []
    freed: list[bytes] = []
    at = match.start
    for sign, line in hunk.lines:
        if sign == "+":
            ends.append(freed.pop(0) if freed else (ends[-1] if ends else text.end_for(match.start)))
            lines.append(line)
            continue
        if sign == "-":
            freed.append(text.ends[at])
        else:
            freed.clear()
            lines.append(text.lines[at])
            ends.append(text.ends[at])
        at += 1
    stop = match.start + match.length
    text.splice(match.start, stop, lines, ends, hunk.line)


def changed_lines(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[int, int]:
    """Return how many lines are added and removed, wherever they are."""
    old, new = Counter(before), Counter(after)
    return (new - old).total(), (old - new).total()
