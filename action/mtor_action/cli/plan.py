"""`mtor plan TASK`: have an architect model write a spec that plans cleanly. It reads; it writes and runs nothing."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.errors import MtorError, UsageError
from mtor_action.report.report import Outcome
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mtor_action.architect.commit_reader import CommitReader
    from mtor_action.architect.drafting import PlanningModels, SpecPlanner
    from mtor_action.architect.judging import JudgedDrafts
    from mtor_action.implementer.cost.budget import Spending
    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.model.chat import Message, Reply, Tool

_ISSUE = re.compile(r"#?([1-9][0-9]{0,9})")
_MOST_BYTES = 1_000_000
_EXIT_QUESTIONS = 1


@dataclass(frozen=True, slots=True)
class _TaskOrigin:
    """Whose text the task is: `remark` names those who cannot write, `line` is what the spec carries of it."""

    remark: str = ""
    line: str = ""

    def added_to(self, spec: str) -> str:
        """Return the spec so that it has the standing of everybody whose text was read, whoever files it."""
        text = f"> {self.remark}\n\n{spec}" if self.remark else spec
        return f"{text.rstrip()}\n\n{self.line}\n" if self.line else text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare TASK, the models, and where the spec goes."""
    add = parser.add_argument
    add("task", metavar="TASK", help="what you want, in words; the number of an issue (12 or #12); or - for stdin")
    add("--out", metavar="PATH", default="-", help="a file for the spec, a folder for several (default: - for stdout)")
    add("--architect", metavar="MODEL", action="append", default=[], help="writes the spec (default: roles.architect)")
    add("--scout", metavar="MODEL", action="append", default=[], help="reads for it (default: roles.scout)")
    add("--api-base", metavar="URL", help="ask the models at this OpenAI-compatible server")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with specs that plan cleanly, 1 with questions or if it was stopped, 2 if they never planned cleanly."""
    reader_class = _reader_class()
    from mtor_action.architect.role_conversation import PlanningStopped
    from mtor_action.preparation.preparation import defaults_in
    from mtor_action.redaction.redactor import Redactor
    from mtor_action.repository.head import resolve
    from mtor_action.repository.revisions.base_tree import BaseTree

    git = Git.open(Path(arguments.repo or "."))
    task, origin = _task(git, arguments.task)
    commit = resolve(git, "HEAD")
    with BaseTree(git, commit) as tree:
        settings = defaults_in(tree).settings
        reader = reader_class(git, tree, commit, Redactor(os.environ).redact)
        planner = _planner(git, reader, settings, arguments)
        judged, stopped = None, ""
        try:
            judged = planner.plan(task)
        except PlanningStopped as error:
            stopped, judged = f"{error.message}; {error.hint}", planner.latest
        finally:
            _print_note(_cost(planner))
    return _conclude(judged, stopped, origin, planner, arguments)


def _reader_class() -> type[CommitReader]:
    """Return what reads for the models. Raises MtorError where the packages of the extra `model` are not installed."""
    try:
        from mtor_action.architect.commit_reader import CommitReader
    except ModuleNotFoundError as error:  # pydantic comes with the extra `model`, as litellm does
        from mtor_action.model.loading import not_installed

        raise not_installed(error) from error
    return CommitReader


def _task(git: Git, argument: str) -> tuple[str, _TaskOrigin]:
    """Return the task's text, and whose text it is. Raises UsageError, MtorError."""
    issue = _ISSUE.fullmatch(argument.strip())
    if issue:
        return _issue_text(git, int(issue[1]))
    text = sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "replace") if argument == "-" else argument
    if not text.strip():
        raise UsageError("the task is empty", "say what you want, or name an issue")
    return text, _TaskOrigin()


def _issue_text(git: Git, number: int) -> tuple[str, _TaskOrigin]:
    from mtor_action.github.texts.authors import standing
    from mtor_action.github.texts.provenance import read_line
    from mtor_action.job_start.issue_threads import read_thread
    from mtor_action.setup.connection import connect_to_origin
    from mtor_action.setup.finding import DoctorSubject

    with connect_to_origin(DoctorSubject(git.root, os.environ)) as client:
        thread = read_thread(client, number)
        trusted = standing(client, thread.authors, {})
    return thread.task, _TaskOrigin("; ".join(trusted.sentences()), read_line(thread.authors))


def _planner(git: Git, reader: Any, settings: Settings, arguments: argparse.Namespace) -> SpecPlanner:
    from mtor_action.architect.drafting import SpecPlanner
    from mtor_action.architect.repository_facts import facts_at
    from mtor_action.architect.role_conversation import PlanningMeans
    from mtor_action.implementer.cost import day_ledger
    from mtor_action.implementer.cost.budget import Spending
    from mtor_action.manifest.settings_block.limits import budget_of
    from mtor_action.model.roles import DEFAULT_MAX_OUTPUT_TOKENS

    job = f"plan-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}"
    path = git.state_dir / "spending.jsonl"
    per_day = settings.per_day
    spent = day_ledger.day_exceeded(path, job, per_day.usd if per_day else None, per_day.jobs if per_day else None)
    if spent:
        raise MtorError(spent, "run it again another day (days are UTC), or raise `per_day`")
    usd_left = None
    if per_day and per_day.usd is not None:
        usd_left = per_day.usd - day_ledger.spent_on(path, day_ledger.today()).usd
    spending = Spending(budget_of(settings.budget, usd_left), time.monotonic)
    most_tokens = settings.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS

    def account() -> None:
        day_ledger.record(path, job, spending.usd, spending.input_tokens + spending.output_tokens)

    def ask(model: str, messages: Sequence[Message], tools: tuple[Tool, ...], seconds: float) -> Reply:
        from mtor_action.model.provider_client import ModelClient

        client = ModelClient(model, arguments.api_base, max_output_tokens=most_tokens, say=_print_note)
        safe = [replace(message, text=reader.redact(message.text)) for message in messages]
        return client.complete(safe, tools, seconds)

    models = _models(settings, arguments)
    means = PlanningMeans(reader, spending, ask, account, _print_note, dict(settings.stalls))
    return SpecPlanner(models, facts_at(git, reader.commit, _print_note), means)


