"""Reads `cargo test` output: default, -q, --no-fail-fast, --nocapture, doc tests, compile errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

_RESULT = lazy_pattern(r"^test result: (ok|FAILED)\. (\d{1,9}) passed; (\d{1,9}) failed;")
_BINARY = lazy_pattern(r"^ +Running .*\(.*?([\w-]+?)-[0-9a-f]{16}(?:\.exe)?\)$")
_DOC_TESTS = lazy_pattern(r"^ +Doc-tests (\S+)$")
_RUNNING = lazy_pattern(r"^running \d+ tests?$")
_DOC_LINE = lazy_pattern(r" \(line \d+\)(?= - |$)")
_ABNORMAL = lazy_pattern(r"^error: (?:doc)?test failed, to rerun pass `(.+)`$")
_ALL_RAN = lazy_pattern(r"^error: \d+ targets? failed:$")  # with --no-fail-fast
_COMPILE = lazy_pattern(r"^error(\[E\d+\])?: (.+)$")
_COMPILE_SHORT = lazy_pattern(r"^(\S+\.rs:\d+:\d+): error(\[E\d+\])?: (.+)$")
_PLACE = lazy_pattern(r"^ *--> (\S.*:\d+:\d+)$")
_NOT_COMPILED = lazy_pattern(r"^error: could not compile ")
_STDOUT = lazy_pattern(r"^---- (.+) stdout ----$")
_ENDS = lazy_pattern(r"^(?:---- .+ stdout ----|failures:|error(?:\[E\d+\])?: .*|warning: .*|test result: .*)$")


@dataclass(slots=True)
class _CargoRun:
    """The output read so far; `listed` is the newest block under `failures:`."""

    ids: dict[str, None] = field(default_factory=dict)
    binary: str = ""
    listed: list[str] = field(default_factory=list)
    executed: int = 0
    failed: int = 0
    started: bool = False
    finished: bool = True
    broken: bool = False
    printed: dict[str, int] = field(default_factory=dict)  # test of this binary → `---- test stdout ----`
    places: dict[str, int] = field(default_factory=dict)  # id → the line above those that tell of it
    stopped: str = ""
    error: tuple[int, str] | None = None  # a compile error whose place has not come yet
    first: int | None = None
    last: int | None = None
    first_failure: int | None = None


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what cargo says in these lines; None if `cargo test` did not write them."""
    run = _CargoRun()
    for index, line in enumerate(lines):
        _line(run, index, line)
    if run.first is None or run.last is None:
        return None
    failed_at = run.first_failure
    reading = FailureReading(
        runner="cargo",
        ids=frozenset(run.ids),
        keys=frozenset(run.ids),
        tests_run=run.executed if run.started else None,
        first_failure="" if failed_at is None or not run.ids else excerpt(lines, failed_at),
        broken=run.broken,
        summaries=(Summary("cargo", max(run.failed, len(run.ids))),),
        places=places_until([(at, name) for name, at in run.places.items()], lines, _ENDS.match, len(lines)),
        stopped=run.stopped,
    )
    return OutputSection(run.first, run.last, reading)


def _line(run: _CargoRun, index: int, line: str) -> None:
    if line.startswith("    "):
        if _PLACE.match(line):
            _compile_error(run, index, line)
        elif match := _BINARY.match(line):
            run.binary = match[1].replace("-", "_")
        else:
            run.listed.append(line.strip())
    elif line == "failures:":
        run.listed = []
    elif _RUNNING.match(line):
        run.first, run.last, run.finished = (index if run.first is None else run.first), index, False
        run.started = True
    elif match := _DOC_TESTS.match(line):
        run.binary = match[1].replace("-", "_")
    elif match := _RESULT.match(line):
        _result(run, index, match)
    elif match := _STDOUT.match(line):
        run.printed[match[1]] = index
        run.first_failure = index if run.first_failure is None else run.first_failure
    else:
        _trouble(run, index, line)


def _result(run: _CargoRun, index: int, match: re.Match[str]) -> None:
    run.first, run.last, run.finished = (index if run.first is None else run.first), index, True
    run.started = True
    run.executed += int(match[2]) + int(match[3])
    run.failed += int(match[3])
    if match[1] == "FAILED":
        prefix = f"{run.binary}::" if run.binary else ""
        # A doc test's line moves with every edit above it.
        names = {name: prefix + _DOC_LINE.sub("", name) for name in run.listed if name}
        run.ids.update(dict.fromkeys(names.values()))
        run.places.update((names[name], at) for name, at in run.printed.items() if name in names)
        run.first_failure = index if run.first_failure is None else run.first_failure
    run.listed, run.printed = [], {}


def _trouble(run: _CargoRun, index: int, line: str) -> None:
    match = _ABNORMAL.match(line)
    if _ALL_RAN.match(line):
        run.stopped = ""
    elif match:
        run.stopped = "cargo test stops at the first test program that fails; add --no-fail-fast to the command"
    if match and not run.finished:
        run.ids[f"{run.binary or match[1]} [exited]"] = None
        run.last, run.finished = index, True
        run.first_failure = index if run.first_failure is None else run.first_failure
    elif _NOT_COMPILED.match(line):
        run.first, run.last, run.broken = (index if run.first is None else run.first), index, True
    elif short := _COMPILE_SHORT.match(line):
        run.ids[f"{short[1]}: error{short[2] or ''}"] = None
        run.first_failure = index if run.first_failure is None else run.first_failure
    else:
        _compile_error(run, index, line)


def _compile_error(run: _CargoRun, index: int, line: str) -> None:
    if (place := _PLACE.match(line)) and run.error:
        started, code = run.error
        run.ids[f"{place[1]}: error{code}"] = None
        run.places[f"{place[1]}: error{code}"] = started
        run.first_failure = started if run.first_failure is None else run.first_failure
        run.error = None
    elif match := _COMPILE.match(line):
        run.error = (index, match[1] or "")
