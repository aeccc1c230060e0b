"""The branch mtor-coaching: one process reads it, compare-and-swap writes it, no working tree is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.coaching import store
from mtor_action.coaching.branch_objects import Objects
from mtor_action.coaching.note import Forbid, Note, NoteState
from mtor_action.coaching.notebook import Candidate, add, promote, propose, set_state
from mtor_action.coaching.notes_file_edits import HEADER
from mtor_action.coaching.runs import RunRecord, with_run
from mtor_action.errors import GitError, MtorError, RepositoryError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mtor_action.repository.git import Git

RUN = RunRecord("job", "2026-11-23T10:00:00Z", "clean", ("a",), ("x.py",), 10, green_without_model=True)
ADD_MANY = """
import sys
from pathlib import Path
from mtor_action.coaching.notebook import add
from mtor_action.coaching.note import Note, NoteState
from mtor_action.repository.git import Git
git = Git.open(Path("."))
for number in range(int(sys.argv[2])):
    print(add(git, [Note(id="", text=f"{sys.argv[1]} says {number}", state=NoteState.ACTIVE)]).added[0].id, flush=True)
"""

PROPOSE_MANY = """
from pathlib import Path
from mtor_action.coaching.notebook import Candidate, propose
from mtor_action.repository.git import Git
for _ in range(5):
    propose(Git.open(Path(".")), [Candidate("Use httpx.")])