def _models(settings: Settings, arguments: argparse.Namespace) -> PlanningModels:
    from mtor_action.architect.drafting import PlanningModels

    roles = dict(settings.roles)
    architect = tuple(arguments.architect) or roles.get("architect", ())
    if not architect:
        raise UsageError(
            "no architect is named", "add roles: {architect: [MODEL]} to .github/mtor.yml, or say --architect MODEL"
        )
    return PlanningModels(architect, tuple(arguments.scout) or roles.get("scout", ()))


def _conclude(
    judged: JudgedDrafts | None,
    stopped: str,
    origin: _TaskOrigin,
    planner: SpecPlanner,
    arguments: argparse.Namespace,
) -> int:
    specs = {name: origin.added_to(text) for name, text in judged.drafts.specs} if judged else {}
    is_sound = bool(judged and specs and judged.is_sound and not stopped)
    if arguments.json:
        print_json(_as_json(judged, specs, stopped, planner))
    elif judged and judged.drafts.vague:
        print(f"too vague: {judged.drafts.vague}")
    elif is_sound:
        _write(specs, arguments.out)
    elif judged:
        print_diagnostics(judged.diagnostics)
    if judged and not arguments.json:
        for problem in judged.problems if not is_sound else ():
            _print_note(problem)
    if is_sound and judged:
        _say_what_it_does(judged, origin.remark)
        return 0
    if stopped or (judged and judged.drafts.vague):
        _print_note(stopped or "the architect has questions: answer them in the task, and plan again")
        return _EXIT_QUESTIONS
    _print_note(f"after {planner.rounds} rounds the spec still cannot be used; its diagnostics are above")
    return Outcome.REJECTED.exit_code


def _write(specs: dict[str, str], out: str) -> None:
    """Write to a file of the person's choice, several to a folder; a spec's own name is never more than a file name."""
    if out == "-":
        texts = [f"=== {name} ===\n{text}" for name, text in specs.items()] if len(specs) > 1 else list(specs.values())
        sys.stdout.buffer.write("\n".join(texts).encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return
    if len(specs) == 1:
        Path(out).write_text(next(iter(specs.values())), encoding="utf-8")
        return
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, text in specs.items():
        (Path(out) / name).write_text(text, encoding="utf-8")


def _say_what_it_does(judged: JudgedDrafts, remark: str) -> None:
    """Print to stderr what a person should look at: paths, commands, and settings that a spec changes."""
    from mtor_action.neutral import one_line
    from mtor_action.preparation.setting_changes import setting_changes

    for (name, _), prepared in zip(judged.drafts.specs, judged.plans, strict=True):
        for landing in prepared.plan.landings:
            _print_note(f"{name}: {landing.kind} {landing.path} +{landing.added} -{landing.removed}")
        for command in prepared.settings.commands:
            _print_note(f"{name}: would run {one_line(command, 200)}")
        for change in setting_changes(prepared):
            _print_note(f"{name}: its settings change {change.described(lambda text: one_line(text, 120))}")
    if remark:
        _print_note(f"read all of it before you submit it: it comes from {remark}")


def _as_json(
    judged: JudgedDrafts | None, specs: dict[str, str], stopped: str, planner: SpecPlanner
) -> dict[str, object]:
    spending = planner.means.spending
    return {
        "specs": [{"name": name, "text": text} for name, text in specs.items()] if judged else [],
        "sound": bool(judged and specs and judged.is_sound and not stopped),
        "questions": judged.drafts.vague if judged else "",
        "stopped": stopped,
        "diagnostics": [diagnostic.as_json() for diagnostic in judged.diagnostics] if judged else [],
        "problems": list(judged.problems) if judged else [],
        "rounds": planner.rounds,
        "usage": {
            "requests": spending.requests,
            "input_tokens": spending.input_tokens,
            "output_tokens": spending.output_tokens,
            "usd": round(spending.usd, 6),
        },
    }


def _cost(planner: SpecPlanner) -> str:
    spending: Spending = planner.means.spending
    tokens = spending.input_tokens + spending.output_tokens
    estimated = ", partly estimated" if spending.estimated else ""
    return f"{planner.rounds} rounds, {spending.requests} requests, {tokens:,} tokens, ${spending.usd:.4f}{estimated}"


def _print_note(text: str) -> None:
    from mtor_action.neutral import inert_log, visible

    print(inert_log(visible(f"mtor: {text}")), file=sys.stderr)
