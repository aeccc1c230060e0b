"""Finds the lines of pytest's output that tell of one failure: its section, without what the test printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtor_action.lazy_patterns import lazy_pattern

_HEADING = lazy_pattern(r"^_+ (?!_ )(?:ERROR (?:collecting|at setup of|at teardown of) )?(.+?) _+$")
_ENDS = lazy_pattern(r"^(?:=+ .* =+$|-+ Captured |-+ generated |!{3,} )")
_ERROR = lazy_pattern(r"^E(?:$| )")
_SOURCE = lazy_pattern(r"^>(?:$| )")
_MESSAGE = lazy_pattern(r"^(?:FAILED|ERROR|SUBFAILED\S*|SUBFAIL)\s+(.+)$")


def pytest_places(
    lines: Sequence[str], ids: Iterable[str], sections: range, summary: int
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return, by id, the lines of its failure that say what went wrong.

    `sections` are the lines from the first failure to the summary; `summary` is the first line of the summary.
    Where tests of several files have one name, each gets only the sections that name its file. A failure without a
    section (--tb=no) has its line of the summary, unless that is cut short.
    """
    by_name: dict[str, list[range]] = {}
    starts = [index for index in sections if _HEADING.match(lines[index])]
    for number, start in enumerate(starts):
        limit = starts[number + 1] if number + 1 < len(starts) else sections.stop
        end = next((index for index in range(start + 1, limit) if _ENDS.match(lines[index])), limit)
        by_name.setdefault(heading_of(lines[start]), []).append(range(start + 1, end))
    messages = {index: match[1] for index in range(summary, len(lines)) if (match := _MESSAGE.match(lines[index]))}
    return {name: _telling(lines, _own(lines, name, by_name)) or _summary_line(name, messages) for name in ids}


def heading_of(line: str) -> str:
    """Return the test or file whose section begins with this line, "" for any other line."""
    match = _HEADING.match(line)
    return match[1] if match else ""


def _own(lines: Sequence[str], name: str, by_name: dict[str, list[range]]) -> list[range]:
    path, _, test = name.partition("::")
    candidates = by_name.get(test.replace("::", ".")) or by_name.get(test) or by_name.get(name) or []
    file = path.rpartition("/")[2]
    own = [part for part in candidates if any(file in lines[index] for index in part)]
    return own if file and own else candidates


def _telling(lines: Sequence[str], parts: Iterable[range]) -> tuple[tuple[int, int], ...]:
    """Return the lines with `E` and the source lines above them; the whole part where none has an `E`."""
    places: list[tuple[int, int]] = []
    for part in parts:
        errors = [index for index in part if _ERROR.match(lines[index])]
        sources = [index for index in part if _SOURCE.match(lines[index])]
        above = [index - 1 for index in errors if index - 1 in part]
        telling = sorted({*errors, *sources[:1], *above}) if errors else list(part)
        places += [(index, index + 1) for index in telling]
    return tuple(places)


def _summary_line(name: str, messages: dict[int, str]) -> tuple[tuple[int, int], ...]:
    own = [index for index, text in messages.items() if text.startswith(f"{name} - ") and not text.endswith("...")]
    return tuple((index, index + 1) for index in own)
