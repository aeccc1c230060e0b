"""`mtor spec --from-diff A..B`: print a spec that says what changed between two commits."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.cli.sources import open_repository
from mtor_action.errors import GitError, RepositoryError, UsageError

if TYPE_CHECKING:
    import argparse

    from mtor_action.repository.git import Git


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--from-diff` and its two commits."""
    parser.add_argument("--from-diff", metavar="A..B", required=True, help="two commits; an empty side means HEAD")
    parser.add_argument("--title", help="the spec's title; without it, that of the second commit")
    parser.add_argument("--test", action="append", metavar="COMMAND", help="a command that decides; may be repeated")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the spec on stdout and what it leaves out on stderr; 3 if the manifest can say nothing of it."""
    from mtor_action.authoring.from_diff import spec_from_trees
    from mtor_action.neutral import visible
    from mtor_action.repository.base_tree import BaseTree

    left, dots, right = arguments.from_diff.partition("..")
    if not dots or right.startswith("."):
        raise UsageError(
            f"--from-diff {arguments.from_diff}: expected A..B", "for example: mtor spec --from-diff main..HEAD"
        )
    git = open_repository(arguments.repo or ".")
    old, new = _commit(git, left or "HEAD"), _commit(git, right or "HEAD")
    title = arguments.title or git.run("log", "-1", "--format=%s", new).decode("utf-8", "replace").strip() or "Changes"
    with BaseTree(git, old) as before, BaseTree(git, new) as after:
        written = spec_from_trees(before, after, title=title, base=old, test=arguments.test)
    for reason in written.left_out:
        print(f"mtor: left out: {visible(reason)}", file=sys.stderr)
    if arguments.json:
        print_json({"base": old, "head": new, "spec": written.text, "left_out": list(written.left_out)})
    else:
        sys.stdout.buffer.write(written.text.encode())  # bytes: a terminal's own encoding must not change a spec
        sys.stdout.buffer.flush()
    return 0


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
