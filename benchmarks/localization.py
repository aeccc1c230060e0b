"""Whether the smallest question shows the line with the mistake, for the mutants of mutants.py; no model is asked.

    python benchmarks/localization.py [--set mutants|held-out] [--changed] [--names]

A mutant's file counts as made by the spec; with `--changed` as changed by it in this line alone. Printed is in how many
cases the first question shows the line, or the whole file, and in how many one of the first four does.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from repair_rate import mutated, shell

from mtor_action.implementer.failing_output.failure_excerpt import failure_excerpt
from mtor_action.implementer.prompts.suspects import suspects
from mtor_action.processes.commands import CommandResult

if TYPE_CHECKING:
    from repair_rate import Task

    from mtor_action.implementer.prompts.suspects import Suspect

SAMPLES = 4  # questions that are asked by default


def asked_about(task: Task, *, changed: bool) -> list[Suspect]:
    """What the questions about a task show, the first one first."""
    file = task.root / task.path
    green = file.read_text()
    file.write_text(task.broken)
    output = shell(task.visible, task.root).stdout.encode()
    red = CommandResult("test", task.visible, 1, 0.0, output, len(output))
    return suspects({task.path: task.broken}, failure_excerpt([red]), {task.path: green} if changed else {})


def mistaken_lines(task: Task, green: str) -> list[int]:
    """The lines, from 1, at which the broken file differs; where one was left out, the one that is there now."""
    matcher = difflib.SequenceMatcher(None, green.split("\n"), task.broken.split("\n"), autojunk=False)
    return [start + 1 for tag, _, _, start, _ in matcher.get_opcodes() if tag != "equal"]


def shows(suspect: Suspect, lines: list[int]) -> bool:
    """Whether a question shows one of the lines."""
    parts = [item.part for item in suspect]
    return any(part is None or any(part.first_line <= line <= part.last_line for line in lines) for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="mutants", choices=["mutants", "held-out"])
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--names", action="store_true", help="what is asked about, a line a mutant")
    options = parser.parse_args()
    hits: list[list[bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        for task in mutated(Path(folder), held_out=options.set == "held-out"):
            lines = mistaken_lines(task, (task.root / task.path).read_text())
            questions = asked_about(task, changed=options.changed)
            hits.append([shows(question, lines) for question in questions][:SAMPLES])
            if options.names:
                names = [item.part.name if item.part else item.path for question in questions for item in question]
                print(f"{task.name:<16}{'found' if any(hits[-1]) else '-':<7}{' '.join(names[:SAMPLES])}", flush=True)
    first, any_of = sum(each[:1] == [True] for each in hits), sum(map(any, hits))
    print(f"{options.set}: {len(hits)} mistakes; shown by the first question {first}, by one of {SAMPLES} {any_of}")


if __name__ == "__main__":
    main()
