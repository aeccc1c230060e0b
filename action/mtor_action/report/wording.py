"""The sentences that every rendering of a report shares. Plain values: no Markdown, no HTML, nothing escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.neutral import one_line
from mtor_action.report.outcome import Outcome
from mtor_action.report.runner_minutes import billed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.report.report import CommandReport, OperationReport, Report

GREEN = frozenset({Outcome.CLEAN, Outcome.FIXED, Outcome.EMPTY, None})

_HEADLINES = {
    Outcome.CLEAN: "the spec's own code is in place and every command passed",
    Outcome.FIXED: "every command passes after the implementer's changes",
    Outcome.EMPTY: "everything that the spec asks for is already there",
    Outcome.FAILING: "the spec is applied, but a command still fails",
    Outcome.STALLED: "the implementer got stuck and was stopped",
    Outcome.REJECTED: "nothing was written, the spec needs a correction",
    Outcome.ERROR: "the run ended with an error",
    Outcome.BLOCKED: "nothing was started, since a spec that it comes after did not get green",
    Outcome.CANCELLED: "the run was cancelled",
    None: "the spec would apply",
}

_HEADLINE_FORMATTED = "the spec's code is in place, changed by its format commands, and every command passed"

_GREEN_AFTER_ALL = {
    Outcome.CLEAN: "the spec's own code is in place, and the only failures are the base's own",
    Outcome.FIXED: "after the implementer's changes the only failures are the base's own",
}

_NEXT_STEPS = {
    Outcome.CLEAN: "Review the change and merge it.",
    Outcome.FIXED: "Review the implementer's changes first, then merge.",
    Outcome.EMPTY: "Nothing to do. Close the issue, or change the spec.",
    Outcome.FAILING: "Read the failing output, correct the spec, and run it again.",
    Outcome.STALLED: "Read the evidence, say more in the spec, and run it again.",
    Outcome.REJECTED: "Correct these places in the spec and run it again.",
    Outcome.ERROR: "Fix the cause and run it again.",
    Outcome.BLOCKED: "Get the specs that it comes after green, then run it again.",
    Outcome.CANCELLED: "Run it again when you are ready.",
    None: "Run it with `mtor run`.",
}

_VERIFIED = {
    "fresh": "Verified: the last run judged what is committed in a fresh checkout, with its setup and a fresh home.",
    "in place": "Verified: the last run judged what is committed in place, with ignored files as before any edit.",
}

_CHANGED = "Beyond the spec's own code, the implementer changed:"
_CHANGED_BEYOND_LAYOUT = "Beyond the spec's own code, format commands changed what is not proven to be layout:"

_MOST_LINES = 20
_BASE_RED_STEP = "Repair the base first, where these commands fail without the spec, and run it again."


class Remark(NamedTuple):
    """Something a reviewer should know; `items` are names (files) that belong to it."""

    text: str
    items: tuple[str, ...] = ()


def status(report: Report) -> str:
    """Return the outcome as one word in capitals."""
    return (report.outcome.value if report.outcome else "ok").upper()


def headline(report: Report) -> str:
    """Return what the outcome means, as half a sentence."""
    if report.outcome is Outcome.FAILING and report.base_red:
        return "the same commands fail without the spec, so no model was called"
    if report.outcome is Outcome.CLEAN and report.untested:
        return "the spec's own code is in place, and nothing was tested, as the spec says"
    if report.outcome is Outcome.CLEAN and not report.base_red and any(map(by_implementer, report.operations)):
        return _HEADLINE_FORMATTED
    if report.outcome in _GREEN_AFTER_ALL and report.base_red:
        return _GREEN_AFTER_ALL[report.outcome]
    if report.outcome is Outcome.STALLED and report.stall.signals:
        return f"the implementer got stuck ({report.stall.signals[-1].kind}) and was stopped"
    return _HEADLINES[report.outcome]


def next_step(report: Report) -> str:
    """Return what to do now: the report's own words, or the usual ones for the outcome."""
    usual = _BASE_RED_STEP if report.outcome is Outcome.FAILING and report.base_red else _NEXT_STEPS[report.outcome]
    if report.outcome is Outcome.FIXED and report.look_first:
        usual = "Review the lines to look at first, then the implementer's other changes, then merge."
    if report.outcome is Outcome.CLEAN and any(map(by_implementer, report.operations)):
        usual = "Review what the format commands changed first, then merge."
    return report.next_step or usual


