"""Reads `go test` output: plain, -v and -json (`go doc test2json`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt
from mtor_action.untyped import parsed_json

_PACKAGE = lazy_pattern(r"^(ok  |FAIL|\?   )\t(\S+)(?:\t| \[(build|setup) failed\]|$)")
_FAILED = lazy_pattern(r"^ *--- FAIL: (\S+) \(\d")
_RUN = lazy_pattern(r"^=== RUN +(\S+)$")
_SKIPPED = lazy_pattern(r"^ *--- SKIP: (\S+) \(\d")
_BUILD = lazy_pattern(r"^# (\S+)")
_NO_TESTS = lazy_pattern(r" ?\[no tests? (?:to run|files)\]$")
_PANIC = "panic: "
_COMPILER = lazy_pattern(r"^(\S+\.go:\d+(?::\d+)?: .+)$")


@dataclass(slots=True)
class _GoRun:
    """The output read so far; `pending` are failures whose package has not been named yet."""

    ids: dict[str, str] = field(default_factory=dict)  # id → key
    pending: list[str] = field(default_factory=list)
    started: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    executed: int = 0
    counted: bool = False
    packages: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)  # packages that say they ran no test
    compiler: dict[str, str] = field(default_factory=dict)  # package → its first compiler error
    building: str = ""
    first: int | None = None
    last: int | None = None
    first_failure: int | None = None
    headings: dict[str, tuple[int, int]] = field(default_factory=dict)  # pending test → its first line, its heading + 1
    began: dict[str, int] = field(default_factory=dict)  # test → its `=== RUN`
    messages: dict[str, list[int]] = field(default_factory=dict)  # package → lines of its compiler errors
    marks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # id → as `headings`
    events: dict[str, list[int]] = field(default_factory=dict)  # id → single lines, such as events of -json
    stopped: str = ""
    stopped_at: set[str] = field(default_factory=set)  # ids


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what go says in these lines; None if `go test` did not write them."""
    run = _GoRun()
    for index, line in enumerate(lines):
        if line.startswith("{") and '"Action":' in line:
            _event(run, index, line)
        else:
            _line(run, index, line)
    if run.first is None or run.last is None:
        return None
    failed_at = run.first_failure
    places = {name: _places(run, name, lines) for name in run.ids}
    reading = FailureReading(
        runner="go",
        ids=frozenset(run.ids),
        keys=frozenset(run.ids.values()),
        tests_run=_tests_run(run),
        first_failure="" if failed_at is None or not run.ids else excerpt(lines, failed_at),
        broken=any(name.endswith(" failed]") for name in run.ids),
        summaries=(Summary("go", len(run.ids)),),
        empty=frozenset(run.empty),
        places=places,
        stopped=run.stopped,
        stopped_at=frozenset(run.stopped_at),
    )
    return OutputSection(run.first, run.last, reading)


