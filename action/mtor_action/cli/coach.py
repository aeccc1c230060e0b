"""`mtor coach`: the notes on the branch mtor-coaching, where every change is one commit; no working tree is touched."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtor_action.cli.printing import print_diagnostics, print_json
from mtor_action.coaching.note import Forbid, Note, NoteState, Severity
from mtor_action.errors import CoachingRejected, UsageError
from mtor_action.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.coaching.notebook import NotesChange


_EXIT_MISTAKES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each thing that is done with a note."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, run_action: Any, help: str) -> argparse.ArgumentParser:  # noqa: A002  argparse's own word
        sub = actions.add_parser(name, help=help, description=help, allow_abbrev=False)
        # Suppressed, so that what was said before the action stays.
        sub.add_argument("--repo", metavar="DIR", default=argparse.SUPPRESS, help="the repository")
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON on stdout")
        sub.set_defaults(coach_run=run_action)
        return sub

    adding = action("add", _add, "add a note that is active immediately")
    adding.add_argument("text", metavar="TEXT", help="what the implementer should know about this repository")
    adding.add_argument("--path", metavar="GLOB", action="append", default=[], help="only for these files; repeatable")
    adding.add_argument("--severity", choices=[*Severity], default=Severity.SHOULD, help="default: should")
    adding.add_argument("--source", metavar="LINK", default="", help="where the remark comes from")
    action("list", _list, "list the notes").add_argument(
        "--state", choices=[*NoteState], help="list only notes in this state"
    )
    action("accept", _accept, "make a proposed note active").add_argument("id", metavar="ID")
    action("retire", _retire, "keep a note, but no longer give it to runs").add_argument("id", metavar="ID")
    promoting = action("promote", _promote, "turn a note into a gate: no changed line may match the pattern")
    promoting.add_argument("id", metavar="ID")
    promoting.add_argument("--forbid", metavar="REGEX", required=True, help="the pattern, for one line")
    promoting.add_argument("--path", metavar="GLOB", action="append", default=[], help="default: the note's own paths")
    action("stats", _stats, "compare runs that got a note with runs that did not")
    importing = action("import", _import, "add the bullets of a Markdown file, or the notes of a coaching.yml")
    importing.add_argument("file", metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Return 0; 2 with diagnostics if coaching.yml has mistakes; 3 if git refuses; 64 for a wrong command line."""
    # A run that was interrupted is not put back here: nothing that it touches is touched.
    git = Git.open(Path(arguments.repo or "."))
    try:
        return int(arguments.coach_run(git, arguments))
    except CoachingRejected as error:
        if arguments.json:
            print_json({"notes": [], "diagnostics": [diagnostic.as_json() for diagnostic in error.diagnostics]})
        else:
            print_diagnostics(error.diagnostics)
        print(f"mtor: {error.message}\n      {error.hint}", file=sys.stderr)
        return _EXIT_MISTAKES


def _add(git: Git, arguments: argparse.Namespace) -> int:
    note = Note(
        id="",
        text=arguments.text,
        paths=_globs(arguments.path),
        severity=Severity(arguments.severity),
        state=NoteState.ACTIVE,
        source=_source(arguments.source),
        author=_author(git),
        created=_today(),
    )
    from mtor_action.coaching.notebook import add

    return _print_outcome(add(git, [note]), as_json=arguments.json)


