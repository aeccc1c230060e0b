"""The values that every runner's reader returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

EXCERPT_LINES = 40
EXCERPT_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of failed tests that a runner states at the end of a run."""

    runner: str
    failed: int


@dataclass(frozen=True, slots=True)
class FailureReading:
    """The failures that the output of one run states.

    `ids` names each failing test, or the file or package that did not import or compile; it is empty if
    nothing failed or nothing could be read. `keys` are the same items, those that did not import or compile
    made precise by their error: compare `keys`, show `ids`. `tests_run` counts the tests executed as the
    summary states them (no skips, none deselected), None if it states none. `broken` says that something did
    not import or compile, so that failing tests may hide behind it. `first_failure` is bounded text.
    `summaries` are the runner's own closing lines in order, each with the number of failures that it states.
    `empty` names the parts of a run (go's packages) that say they ran no test. `places` has the lines that tell of
    each id, as pairs (first, end excluded), 0-based: what they say is its error. `stopped` is half a sentence that
    says why tests may not have run that would have (`pytest stopped at ...`), "" if nothing says so; `stopped_at` are
    the ids of the tests that ended it, where the runner names them.
    """

    runner: str = ""
    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    tests_run: int | None = None
    first_failure: str = ""
    broken: bool = False
    summaries: tuple[Summary, ...] = ()
    empty: frozenset[str] = frozenset()
    places: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    stopped: str = ""
    stopped_at: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OutputSection:
    """The lines of an output (0-based, inclusive) that belong to one runner, and what they say."""

    first_line: int
    last_line: int
    reading: FailureReading


def places_until(
    failures: Sequence[tuple[int, str]], lines: Sequence[str], is_end: Callable[[str], object], end: int
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the places of `failures` (line of the heading, id): each up to the next, `end`, or a line that ends it.

    The heading itself is left out: it may be numbered, and what it says is the id.
    """
    places: dict[str, tuple[tuple[int, int], ...]] = {}
    starts = sorted({index for index, _ in failures})
    for index, name in failures:
        limit = next((start for start in starts if start > index), end)
        last = next((number for number in range(index + 1, limit) if is_end(lines[number])), limit)
        places[name] = (*places.get(name, ()), (index + 1, last))
    return places


def excerpt(lines: Sequence[str], first_line: int, end_line: int | None = None) -> str:
    """Cut the lines from `first_line` up to `end_line` (excluded), 40 and 4,000 characters at most."""
    last = first_line + EXCERPT_LINES
    selected = lines[first_line : last if end_line is None else min(last, end_line)]
    return "\n".join(line.rstrip() for line in selected).strip("\n")[:EXCERPT_CHARACTERS]
