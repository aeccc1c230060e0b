"""The pull request's text: what was asked, what was done by whom, the tests; diffs are GitHub's to show.

Only how the result differs from the spec's own code is shown: GitHub has no page for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.manifest.fences.fenced_blocks import read_fences
from mtor_action.neutral import code_block, inline_code, prose, quote
from mtor_action.report.wording import by_implementer, count, used_model
from mtor_action.test_output.runners import read_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.text import Lines
    from mtor_action.report.report import CommandReport, OperationReport, Report

NOT_HERE = frozenset({"diff", "diff stat"})
_MOST_ASKED_CHARACTERS = 1_200
_MOST_WORDS_CHARACTERS = 800
_MOST_BEYOND_CHARACTERS = 8_000
_MOST_PATHS = 8
_ACTS = {"create": "creates", "write": "writes", "delete": "deletes", "move": "moves"}


def pull_text(spec: Spec, report: Report, beyond: str) -> list[str]:
    """Return the parts (Markdown): what was asked, what was done, the tests.

    `beyond` is the difference between the spec's own code and the result, "" for none.
    """
    return [part for part in (_request_section(spec), *_work_section(report, beyond), _tests(report)) if part]


def _request_section(spec: Spec) -> str:
    paragraph = next((text for lines in spec.texts for text in _paragraphs(lines)), "")
    return f"### What was asked\n\n{quote(paragraph, _MOST_ASKED_CHARACTERS)}" if paragraph else ""


def _paragraphs(lines: Lines) -> Iterator[str]:
    """Yield the paragraphs of a text that are prose: no code, no headings, nothing hidden."""
    fences = read_fences(lines)
    hidden = {number for fence in fences for number in range(fence.line, fence.end)}
    texts = ["" if number in hidden else lines.text(number) for number in range(len(lines))]
    for paragraph in "\n".join(texts).split("\n\n"):
        text = paragraph.strip("\n")
        if text.strip() and not text.lstrip().startswith(("#", "<", "/mtor", "---")):
            yield text


def _work_section(report: Report, beyond: str) -> Iterator[str]:
    own = [row for row in report.operations if not by_implementer(row)]
    others = list(dict.fromkeys(row.path for row in report.operations if by_implementer(row)))
    lines = ["### What was done", ""]
    if own:
        lines.append(f"- **By the spec, exactly as written:** {_operations(own)}.")
    if others:
        who = "By the implementer" if used_model(report) else "By format commands, beyond layout"
        lines.append(f"- **{who}:** changes {_listed(others)}.")
    yield "\n".join(lines) if own or others else ""
    words = next((turn.text for turn in reversed(report.turns) if turn.text.strip()), "") if others else ""
    if words:
        yield f"In its own words:\n\n{quote(words.strip(), _MOST_WORDS_CHARACTERS)}"
    if beyond.strip():
        cut = beyond[:_MOST_BEYOND_CHARACTERS].rpartition("\n")[0] if len(beyond) > _MOST_BEYOND_CHARACTERS else beyond
        more = "\n\nThe rest is in the last commit." if cut != beyond else ""
        summary = "How the result differs from the spec's own code"
        yield f"<details><summary>{summary}</summary>\n\n{code_block(cut, 'diff')}{more}\n\n</details>"


def _operations(rows: Sequence[OperationReport]) -> str:
    by_act: dict[str, list[str]] = {}
    for row in rows:
        by_act.setdefault(_ACTS.get(row.kind, "edits"), []).append(row.path)
    return "; ".join(f"{act} {_listed(list(dict.fromkeys(paths)))}" for act, paths in by_act.items())


def _listed(paths: Sequence[str]) -> str:
    listing = ", ".join(inline_code(path, 160) for path in paths[:_MOST_PATHS])
    return f"{listing} and {count(len(paths) - _MOST_PATHS, 'other file')}" if len(paths) > _MOST_PATHS else listing


def _tests(report: Report) -> str:
    tests = [command for command in report.commands if command.stage in ("test", "verify")]
    if not tests:
        return ""
    first, last = _first_and_last(tests)
    before, after = _counted(first), _counted(last)
    if first == last or not used_model(report):
        return f"**Tests:** {prose(after)}." if after else ""
    return f"**Tests:** before the repair {prose(before or 'not counted')}; after it {prose(after or 'not counted')}."


def _first_and_last(tests: Sequence[CommandReport]) -> tuple[list[CommandReport], list[CommandReport]]:
    """Return the results of the first and of the last time that each command ran."""
    first: dict[str, CommandReport] = {}
    last: dict[str, CommandReport] = {}
    for test in tests:
        first.setdefault(test.command, test)
        last[test.command] = test
    return list(first.values()), list(last.values())


def _counted(results: Sequence[CommandReport]) -> str:
    """Return how many tests ran, and how many of them failed; "" where no command says."""
    numbers = [read_failures(result.output_tail).tests_run for result in results]
    ran = sum(number for number in numbers if number is not None)
    if not any(number is not None for number in numbers):
        return ""
    failed = len({name for result in results for name in result.failures})
    red = any(result.exit_code and not result.as_on_base for result in results)
    ended = f"{failed} failed" if failed else "some command was red" if red else "all green"
    return f"{count(ran, 'test')} ran, {ended}"
