"""Gates: what notes forbid and require, checked after apply at zero tokens, and again with every later test run.

A `forbid` looks at the lines that the job adds or changes, and at no others: what the base already has is not
the spec's. A gate that cannot be checked is red as well, and says so: a gate that is silently open is none.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.coaching.note import Note, NoteState
from mtor_action.coaching.ranking import quoted
from mtor_action.patterns.bounded import ALL_SECONDS, ask
from mtor_action.processes.commands import CommandResult
from mtor_action.processes.processes import JOB_VARIABLE
from mtor_action.tree.globs import any_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.patterns.matching import GateAnswer
    from mtor_action.tree.changes import Change

STAGE = "gate"
HIT, BROKEN = 1, 2  # exit codes
_FILE_SECONDS = 2.0  # for one pattern on one file
_MOST_TEXT = 500

_Lines = list[tuple[int, str]]


class Gates(NamedTuple):
    """The active notes that forbid or require something."""

    notes: tuple[Note, ...]

    def required(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the commands that a job on these paths must pass, each once."""
        paths_once = list(paths)
        return tuple(dict.fromkeys(note.require for note in self.notes if note.require and _concerns(note, paths_once)))

    def explained(self, result: CommandResult) -> CommandResult:
        """Return a red result of a required command, with the notes that require it."""
        notes = [note for note in self.notes if note.require == result.command]
        if result.passed or not notes:
            return result
        lines = "".join(f"\nrequired by {_reason(note)}" for note in notes).encode("utf-8", "replace")
        return result._replace(output=result.output + lines, output_total_bytes=result.output_total_bytes + len(lines))

    def check(self, changes: Iterable[Change], job: str) -> list[CommandResult]:
        """Return a red result for every gate that these files hit or that is broken, else a green one."""
        files = _new_lines(changes)
        gates = [(note, indexes) for note in self.notes if note.forbid and (indexes := _scope(note, files))]
        if not gates:
            return []
        started = time.monotonic()
        answers = _matched([(note.forbid.pattern, indexes) for note, indexes in gates if note.forbid], files, job)
        seconds = time.monotonic() - started
        red = [
            _result(f"forbid {note.id}", code, text, seconds)
            for (note, _), answer in zip(gates, answers, strict=True)
            if (code := _code(answer)) and (text := _described(note, answer))
        ]
        return red or [_result(f"forbid ({len(gates)})", 0, "", seconds)]


def gates_of(notes: Iterable[Note]) -> Gates | None:
    """Return the gates among the notes; None if there are none."""
    gates = tuple(note for note in notes if note.state is NoteState.ACTIVE and (note.forbid or note.require))
    return Gates(gates) if gates else None


def _concerns(note: Note, paths: Sequence[str]) -> bool:
    return not note.paths or any(any_matches(note.paths, path) for path in paths)


def _scope(note: Note, files: Sequence[tuple[str, _Lines]]) -> list[int]:
    """Return the files that its pattern is for; a gate without globs of its own has those of its note."""
    globs = (note.forbid.paths if note.forbid else ()) or note.paths
    return [index for index, (path, _) in enumerate(files) if not globs or any_matches(globs, path)]


def _new_lines(changes: Iterable[Change]) -> list[tuple[str, _Lines]]:
    """Return, by path, the numbered lines that the job adds or changes, without lines moved from a removed file."""
    batch = list(changes)
    removed = Counter(
        line for change in batch if change.after is None and change.before for line in _lines(change.before.content)
    )
    by_path = []
    for change in batch:
        if change.after is None or change.after == change.before:
            continue
        old = removed + Counter(_lines(change.before.content) if change.before else ())
        new: _Lines = []
        for number, line in enumerate(_lines(change.after.content), 1):
            if old[line] > 0:
                old[line] -= 1
            else:
                new.append((number, line))
        by_path.append((change.path, new))
    return by_path


def _lines(content: bytes) -> list[str]:
    if b"\0" in content:
        return []
    return [line.removesuffix("\r") for line in content.decode("utf-8", "replace").split("\n")]


def _matched(gates: Sequence[tuple[str, list[int]]], files: Sequence[tuple[str, _Lines]], job: str) -> list[GateAnswer]:
    """Return the child's answer for each gate; one that it did not come to is a fault."""
    question = {
        "seconds": _FILE_SECONDS,
        "files": files,
        "gates": [{"pattern": pattern, "files": indexes} for pattern, indexes in gates],
    }
    answers: list[GateAnswer] = ask("matching", question, {JOB_VARIABLE: job})
    fault: GateAnswer = {
        "hits": [],
        "more": False,
        "fault": f"it was not checked: the gates together took more than {ALL_SECONDS:g} s, or one broke the others",
    }
    return answers + [fault] * (len(gates) - len(answers))


def _code(answer: GateAnswer) -> int:
    return BROKEN if answer["fault"] else HIT if answer["hits"] else 0


def _described(note: Note, answer: GateAnswer) -> str:
    # Indented, so that no runner's summary is read out of a line of code.
    hits = [f"  {path}:{number}: {text}" for path, number, text in answer["hits"]]
    more = ["  … and more"] if answer["more"] else []
    fault = [f"this gate is broken: {answer['fault']}"] if answer["fault"] else []
    pattern = note.forbid.pattern if note.forbid else ""
    return "\n".join([*hits, *more, *fault, f"forbidden by {_reason(note)}", f"pattern: {pattern[:200]!r}"])


def _reason(note: Note) -> str:
    return f"the coaching note {note.id}:\n{quoted(note.text, _MOST_TEXT)}"


def _result(command: str, exit_code: int, text: str, seconds: float) -> CommandResult:
    output = text.encode("utf-8", "replace")
    return CommandResult(STAGE, command, exit_code, seconds, output, len(output))