def used_model(report: Report) -> bool:
    """Return whether any model was asked anything."""
    usage = report.usage
    return bool(usage.requests or usage.input_tokens or usage.output_tokens or usage.usd or report.turns)


def free_of_charge(report: Report) -> str:
    """Return the sentence that is shown with "0 tokens"."""
    written = bool(report.operations) and report.outcome is not Outcome.REJECTED
    written = written and not any(by_implementer(operation) for operation in report.operations)
    return "No model was called. The code is the spec's own." if written else "No model was called."


def cost(report: Report) -> str:
    """Return tokens, requests and dollars in one line."""
    if not used_model(report):
        return "0 tokens, no model was called"
    usage = report.usage
    about = "about " if usage.estimated else ""
    tokens = f"{usage.input_tokens + usage.output_tokens:,} tokens"
    parts = f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    return f"{about}{tokens} ({parts}) in {count(usage.requests, 'request')}, {dollars(report)}"


def runner(report: Report) -> str:
    """Return the minutes of GitHub's runners in one line, "" where no runner was used."""
    jobs = report.runner.get("jobs")
    rows = jobs.items() if isinstance(jobs, dict) else ()
    seconds = {str(name): float(value) for name, value in rows if isinstance(value, int | float)}
    if not seconds:
        return ""
    minutes = ", ".join(f"{one_line(name, 20)} {billed(value)}" for name, value in seconds.items())
    total = count(sum(billed(value) for value in seconds.values()), "minute")
    return f"{total} as GitHub bills private repositories ({minutes}; an estimate)"


def dollars(report: Report) -> str:
    """Return US dollars; small amounts with four digits, so that a cheap run does not read as free."""
    return f"${report.usage.usd:,.4f}" if report.usage.usd < 0.1 else f"${report.usage.usd:,.2f}"


def remarks(report: Report) -> list[Remark]:
    """Return the remarks that the outcome alone does not express."""
    lines = list(_merge(report))
    if report.untested:
        lines.append(Remark("Untested: the spec says `test: []`."))
    if report.flaky:
        lines.append(Remark("Flaky: a test was red first, then green without any change."))
    lines += _red_before(report)
    if report.verified:
        lines.append(Remark(_VERIFIED.get(report.verified, f"Verified: {report.verified}.")))
    if report.dirtied:
        lines.append(Remark("Commands changed files that the spec does not name. Restored:", tuple(report.dirtied)))
    if report.fill:
        words = "The implementer wrote these bodies; the architect gave only tests and signatures:"
        left = "Left to the implementer, and not proven by the tests:"
        lines.append(Remark(words if report.outcome is Outcome.FIXED else left, tuple(report.fill)))
    if report.formatted:
        lines.append(Remark("Formatted by the spec's format commands:", tuple(report.formatted)))
    lines += _beyond_the_spec(report)
    if adjusted := sum(1 for operation in report.operations if operation.placement == "adjusted"):
        lines.append(Remark(f"{count(adjusted, 'edit')} matched after adjusting whitespace; look there first."))
    lines += _signature(report.signature)
    odd_forms = [row for row in report.forms[:8] if row.why]
    lines += [Remark(f"Not asked as usual, since {row.why[:300]}:", (row.model,)) for row in odd_forms]
    if lowered := tuple(f"{row.key} {row.asked} → {', '.join(row.values)}" for row in report.settings if row.asked):
        lines.append(Remark("The spec asked for more than the repository's limits allow. Lowered:", lowered))
    return lines


def _beyond_the_spec(report: Report) -> Iterator[Remark]:
    if used_model(report):
        words, changed = _CHANGED, [each.path for each in report.operations if by_implementer(each)]
    else:  # a hunk without a place is nobody's work yet
        words, changed = _CHANGED_BEYOND_LAYOUT, [each.path for each in report.operations if each.changed_by_model]
    if changed and report.outcome is not Outcome.REJECTED:
        yield Remark(words, tuple(changed))


