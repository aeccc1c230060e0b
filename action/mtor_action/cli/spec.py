"""`mtor spec --from-diff A..B`: print a spec that says what changed between two commits, or since A on disk."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.cli.sources import open_repository
from mtor_action.errors import GitError, RepositoryError, UsageError

if TYPE_CHECKING:
    import argparse

    from mtor_action.authoring.from_diff import WrittenSpec
    from mtor_action.repository.git import Git


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--from-diff` and its two sides."""
    help_text = "two commits (an empty side means HEAD), or A alone for the changes from A to the working tree"
    parser.add_argument("--from-diff", metavar="A[..B]", required=True, help=help_text)
    parser.add_argument("--title", help="the spec's title (default: that of the second commit)")
    parser.add_argument("--test", action="append", metavar="COMMAND", help="add a test command to the spec; repeatable")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the spec on stdout and what it leaves out on stderr; 3 if the manifest can say nothing of it."""
    from mtor_action.neutral import visible

    left, dots, right = arguments.from_diff.partition("..")
    if right.startswith(".") or not (left or dots):
        raise UsageError(
            f"--from-diff {arguments.from_diff}: expected A..B, or A for what differs from it on disk",
            "for example: mtor spec --from-diff main..HEAD",
        )
    git = open_repository(arguments.repo or ".")
    old, new = _commit(git, left or "HEAD"), _commit(git, right or "HEAD") if dots else ""
    subject = git.run("log", "-1", "--format=%s", new).decode("utf-8", "replace").strip() if new else ""
    written = _written(git, old, new, arguments.title or subject or "Changes", arguments.test)
    for reason in written.left_out:
        print(f"mtor: left out: {visible(reason)}", file=sys.stderr)
    if arguments.json:
        print_json({"base": old, "head": new or None, "spec": written.text, "left_out": list(written.left_out)})
    else:
        sys.stdout.buffer.write(written.text.encode())  # bytes: a terminal's own encoding must not change a spec
        sys.stdout.buffer.flush()
    return 0


def _written(git: Git, old: str, new: str, title: str, test: list[str] | None) -> WrittenSpec:
    """Return the spec of `old` → `new`, the ids of commits; an empty `new` means the working tree."""
    from mtor_action.authoring.from_diff import spec_from_trees
    from mtor_action.repository.revisions.base_tree import BaseTree
    from mtor_action.repository.revisions.working_side import WorkingSide

    with BaseTree(git, old) as before, BaseTree(git, new or old) as commit:
        after = commit if new else WorkingSide(git, old, before)
        return spec_from_trees(before, after, title=title, base=old, test=test)


def _commit(git: Git, revision: str) -> str:
    """Return the commit that a person means, who may also say `HEAD~2`. Raises RepositoryError."""
    from mtor_action.repository.head import resolve

    try:
        return resolve(git, revision)
    except RepositoryError:
        query = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        with contextlib.suppress(GitError):
            return git.run(*query).decode("ascii").strip()
        raise
