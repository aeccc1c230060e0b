"""The text that a `subst` block replaces within lines.

A place counts only if it does not read as REPLACE already: where REPLACE holds SEARCH (`foo` → `foobar`), a second
run finds none. A regular expression runs in a process of its own; it must not match what it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.plan.matched_files import SubstFault
from mtor_action.tree.file_text import FileText, is_utf8
from mtor_action.tree.path_policy import MOST_FILES, MOST_HUNKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.manifest.file_blocks.operations import SubstFiles
    from mtor_action.patterns.substituting import SubstAnswer

_FILE_SECONDS = 2.0
_FILE_NUMBER = lazy_pattern(r"FILE(\d+):")
_MOST_LISTED = 40
_NONE = "case and blanks count; if the files read as REPLACE already, take the block out of the spec"
_NOT_RUN = "it was not run to its end: it took too long, or too much memory"


class ReplacedLine(NamedTuple):
    """A line with places: the path, its 1-based number in the file as it was before the spec, and how many."""

    path: str
    line: int
    times: int


@dataclass(slots=True)
class Substituted:
    """The effect of one block: the lines with places by hunk, and the new text of every line that changes."""

    spots: list[list[ReplacedLine]] = field(default_factory=list)
    faults: list[SubstFault] = field(default_factory=list)
    lines: dict[str, dict[int, bytes]] = field(default_factory=dict)  # path → 0-based line → text

    def places(self, path: str) -> tuple[int, ...]:
        """Return the numbers of the lines of one file that have a place."""
        return tuple(sorted({spot.line for spots in self.spots for spot in spots if spot.path == path}))


def substituted(subst: SubstFiles, texts: Mapping[str, FileText]) -> Substituted:
    """Return what the block does to these files, which stay as they are; only with `is_regex` a process starts."""
    result = _by_regex(subst, texts) if subst.is_regex else _literally(subst, texts)
    for number, spots in enumerate(result.spots):
        total = sum(spot.times for spot in spots)
        if total != subst.count:
            result.faults.append(_miscounted(subst, number, spots, total))
    result.faults += _not_utf8(subst, result, texts)
    if sum(len(spots) for spots in result.spots) > MOST_HUNKS or len(result.lines) > MOST_FILES:
        message = f"the block changes more than {MOST_FILES:,} files or {MOST_HUNKS:,} lines, expected fewer"
        result.faults.append(SubstFault("too-large", 0, message, "split it into several specs"))
    return result


def write_lines(text: FileText, lines: Mapping[int, bytes], writer: int) -> None:
    """Put the new lines in place of the old ones; `writer` as in FileText.splice."""
    for at, line in lines.items():
        text.splice(at, at + 1, [line], [text.ends[at]], writer)


def places_in(line: bytes, search: bytes, replace: bytes) -> list[int]:
    """Return where `search` begins in the line, left to right without overlaps, but not inside of `replace`."""
    offsets = _offsets(search, replace)
    starts, at = [], line.find(search)
    while at >= 0:
        if not any(line.startswith(replace, at - offset) for offset in offsets if at >= offset):
            starts.append(at)
        at = line.find(search, at + len(search))
    return starts


def _offsets(search: bytes, replace: bytes) -> list[int]:
    offsets, at = [], replace.find(search)
    while at >= 0:
        offsets.append(at)
        at = replace.find(search, at + 1)
    return offsets


def exchanged(line: bytes, starts: Sequence[int], search: bytes, replace: bytes) -> bytes:
    """Return the line with `replace` for each `search` that begins at one of `starts`."""
    pieces, end = [], 0
    for start in starts:
        pieces += [line[end:start], replace]
        end = start + len(search)
    return b"".join([*pieces, line[end:]])


def _literally(subst: SubstFiles, texts: Mapping[str, FileText]) -> Substituted:
    result = Substituted()
    for hunk in subst.hunks:
        pair = hunk.search[0], b"".join(hunk.replace)
        spots = [spot for path, text in texts.items() for spot in _spots_of(path, text, pair, result.lines)]
        result.spots.append(spots)
    return result


def _spots_of(
    path: str, text: FileText, pair: tuple[bytes, bytes], changed: dict[str, dict[int, bytes]]
) -> Iterable[ReplacedLine]:
    search, replace = pair
    own = changed.get(path, {})
    for at, original in enumerate(text.lines):
        line = own.get(at, original)
        if search in line and (starts := places_in(line, search, replace)):
            own = changed.setdefault(path, own)
            own[at] = exchanged(line, starts, search, replace)
            yield ReplacedLine(path, text.number(at), len(starts))


def _by_regex(subst: SubstFiles, texts: Mapping[str, FileText]) -> Substituted:
    from mtor_action.patterns.bounded import ask

    paths = list(texts)
    question = {
        "seconds": _FILE_SECONDS,
        "files": [[line.decode("utf-8", "surrogateescape") for line in texts[path].lines] for path in paths],
        "hunks": [
            {"pattern": _decoded(hunk.search), "template": _decoded(hunk.replace)} for hunk in subst.hunks
        ],
    }  # fmt: skip
    answers: list[SubstAnswer] = ask("substituting", question, {})
    fault = answers[0]["fault"] if answers else _NOT_RUN
    if fault:
        place = _FILE_NUMBER.sub(lambda match: f"{paths[int(match[1])]}:", fault)
        hunk = answers[0]["hunk"] if answers else 0
        return Substituted(faults=[SubstFault("subst-pattern", hunk, f"the regular expression: {place}")])
    return _answered(answers[0], paths, texts)


def _decoded(lines: Sequence[bytes]) -> str:
    return b"".join(lines).decode("utf-8", "replace")


def _answered(answer: SubstAnswer, paths: Sequence[str], texts: Mapping[str, FileText]) -> Substituted:
    result = Substituted()
    for file, at, line in answer["lines"]:
        result.lines.setdefault(paths[file], {})[at] = line.encode("utf-8", "surrogateescape")
    for spots in answer["places"]:
        result.spots.append(
            [ReplacedLine(paths[file], texts[paths[file]].number(at), times) for file, at, times in spots]
        )
    return result


def _miscounted(subst: SubstFiles, number: int, spots: Sequence[ReplacedLine], total: int) -> SubstFault:
    what = "the pattern matches" if subst.is_regex else "SEARCH is in"
    places = f"{total:,} place{'' if total == 1 else 's'}" if total else "no place"
    hint = _listed(spots) if spots else _NONE
    if total > subst.count:
        hint = f"{hint}\nwrite count={total} if you mean all of them, or put more of the line into SEARCH"
    message = f'{what} {places} of the files that "{subst.glob}" matches, expected {subst.count:,}'
    return SubstFault("subst-count", number, message, hint)


def _listed(spots: Sequence[ReplacedLine]) -> str:
    names = [f"{spot.path}:{spot.line}" + (f" (x{spot.times})" if spot.times > 1 else "") for spot in spots]
    more = f" and {len(names) - _MOST_LISTED} more lines" if len(names) > _MOST_LISTED else ""
    return "places: " + ", ".join(names[:_MOST_LISTED]) + more


def _not_utf8(subst: SubstFiles, result: Substituted, texts: Mapping[str, FileText]) -> Iterable[SubstFault]:
    """Yield a fault for each hunk that adds text beyond ASCII to a file that is not UTF-8."""
    hint = "convert the file to UTF-8 first, or write ASCII"
    for number, (hunk, spots) in enumerate(zip(subst.hunks, result.spots, strict=False)):
        if not all(line.isascii() for line in hunk.replace):
            odd = (spot.path for spot in spots if not all(is_utf8(line) for line in texts[spot.path].lines))
            if path := next(odd, None):
                message = f'"{path}" is not UTF-8 and the hunk adds text beyond ASCII'
                yield SubstFault("not-utf8", number, message, hint)