def _merge(report: Report) -> Iterator[Remark]:
    record = report.written_for
    if not record.commit:
        return
    how = "found by mtor" if record.found else "as it says"
    commit, base = (one_line(name, 64)[:12] for name in (record.commit, report.base))
    wrote = f"The base moved since the spec was written, for {commit} ({how})."
    if report.outcome is Outcome.REJECTED:
        yield Remark(f"{wrote} It does not merge into {base}.")
        return
    together = " Changed by both:" if record.merged else ""
    yield Remark(f"{wrote} It was merged into {base}.{together}", tuple(record.merged))


def _red_before(report: Report) -> list[Remark]:
    """Return what the base has too: failures with the same errors, and logs that speak against exit code 0."""
    known = {failure.id for failure in report.red_before.failures}
    tests = tuple(name for name in report.excused if name in known)
    logs = tuple(text for text in report.excused if text not in known)
    lines = []
    if tests:
        text = f"Red before the spec: {count(len(tests), 'failure')} that the base has too, with the same errors:"
        lines.append(Remark(text, tests))
    elif report.base_red:
        lines.append(Remark("Red before the spec: the base has the same failures."))
    if logs:
        lines.append(Remark("Exit code 0 counted as green despite the log, as on the base:", logs))
    return lines


def _signature(signature: Mapping[str, Any]) -> list[Remark]:
    if not signature:
        return []
    if signature.get("verified") is True:
        return [Remark("The commits are signed by GitHub and verified.")]
    from mtor_action.report.report_json import loose_text

    return [Remark(f"The commits are not signed. {loose_text(signature.get('reason'))[:300]}".rstrip())]


def look_first(report: Report) -> str:
    """Return the heading over the lines to look at first, "" if there are none."""
    if not report.look_first:
        return ""
    return f"Look here first: {count(len(report.look_first), 'line')} by the implementer"


def by_implementer(operation: OperationReport) -> bool:
    """Return whether the present text is, wholly or in part, the implementer's."""
    return operation.placement == "model" or operation.changed_by_model


def passed(command: CommandReport) -> bool:
    """Return whether a command ended with 0 in time and its log does not say otherwise, or failed as the base does."""
    return command.as_on_base or (command.exit_code == 0 and not command.timed_out and not command.doubt)


def result(command: CommandReport) -> str:
    """Return how a command ended, in a word or two."""
    if command.timed_out:
        return "timed out"
    if command.doubt:
        return f"exit {command.exit_code}, but {command.doubt}"
    if command.as_on_base:
        return f"exit {command.exit_code}, as on the base"
    return "passed" if command.exit_code == 0 else f"exit {command.exit_code}"


def decisive_failure(report: Report) -> CommandReport | None:
    """Return the failing command that explains a red end, or None: the first, or, after a model worked, the last."""
    if report.outcome in GREEN:
        return None
    red = [command for command in report.commands if not passed(command)]
    if not red:
        return None
    return red[-1] if report.turns else red[0]


def totals(report: Report) -> tuple[int, int]:
    """Return how many lines the operations added and removed."""
    return sum(row.added for row in report.operations), sum(row.removed for row in report.operations)


def capitalised(text: str) -> str:
    """Return `text` with a capital first letter, unless it begins with the name mtor, which has none."""
    return text if re.match(r"mtor\b", text) else text[:1].upper() + text[1:]


def count(number: int, noun: str) -> str:
    """Return the number with its noun: `1 operation`, `2 operations`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def lines_of(places: Sequence[int]) -> str:
    """Return line numbers in words: `line 3`, `lines 3, 17 and 2 more`."""
    more = f" and {len(places) - _MOST_LINES} more" if len(places) > _MOST_LINES else ""
    return f"line{'s' if len(places) > 1 else ''} {', '.join(map(str, places[:_MOST_LINES]))}{more}"


def duration(seconds: float) -> str:
    """Return the time in words: `0.04 s`, `3.1 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds_left = divmod(round(seconds), 60)
    return f"{minutes:,} min {seconds_left} s"


def tail(text: str, lines: int, characters: int) -> str:
    """Return the end of `text`, within both bounds, starting at a line where possible."""
    end = "\n".join(text.rstrip("\n")[-characters:].split("\n")[-lines:])
    return end if len(end) < characters or "\n" not in end else end.split("\n", 1)[1]