def _import(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.importing import notes_of
    from mtor_action.coaching.notebook import add

    imported = notes_of(Path(arguments.file))
    for name in imported.without_require:
        print(f"mtor: {name}: its `require` was left out; a command can only be added by a commit", file=sys.stderr)
    author, today = _author(git), _today()
    notes = [note._replace(author=note.author or author, created=note.created or today) for note in imported.notes]
    return _print_outcome(add(git, notes), as_json=arguments.json)


def _accept(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.notebook import set_state

    return _changed(set_state(git, arguments.id, NoteState.ACTIVE), as_json=arguments.json)


def _retire(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.notebook import set_state

    return _changed(set_state(git, arguments.id, NoteState.RETIRED), as_json=arguments.json)


def _promote(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.notebook import promote

    forbid = Forbid(arguments.forbid, _globs(arguments.path))
    return _changed(promote(git, arguments.id, forbid), as_json=arguments.json)


def _list(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.store import load

    stored = load(git)
    notes = [note for note in stored.notes if arguments.state in (None, note.state)] if stored else []
    diagnostics = stored.diagnostics if stored else ()
    if arguments.json:
        rows = [_as_json(note) for note in notes]
        print_json(
            {
                "commit": stored.commit if stored else None,
                "notes": rows,
                "diagnostics": [diagnostic.as_json() for diagnostic in diagnostics],
            }
        )
    else:
        _print_notes(notes)
        print_diagnostics(diagnostics)
    return _EXIT_MISTAKES if diagnostics else 0


def _stats(git: Git, arguments: argparse.Namespace) -> int:
    from mtor_action.coaching.stats import effects, table
    from mtor_action.coaching.store import load
    from mtor_action.neutral import visible

    stored = load(git, every_run=True)
    rows = effects(stored.notes, stored.runs) if stored else []
    diagnostics = stored.diagnostics if stored else ()
    if arguments.json:
        print_json({"runs": len(stored.runs) if stored else 0, "notes": [row.as_json() for row in rows]})
    elif rows:
        print(visible(table(rows)))
    else:
        print("mtor: there are no notes", file=sys.stderr)
    if diagnostics and not arguments.json:
        print_diagnostics(diagnostics)
    return _EXIT_MISTAKES if diagnostics else 0


def _print_outcome(outcome: NotesChange, *, as_json: bool) -> int:
    if as_json:
        added, already_there = ([_as_json(note) for note in notes] for notes in (outcome.added, outcome.known))
        print_json({"commit": outcome.commit, "added": added, "known": already_there})
        return 0
    for note in outcome.added:
        print(f"{note.id} {note.state}")
    for note in outcome.known:
        hint = f"; to use it: mtor coach accept {note.id}" if note.state is not NoteState.ACTIVE else ""
        print(f"mtor: {note.id} ({note.state}) already says the same{hint}", file=sys.stderr)
    if outcome.added:
        _print_push_hint()
    return 0


def _changed(note: Note, *, as_json: bool) -> int:
    if as_json:
        print_json({"note": _as_json(note)})
    else:
        print(f"{note.id} {note.state}" + (f", forbids {note.forbid.pattern}" if note.forbid else ""))
        _print_push_hint()
    return 0


def _print_push_hint() -> None:
    print("mtor: on the local branch mtor-coaching; share it: git push origin mtor-coaching", file=sys.stderr)


def _print_notes(notes: Sequence[Note]) -> None:
    from mtor_action.neutral import inert_log, visible

    if not notes:
        print("mtor: there are no notes; write one: mtor coach add TEXT", file=sys.stderr)
    for note in notes:
        marks = [note.state, note.severity, *note.paths]
        marks += [f"seen {note.times} times"] if note.times > 1 else []
        marks += [f"forbids {note.forbid.pattern}"] if note.forbid else []
        marks += [f"requires {note.require}"] if note.require else []
        text = "\n".join(f"    {line}" for line in note.text.split("\n"))
        print(inert_log(visible(f"{note.id}  ({', '.join(marks)})\n{text}")))


def _as_json(note: Note) -> dict[str, object]:
    fields = note._asdict()
    fields["count"] = fields.pop("times")
    fields["forbid"] = note.forbid._asdict() if note.forbid else None
    return fields


def _globs(globs: Sequence[str]) -> tuple[str, ...]:
    for glob in globs:
        if not glob.strip() or glob != glob.strip() or glob.startswith("/") or not glob.isprintable():
            raise UsageError(f"--path {glob!r}: expected a glob relative to the repository", "for example 'src/**'")
    return tuple(globs)


def _source(text: str) -> str:
    if not text.isprintable() or len(text) > 300:
        raise UsageError("--source: expected one line of at most 300 characters", "give a link")
    return text.strip()


def _author(git: Git) -> str:
    from mtor_action.coaching.notes_file_edits import without_invisible
    from mtor_action.repository.revisions.commit import committer

    return without_invisible(committer(git).partition("<")[0])[:100]


def _today() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()
