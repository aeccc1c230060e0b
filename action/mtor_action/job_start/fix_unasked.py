"""`fix_ci: true`: hand failing checks of a pull request of mtor's to the implementer unasked, for one round.

| the pull request                                           | what happens                                  |
| ---------------------------------------------------------- | --------------------------------------------- |
| is a draft, has a review, a thread or a person's commit    | nothing: people are working on it             |
| is at another commit than the one that was checked         | nothing: that commit has checks of its own    |
| has checks that run, or wait for approval                  | nothing yet: the end of the last one decides  |
| had a round of the implementer's, asked for or not         | nothing: a person is needed                   |
| fails in checks that its base fails in, too                | those logs are left out                       |

Nobody asked, so nobody gets an answer: the reasons are for the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.actions.held_runs import HELD
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.branches.settings_file import settings_at
from mtor_action.github.pulls.published_change import change_of
from mtor_action.github.pulls.pulls import pull_from
from mtor_action.github.sources.check_logs import failing_on
from mtor_action.job_start.fix_from_checks import failed_checks, logs_of
from mtor_action.job_start.own_pull import OwnPull, own_pull
from mtor_action.job_start.remakes import reason_to_ask
from mtor_action.neutral import inline_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.job_start.suggestions_to_apply import ChosenTexts, Rules

_MOST_NAMED = 5
_CHECKING = ("push", "pull_request")


@dataclass(frozen=True, slots=True)
class CheckedCommit:
    """A commit of a branch of mtor's in this repository, for which a run of checks has ended."""

    branch: str
    commit: str


@dataclass(frozen=True, slots=True)
class UnaskedFix:
    """The round that is due for the pull request `number`, whose newest commit is `commit`; `checks` are names."""

    number: int
    commit: str
    checks: tuple[str, ...]
    chosen: ChosenTexts

    @property
    def note(self) -> str:
        """Return what is about to be done, in Markdown; anybody may have chosen the names."""
        named = ", ".join(inline_code(name, 100) for name in self.checks[:_MOST_NAMED])
        more = ", …" if len(self.checks) > _MOST_NAMED else ""
        words = (
            f"Failing checks of {inline_code(self.commit[:12])} go to the implementer, once (`fix_ci`): {named}{more}."
        )
        return " ".join(filter(None, (words, self.chosen.note)))


def read_checked(payload: Answer) -> CheckedCommit | None:
    """Return what a `workflow_run` event tells of, None unless checks ended on a branch of mtor's. Never raises.

    A fork may give its branch any name. https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run
    """
    run = payload.at("workflow_run")
    branch, commit = run.text("head_branch"), run.text("head_sha")
    is_here = run.number("head_repository", "id") == payload.number("repository", "id") != 0
    # What GitHub holds for approval has "ended" before it began.
    is_check = run.text("event") in _CHECKING and run.text("conclusion") not in ("", HELD)
    if not (is_here and is_check and branch.startswith(OUR_BRANCHES) and commit):
        return None
    return CheckedCommit(branch, commit)


def due_fix(client: Client, checked: CheckedCommit, rules: Rules, rounds_of: Callable[[int], int]) -> UnaskedFix | None:
    """Return the round that is due, None where the repository does not say `fix_ci: true`.

    `rounds_of` returns how often the implementer was asked on a pull request. Raises CommandError with the reason why
    nothing is due, SpecChanged where GitHub has no log, GitHubError, MtorError.
    """
    if settings_at(client).settings.fix_ci != "true":
        return None
    pull = own_pull(client, _number(client, checked), rules.is_ours, "`fix_ci`")
    if pull.head != checked.commit:
        raise CommandError("its branch has moved on", "the checks of the newest commit count")
    if rounds_of(pull.number):
        raise CommandError("the implementer has had a round on it: a person is needed", "write `/mtor fix ci`")
    if reason := _peoples(client, pull, rules):
        raise CommandError(f"nothing is done by itself: {reason}", "write `/mtor fix ci`")
    failed = failed_checks(client, pull)
    base = pull.answer.at("base")
    of_base = failing_on(client, base.text("ref"), base.number("repo", "id"))
    own = tuple(check for check in failed if (check.workflow, check.name) not in of_base)
    if not own:
        raise CommandError("its base fails in the same checks", "repair the base")
    names = tuple(dict.fromkeys(check.name for check in own))
    return UnaskedFix(pull.number, pull.head, names, logs_of(client, pull, own, rules))


def _number(client: Client, checked: CheckedCommit) -> int:
    pull = pull_from(client, checked.branch)
    if pull is None:
        raise CommandError("the branch has no open pull request", "open one")
    return pull.number("number")


def _peoples(client: Client, pull: OwnPull, rules: Rules) -> str:
    """Return why people are at it, as a clause; "" if they are not."""
    if pull.answer.flag("draft"):
        return "it is a draft"
    return reason_to_ask(client, change_of(client, pull.answer, is_ours=rules.is_ours))