"""


def _start(repo: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ADD_MANY, name, str(count)],
        cwd=repo,
        env=command_line.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _notes(git: Git) -> tuple[Note, ...]:
    found = store.load(git)
    assert found is not None
    assert found.diagnostics == ()
    return found.notes


def _without_branch(state: command_line.State) -> command_line.State:
    refs = [line for line in state.refs.splitlines() if "mtor-coaching" not in line]
    return command_line.State(
        state.files, state.head, state.index, state.status, "\n".join(refs), state.stash, state.config
    )


def test_without_the_branch_there_is_nothing(git: Git) -> None:
    assert store.load(git) is None


def test_the_first_note_makes_an_orphan_branch_and_touches_nothing_else(repo: Path, git: Git) -> None:
    before = command_line.state(repo)
    outcome = add(git, [Note(id="", text="Use httpx.")])
    assert _without_branch(command_line.state(repo)) == _without_branch(before)
    assert command_line.git(repo, "rev-list", "--count", "mtor-coaching").strip() == "1"
    assert command_line.git(repo, "ls-tree", "-r", "--name-only", "mtor-coaching").split() == ["coaching.yml"]
    found = store.load(git)
    assert found is not None
    assert (found.commit, found.notes) == (outcome.commit, outcome.added)
    assert store.change(git, "coaching.yml", lambda data: data or b"", "nothing") == outcome.commit


@pytest.mark.soak
def test_two_processes_that_add_fifty_notes_each_give_a_hundred(repo: Path, git: Git) -> None:
    ended = [command_line.ended(process) for process in [_start(repo, "ada", 50), _start(repo, "bob", 50)]]
    assert [(one.code, one.err) for one in ended] == [(0, ""), (0, "")]
    names = {name for one in ended for name in one.out.split()}
    assert len(names) == 100
    assert {note.id for note in _notes(git)} == names


@pytest.mark.parametrize("lines", [1, 2, 3, 4])
def test_killed_in_the_middle_every_note_that_was_reported_is_there(repo: Path, git: Git, lines: int) -> None:
    process = _start(repo, "ada", 1000)
    assert process.stdout is not None
    told = {process.stdout.readline().decode().strip() for _ in range(lines)}
    os.killpg(process.pid, signal.SIGKILL)
    with process:
        told.update(process.stdout.read().decode().split())
    assert len(told) >= lines
    # A git that is killed while it holds the lock leaves it, and the next command says that it must be deleted.
    (repo / ".git/refs/heads/mtor-coaching.lock").unlink(missing_ok=True)
    assert told <= {note.id for note in _notes(git)}
    command_line.git(repo, "fsck", "--no-dangling")
    assert add(git, [Note(id="", text="after")]).added


def test_proposals_of_two_processes_are_counted_both(repo: Path, git: Git) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROPOSE_MANY],
            cwd=repo,
            env=command_line.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    assert [(one.code, one.err) for one in map(command_line.ended, processes)] == [(0, ""), (0, "")]
    assert [note.times for note in _notes(git)] == [10]


def test_a_lock_that_somebody_left_is_named(repo: Path, git: Git) -> None:
    add(git, [Note(id="", text="first")])
    (repo / ".git/refs/heads/mtor-coaching.lock").touch()
    with pytest.raises(RepositoryError, match=r"mtor-coaching\.lock") as caught:
        store.change(git, "coaching.yml", lambda _: HEADER, "x", attempts=3)
    assert "delete the .lock file" in caught.value.hint
    assert len(_notes(git)) == 1


def test_the_local_branch_begins_where_origins_is(repo: Path, git: Git) -> None:
    add(git, [Note(id="", text="theirs")])
    theirs = command_line.git(repo, "rev-parse", "mtor-coaching").strip()
    command_line.git(repo, "update-ref", "refs/remotes/origin/mtor-coaching", theirs)
    command_line.git(repo, "branch", "-D", "mtor-coaching")
    assert [note.text for note in _notes(git)] == ["theirs"]
    add(git, [Note(id="", text="ours")])
    assert [note.text for note in _notes(git)] == ["theirs", "ours"]
    assert command_line.git(repo, "rev-parse", "mtor-coaching^").strip() == theirs


def test_packed_refs_and_packed_objects_make_no_difference(repo: Path, git: Git) -> None:
    add(git, [Note(id="", text="first")])
    command_line.git(repo, "pack-refs", "--all")
    command_line.git(repo, "gc", "-q")
    add(git, [Note(id="", text="second")])
    assert [note.text for note in _notes(git)] == ["first", "second"]


def test_a_branch_that_is_checked_out_somewhere_is_not_moved(repo: Path, git: Git, tmp_path: Path) -> None:
    add(git, [Note(id="", text="first")])
    command_line.git(repo, "worktree", "add", "-q", str(tmp_path / "other place"), "mtor-coaching")
    with pytest.raises(RepositoryError, match=r"is checked out in .*other place"):
        add(git, [Note(id="", text="second")])
    assert len(_notes(git)) == 1
    assert command_line.git(tmp_path / "other place", "status", "--porcelain") == ""


def test_a_file_that_a_partial_clone_lacks_never_counts_as_missing(repo: Path, git: Git) -> None:
    add(git, [Note(id="", text="first")])
    blob = command_line.git(repo, "rev-parse", "mtor-coaching:coaching.yml").strip()
    (repo / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match="missing"):
        store.load(git)
    with pytest.raises(GitError, match="missing"):
        add(git, [Note(id="", text="second")])


def test_other_files_on_the_branch_stay(repo: Path, git: Git) -> None:
    store.append_run(git, RUN)
    add(git, [Note(id="", text="first")])
    assert command_line.git(repo, "ls-tree", "-r", "--name-only", "mtor-coaching").split() == [
        "coaching.yml",
        "runs/2026-11.jsonl",
    ]
    assert command_line.git(repo, "show", "mtor-coaching:coaching.yml").startswith(HEADER.decode())


def test_runs_are_appended_by_month_and_the_latest_two_are_loaded(git: Git) -> None:
    for month in ("09", "10", "11", "11"):
        store.append_run(git, RUN._replace(date=f"2026-{month}-01", job=month))
    found = store.load(git)
    assert found is not None
    assert [run.job for run in found.runs] == ["10", "11", "11"]
    whole = store.load(git, every_run=True)
    assert whole is not None
    assert [run.job for run in whole.runs] == ["09", "10", "11", "11"]


@pytest.mark.parametrize("meanwhile", [(), ("between",)])
def test_the_file_that_was_read_before_is_appended_to_only_while_it_is_still_the_branchs(
    git: Git, meanwhile: tuple[str, ...]
) -> None:
    store.append_run(git, RUN._replace(job="before"))
    with Objects(git) as objects:
        loaded = store.load_notes(git, objects)
    assert loaded is not None
    for job in meanwhile:
        store.append_run(git, RUN._replace(job=job))
    store.append_run(git, RUN._replace(job="after"), loaded[1])
    store.append_run(git, RUN._replace(date="2026-12-01", job="next month"), loaded[1])
    found = store.load(git)
    assert found is not None
    assert [run.job for run in found.runs] == ["before", *meanwhile, "after", "next month"]


def test_of_many_runs_the_latest_thousand_are_loaded_across_files(git: Git) -> None:
    for number, month in enumerate(("09", "10", "11")):
        lines = b"".join(with_run(None, RUN._replace(job=f"{month}-{n}")) for n in range((800, 800, 300)[number]))
        store.change(git, f"runs/2026-{month}.jsonl", lambda _, lines=lines: lines, "many")  # type: ignore[misc]
    found = store.load(git)
    assert found is not None
    assert [run.job for run in found.runs] == [*(f"10-{n}" for n in range(100, 800)), *(f"11-{n}" for n in range(300))]


def test_a_file_of_runs_that_is_full_is_followed_by_another(repo: Path, git: Git) -> None:
    big = b"".join(with_run(None, RUN._replace(job=f"job-{n}")) for n in range(600))
    for name in ("2026-11", "2026-11.2", "2026-11.9"):
        store.change(git, f"runs/{name}.jsonl", lambda _: big, "full")
    store.change(git, "runs/2026-11.1.jsonl", lambda _: big, "no name of ours")
    for job in ("next", "last"):
        store.append_run(git, RUN._replace(job=job))
    store.append_run(git, RUN._replace(date="2026-10-31", job="older"))
    assert command_line.git(repo, "show", "mtor-coaching:runs/2026-11.10.jsonl").count("\n") == 2
    assert command_line.git(repo, "show", "mtor-coaching:runs/2026-10.jsonl").count("\n") == 1
    recent, whole = store.load(git), store.load(git, every_run=True)
    assert recent is not None
    assert whole is not None
    assert [run.job for run in recent.runs][-3:] == ["job-599", "next", "last"]
    assert len(recent.runs) == 1000
    assert len(whole.runs) == 3 * 600 + 3
    assert whole.runs[0].job == "older"


def test_proposals_are_counted_not_repeated(git: Git) -> None:
    first = propose(git, [Candidate("Use HTTPX!", ("/src/**",), source="job 1"), Candidate("use httpx")], "2026-11-23")
    assert [note.text for note in first.added] == ["Use HTTPX!"]
    again = propose(
        git, [Candidate("use  httpx."), Candidate("Other\u202e.\x00"), Candidate("x" * 2001), Candidate(" ")]
    )
    assert [note.text for note in again.added] == ["Other ."]
    assert len(again.refused) == 2
    known, other = _notes(git)
    assert (known.times, known.state, known.paths) == (2, NoteState.PROPOSED, ("src/**",))
    assert other.times == 1
    assert propose(git, [Candidate("!!!")]).commit == ""


def test_a_note_is_accepted_retired_and_made_a_gate(git: Git) -> None:
    note = propose(git, [Candidate("Use httpx.", ("src/**",))]).added[0]
    assert set_state(git, note.id, NoteState.ACTIVE).state is NoteState.ACTIVE
    assert set_state(git, note.id, NoteState.RETIRED).state is NoteState.RETIRED
    gate = promote(git, note.id, Forbid("^import requests"))
    assert gate.forbid == Forbid("^import requests", ("src/**",))
    assert _notes(git)[0] == gate._replace(state=NoteState.ACTIVE)
    with pytest.raises(UsageError, match="already"):
        promote(git, note.id, Forbid("other"))
    with pytest.raises(UsageError, match="not a valid regular expression"):
        promote(git, note.id, Forbid("("))


def test_an_unknown_id_names_the_nearest_and_makes_no_branch(git: Git) -> None:
    with pytest.raises(UsageError):
        set_state(git, "nowhere", NoteState.ACTIVE)
    assert store.load(git) is None
    note = add(git, [Note(id="", text="Use httpx.")]).added[0]
    with pytest.raises(UsageError) as caught:
        set_state(git, note.id[:-1], NoteState.ACTIVE)
    assert note.id in caught.value.hint


def test_a_coaching_file_that_is_not_a_file_is_an_error_and_not_a_loss(repo: Path, git: Git) -> None:
    store.append_run(git, RUN)
    store.change(git, "coaching.yml/x", lambda _: b"odd", "a folder")
    with pytest.raises(MtorError):
        add(git, [Note(id="", text="first")])
    assert command_line.git(repo, "show", "mtor-coaching:coaching.yml/x") == "odd"