def _places(run: _GoRun, name: str, lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return the lines that tell of one failure: what its test logged or panicked with, or what the compiler says."""
    places = [(index, index + 1) for index in run.events.get(name, ())]
    for first, heading in run.marks.get(name, ()):
        depth = len(lines[heading - 1]) - len(lines[heading - 1].lstrip(" "))
        is_end = re.compile(rf"^ {{0,{depth}}}(?:--- |=== )|^(?:FAIL|ok  |PASS|exit status|panic: )").match
        end = next((at for at in range(heading, len(lines)) if is_end(lines[at])), len(lines))
        is_panic = end < len(lines) and lines[end].startswith(_PANIC)
        if is_panic:
            run.stopped_at.add(name)
        places.append((first, end + is_panic))  # below that line is the stack
    return tuple(places)


def _tests_run(run: _GoRun) -> int | None:
    """Without -v go counts nothing, but it says of each package that ran none."""
    if run.counted:
        return run.executed
    return 0 if run.packages and run.packages == run.empty else None


def _look_for_panic(run: _GoRun, line: str) -> None:
    if line.startswith(_PANIC):
        run.stopped = "go test stopped at a panic"


def _line(run: _GoRun, index: int, line: str) -> None:
    _look_for_panic(run, line)
    if match := _FAILED.match(line):
        run.pending.append(match[1])
        run.headings[match[1]] = (run.began.get(match[1], index) + 1, index + 1)
        run.first_failure = index if run.first_failure is None else run.first_failure
    elif match := _RUN.match(line):
        run.started.add(match[1])
        run.began[match[1]] = index
    elif match := _SKIPPED.match(line):
        run.skipped.add(match[1])
    elif match := _BUILD.match(line):
        run.building = match[1]
    elif (match := _COMPILER.match(line)) and run.building:
        run.compiler.setdefault(run.building, match[1][:200])
        run.messages.setdefault(run.building, []).append(index)
        run.first_failure = index if run.first_failure is None else run.first_failure
    elif match := _PACKAGE.match(line):
        _package(run, index, match, line)


def _package(run: _GoRun, index: int, match: re.Match[str], line: str) -> None:
    status, package, broken = match.groups()
    run.packages.add(package)
    if status != "FAIL" and _NO_TESTS.search(line):
        run.empty.add(package)
    run.first, run.last = (index if run.first is None else run.first), index
    if status == "FAIL":
        _package_failed(run, package, broken)
        run.first_failure = index if run.first_failure is None else run.first_failure
    if run.started:
        run.counted = True
        run.executed += len(run.started - run.skipped)
    run.pending, run.started, run.skipped = [], set(), set()
    run.headings, run.began = {}, {}


def _package_failed(run: _GoRun, package: str, broken: str | None) -> None:
    if broken:
        name = f"{package} [{broken} failed]"
        run.events[name] = run.messages.get(package, [])
        run.ids[name] = f"{name} {run.compiler.get(package, '')}".strip()
        return
    # Under -v go names every test that it starts; a line printed by a test names one that never ran.
    names = [name for name in run.pending if not run.started or name in run.started]
    for name in names:
        run.ids[f"{package}.{name}"] = f"{package}.{name}"
        run.marks.setdefault(f"{package}.{name}", []).append(run.headings[name])
    if not names:
        run.ids[package] = package
        run.stopped = f"go test ended {package} without naming a test"


def _event(run: _GoRun, index: int, line: str) -> None:
    event = parsed_json(line)
    if not isinstance(event, dict) or not isinstance(event.get("Package", event.get("ImportPath")), str):
        return
    run.first, run.last = (index if run.first is None else run.first), index
    run.packages.add(str(event.get("Package") or event["ImportPath"]))
    _outcome(run, index, event)


def _logged(run: _GoRun, index: int, name: str, text: str) -> None:
    """Keep what a test printed, up to its panic: below that line is the stack."""
    _look_for_panic(run, text)
    if name not in run.stopped_at:
        run.events.setdefault(name, []).append(index)
    if text.startswith(_PANIC):
        run.stopped_at.add(name)


def _outcome(run: _GoRun, index: int, event: dict[str, object]) -> None:
    action, test, package = event.get("Action"), event.get("Test"), event.get("Package")
    if action == "run":
        run.counted = True
        run.executed += 1
    elif action == "skip" and test:
        run.executed -= 1
    elif action == "output" and test:
        _logged(run, index, f"{package}.{test}", str(event.get("Output", "")))
    elif action == "output" and package and _NO_TESTS.search(str(event.get("Output", "")).rstrip()):
        run.empty.add(str(package))
    elif action == "build-output":
        _line(run, index, str(event.get("Output", "")).rstrip("\n"))
    elif action == "fail":
        run.first_failure = index if run.first_failure is None else run.first_failure
        if test:
            run.ids[f"{package}.{test}"] = f"{package}.{test}"
        elif event.get("FailedBuild"):
            _package_failed(run, str(package), "build")
        elif not any(name.startswith(f"{package}.") for name in run.ids):
            run.ids[str(package)] = str(package)
