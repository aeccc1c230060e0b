"""SPEC arguments → parsed specs, and DIR → repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.authoring.splitting import continues, without_command
from mtor_action.errors import UsageError
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.repository.git import Git
from mtor_action.repository.restoring.killed_run import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.repository.restoring.recovery import Recovered

_MOST_BYTES = 64 * 1024 * 1024


def read_spec(argument: str) -> Spec:
    """Return the spec in a file, or on standard input for `-`. Raises UsageError if it cannot be read."""
    return parse_spec([read_part(argument)])


def read_part(argument: str) -> Part:
    """Return the text in a file, or on standard input for `-`. Raises UsageError if it cannot be read."""
    if argument == "-":
        return Part("<stdin>", sys.stdin.buffer.read(_MOST_BYTES))
    path = Path(argument)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read the spec {argument}: {error.strerror}", "name a Markdown file, or - for stdin"
        ) from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"the spec {argument} is larger than 64 MiB", "split it into several specs")
    return Part(argument, data)


def read_specs(arguments: Sequence[str]) -> list[tuple[str, Spec]]:
    """Each argument and its spec: a name mistyped at the end must not be found out in the morning.

    A text whose first line is `/mtor spec` continues the one before it, as a comment does on GitHub.
    """
    if arguments.count("-") > 1:
        raise UsageError("- is given twice, but standard input can be read only once", "put one spec into a file")
    named: list[tuple[str, list[Part]]] = []
    for argument in arguments:
        part = read_part(argument)
        if named and continues(part.data):
            named[-1][1].append(part._replace(data=without_command(part.data)))
        else:
            named.append((argument, [part]))
    return [(argument, parse_spec(parts)) for argument, parts in named]


def open_repository(directory: str) -> Git:
    """Return the repository, after putting back what a killed run left in it."""
    git = Git.open(Path(directory))
    put_back(git)
    return git


def put_back(git: Git) -> Recovered | None:
    """Undo an interrupted run, and say so on stderr."""
    if not is_unfinished(git):
        return None
    from mtor_action.processes.processes import kill_survivors
    from mtor_action.repository.restoring.recovery import recover

    recovered = recover(git, kill_survivors)
    if recovered is not None:
        remark = f"; its commit stays on {recovered.work.branch}" if recovered.branch_kept else ""
        print(f"mtor: put back what the interrupted job {recovered.work.job} had changed{remark}", file=sys.stderr)
        for path in recovered.saved:
            print(f"mtor: what was changed or left behind there is kept in {path}", file=sys.stderr)
    return recovered
