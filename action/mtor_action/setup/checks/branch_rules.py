"""Rules for branches: rulesets and classic protection, of mtor's own branches and of those it opens pull requests for.

https://docs.github.com/rest/repos/rules#get-rules-for-a-branch knows rulesets only. Classic rules are by pattern, and
only GraphQL lists those: https://docs.github.com/graphql/reference/objects#branchprotectionrule (read 2026-11-29).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.failures import GitHubError
from mtor_action.neutral import one_line
from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client

_OUR_BRANCH = f"{OUR_BRANCHES}1-doctor"
_OURS = f"{OUR_BRANCHES}**"
_SIGNED = "required_signatures"
# Rules that keep mtor from writing a branch of its own.
_IN_THE_WAY = {
    "creation": "creating branches",
    "update": "pushing",
    "pull_request": "pushing without a pull request",
}
# GraphQL's fields of a classic rule, and the type of a ruleset's rule that does the same.
_CLASSIC = {
    "blocksCreations": "creation",
    "restrictsPushes": "update",
    "lockBranch": "update",
    "requiresApprovingReviews": "pull_request",
    "requiresCommitSignatures": _SIGNED,
}
_QUERY = """query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
  branchProtectionRules(first: 100) { nodes { pattern blocksCreations restrictsPushes lockBranch
    requiresApprovingReviews requiresCommitSignatures } } } }"""


class ClassicRule(NamedTuple):
    """One rule of classic protection: the branches it is for, and what it does, as the types of rulesets' rules."""

    pattern: str
    rule_types: frozenset[str]


def branches(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check that nothing keeps mtor from writing its own branches."""
    classic = _classic(client)
    rulesets = _ruleset(client, _OUR_BRANCH)
    for source, rule_types in (("a ruleset", rulesets), ("classic branch protection", _of(classic, _OUR_BRANCH))):
        forbidden = [words for rule_type, words in _IN_THE_WAY.items() if rule_type in rule_types]
        if forbidden:
            page = "Rules" if source == "a ruleset" else "Branches"
            step = f"Settings → {page}: exempt {_OURS} there, or let the App bypass it"
            yield wrong("branches", f"{source} forbids {', '.join(forbidden)} on {_OURS}", step)
            return
    if classic is None:
        step = f"look at Settings → Branches for rules that cover {_OURS}"
        yield unknown("branches", "no ruleset is in the way; this token may not see classic protection", step)
    else:
        yield fine("branches", f"no ruleset and no classic rule keeps mtor from writing {_OURS}")


def signatures(subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check where signed commits are required: GitHub signs mtor's own, as each report says."""
    classic, required = _classic(client), []
    for label, branch in ((_OURS, _OUR_BRANCH), *((name, name) for name in _bases(subject, client))):
        if _SIGNED in _ruleset(client, branch) | _of(classic, branch):
            required.append(label)
    if not required and classic is None:
        step = "look at Settings → Branches for `Require signed commits`"
        yield unknown("signatures", "no ruleset requires them; this token may not see classic protection", step)
    elif not required:
        yield fine("signatures", "signed commits are not required")
    else:
        step = "if a report says that commits are not signed, exempt mtor/** from the rule, or let the App bypass it"
        words = f"signed commits are required on {', '.join(required)}: GitHub signs those that mtor makes"
        yield unknown("signatures", words, step)


def _bases(subject: DoctorSubject, client: Client) -> tuple[str, ...]:
    """Return the branches that pull requests of mtor merge into by the settings, and the default branch."""
    default = client.call("GET", "").text("default_branch")
    return tuple(dict.fromkeys(name for name in (default, subject.settings().base or "") if name))


def _ruleset(client: Client, branch: str) -> set[str]:
    return {rule.text("type") for rule in client.pages(f"rules/branches/{quote(branch, safe='')}")}


def _classic(client: Client) -> list[ClassicRule] | None:
    """Return the classic rules, None where the token may not see them."""
    try:
        answer = client.graphql(_QUERY, {"owner": client.owner, "name": client.repo})
    except GitHubError:
        return None
    nodes = answer.items("repository", "branchProtectionRules", "nodes")
    return [
        ClassicRule(
            one_line(node.text("pattern"), 200),
            frozenset(rule_type for field, rule_type in _CLASSIC.items() if node.flag(field)),
        )
        for node in nodes
    ]


def _of(classic: list[ClassicRule] | None, branch: str) -> set[str]:
    """Return what the classic rules do to a branch; if several match, all of them count here."""
    matching = (rule.rule_types for rule in classic or () if covers(rule.pattern, branch))
    return set().union(*matching)


def covers(pattern: str, branch: str) -> bool:
    """Return whether a pattern is for a branch: Ruby's fnmatch with FNM_PATHNAME, so that `*` matches no slash.

    https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/managing-a-branch-protection-rule
    A class of characters counts as one character: better one rule too many than one too few.
    """
    pieces = re.split(r"(\*\*/|\*+|\?|\[[^\]]*\])", pattern)
    meaning = {"**/": "(?:.*/)?", "?": "[^/]"}
    translated = (
        meaning.get(piece)
        or ("[^/]*" if piece.startswith("*") else "[^/]" if piece.startswith("[") else re.escape(piece))
        for piece in pieces
        if piece
    )
    return re.fullmatch("".join(translated), branch) is not None
