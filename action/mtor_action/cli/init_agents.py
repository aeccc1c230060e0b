"""`mtor init --agents`: the files that tell coding agents how to write specs, and nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mtor_action.cli.init_texts import InitFiles, file_lines
from mtor_action.cli.printing import print_json, wants_colour
from mtor_action.errors import MtorError
from mtor_action.setup.agent_files import plan_agents, plan_agents_removal
from mtor_action.setup.planned_files import PlannedFile, SetupFileState, write
from mtor_action.setup.removal import FileRemoval, remove

if TYPE_CHECKING:
    import argparse

    from mtor_action.repository.git import Git


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--agents`, which makes `mtor init` write other files."""
    parser.add_argument(
        "--agents",
        action="store_true",
        help="instead, teach coding agents to write specs: a skill, a section of AGENTS.md, rules; keeps your own text "
        "in these files",
    )


def run(arguments: argparse.Namespace, git: Git) -> int:
    """Return 0 if all files are current, 1 if one is not and was left as it is."""
    planned = plan_agents(git.root)
    written = [] if arguments.check else [file for file in planned if file.state in _WRITTEN]
    for file in () if arguments.dry_run else written:
        write(git.root, file)
    if arguments.json:
        done = [] if arguments.dry_run else written
        print_json({"files": [as_json(file, done) for file in planned]})
    else:
        _print(InitFiles(planned, written, arguments.dry_run))
    return 0 if all(file in written or file.state is SetupFileState.CURRENT for file in planned) else 1


# What is between the markers is mtor's, so that an older part needs no `--force`.
_WRITTEN = (SetupFileState.MISSING, SetupFileState.OUTDATED)


def as_json(file: PlannedFile, written: list[PlannedFile]) -> dict[str, object]:
    """Return what `--json` prints about one file."""
    return {"path": file.path, "state": file.state, "written": file in written, "details": list(file.details)}


def removed(git: Git, *, is_dry: bool) -> list[FileRemoval]:
    """Take mtor's part out of the files for agents, and return what became of each file that has one."""
    try:
        removals = plan_agents_removal(git.root)
    except MtorError as error:
        return [FileRemoval("the files for agents", exists=True, removes=False, why=f"{error.message}; {error.hint}")]
    for removal in () if is_dry else removals:
        if removal.rest is None:
            remove(git.root, removal.path)
        else:
            write(git.root, PlannedFile(removal.path, SetupFileState.OUTDATED, removal.rest))
    return [
        FileRemoval(removal.path, exists=True, removes=True, why="" if removal.rest is None else "your own text stays")
        for removal in removals
    ]


def _print(files: InitFiles) -> None:
    from mtor_action.neutral import inert_log
    from mtor_action.report.terminal import Paint

    paint = Paint(wants_colour(sys.stdout))
    lines = file_lines(files, paint)
    if files.written and not files.is_dry:
        names = " ".join(file.path for file in files.written)
        lines += ["", f"next: review, then git add {names} && git commit -m 'tell agents about mtor'"]
    print(inert_log("\n".join(lines)))
