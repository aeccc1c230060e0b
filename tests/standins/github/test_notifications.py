"""Who gets a mail for what, as GitHub's page about notifications says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github import GitHubSandbox
from standins.github.notifications import mails

if TYPE_CHECKING:
    from pathlib import Path


def test_others_words_and_endings_are_mails_and_edits_labels_and_ones_own_deeds_are_not(tmp_path: Path) -> None:
    with GitHubSandbox(tmp_path) as github:
        there = github.repository("acme/widget", {"a.py": "1\n"}, roles={"alice": "write", "bob": "write"})
        issue = there.issue("One", by="alice")
        issue.label("mtor:done", by="bob")
        comment = issue.comment("hello, `@bob`", by="mtor[bot]")
        issue.edit("bob", title="Two")
        issue.comment("by myself", by="alice")
        issue.close("bob")
        assert mails(there, "alice") == ["#1 comment by mtor[bot]", "#1 closed by bob"]
        assert mails(there, "bob") == []
        issue.comment("@bob look", by="mtor[bot]")
        issue.comment("and more", by="mtor[bot]")
        assert mails(there, "bob") == ["#1 comment by mtor[bot]"] * 2
        assert comment.id
        other = there.issue("Other", "@carol", by="bob")
        other.assign(["alice"], by="bob")
        other.comment("for whoever is assigned", by="bob")
        assert mails(there, "alice")[-2:] == ["#2 assigned by bob", "#2 comment by bob"]
        assert mails(there, "carol") == ["#2 opened by bob", "#2 comment by bob"]
        there.commit({"b.py": "1\n"}, "b", branch="b", by="bob")
        pull = there.pull_request("b", "Pull", by="bob")
        pull.requested.append(github.world.user("alice"))
        pull.review("fine", by="mtor[bot]")
        assert mails(there, "alice")[-2:] == ["#3 review asked by bob", "#3 review by mtor[bot]"]
