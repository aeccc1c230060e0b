"""Patterns and owners as GitHub's page on code owners explains them."""

from __future__ import annotations

import pytest

from mtor_action.publish.codeowners import owners_of

FILE = """\
# comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat-logs
/apps/github
a\\ b.txt @spaces
!no.txt @negated
[ab].c @classes
\\#x @escaped
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ["@global-owner1", "@global-owner2"]),
        ("src/a.js", ["@js-owner"]),
        ("src/A.JS", ["@global-owner1", "@global-owner2"]),
        ("pkg/main.go", ["docs@example.com"]),
        ("build/logs/x/y.txt", ["@octocat-logs"]),
        ("sub/build/notes/y.txt", ["@global-owner1", "@global-owner2"]),
        ("docs/start.md", ["@doctocat"]),
        ("sub/apps/x.py", ["@octocat"]),
        ("apps/github/x.py", []),
        ("scripts/a/b.sh", ["@doctocat", "@octocat"]),
        ("a b.txt", ["@spaces"]),
        ("no.txt", ["@global-owner1", "@global-owner2"]),
        ("a.c", ["@global-owner1", "@global-owner2"]),
    ],
)
def test_the_last_pattern_that_matches_names_the_owners(path: str, owners: list[str]) -> None:
    assert owners_of(FILE, [path]) == owners


def test_a_pattern_for_what_lies_in_a_folder_itself_is_not_for_what_is_below() -> None:
    assert owners_of("docs/* @d\n", ["docs/a.md", "docs/sub/b.md"]) == ["@d"]
    assert owners_of("docs/* @d\n", ["docs/sub/b.md"]) == []


def test_of_many_paths_each_owner_is_named_once_in_the_order_of_the_paths() -> None:
    assert owners_of("a @x @y\nb @y @z\n", ["b", "a", "c"]) == ["@y", "@z", "@x"]


@pytest.mark.parametrize("text", ["", "\n\n", "   # x\n", "*\n", "\u2028", "\\", "\x00 @a"])
def test_what_names_nobody_names_nobody(text: str) -> None:
    assert owners_of(text, ["a"]) == []
