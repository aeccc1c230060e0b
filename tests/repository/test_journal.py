from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import RepositoryError
from mtor_action.repository.head import resolve
from mtor_action.repository.restoring.journal import Journal, JournaledWork, JournalStage
from mtor_action.repository.restoring.killed_run import journal_path
from mtor_action.repository.restoring.recovery import recover
from mtor_action.repository.restoring.status import inspect
from mtor_action.tree.changes import Change, FileState

if TYPE_CHECKING:
    from mtor_action.repository.git import Git

CHANGES = [
    Change("x/raw\udcff", None, FileState(b"new", "100755")),
    Change("a.txt", FileState(b"a\n"), FileState(b"b\n")),
    Change("src/b.py", FileState(b"b = 1\n"), None),
]


def _work(git: Git, branch: str | None = "mtor/x") -> JournaledWork:
    return JournaledWork("job", inspect(git).head, resolve(git, "main"), branch)


@pytest.mark.parametrize("branch", ["mtor/x", None])
def test_what_is_written_is_read_again(git: Git, branch: str | None) -> None:
    journal = Journal.begin(git, _work(git, branch), CHANGES)
    journal.note(stage=JournalStage.COMMITTED, changes=[Change("later", None, FileState(b""))])
    assert Journal.load(git) == journal
    journal.remove()
    assert Journal.load(git) is None
    assert list(git.state_dir.iterdir()) == []


def test_an_existing_file_is_never_noted_as_created(git: Git) -> None:
    (git.root / "mine").touch()
    journal = Journal.begin(git, _work(git), [Change("mine", None, FileState(b""))])
    assert not journal.touched["mine"].created


def test_a_path_keeps_its_first_state_when_it_is_noted_again(git: Git) -> None:
    journal = Journal.begin(git, _work(git, None), CHANGES)
    journal.note(changes=[Change("a.txt", FileState(b"b\n"), FileState(b"c\n"))])
    assert journal.touched["a.txt"].before == FileState(b"a\n")
    assert Journal.load(git) == journal


def test_a_second_journal_does_not_replace_the_first(git: Git) -> None:
    Journal.begin(git, _work(git), CHANGES)
    with pytest.raises(RepositoryError, match="not put back"):
        Journal.begin(git, _work(git), [])


def test_garbage_is_a_clear_error_with_the_way_back_by_hand(git: Git) -> None:
    Journal.begin(git, _work(git), CHANGES)
    good = json.loads(journal_path(git).read_bytes())
    raw = journal_path(git).read_bytes()
    spoiled = [b"", raw[: len(raw) // 2], b"\xff\0", b"[]", b"null", b'{"schema": 2}']
    for key, value in (("stage", "x"), ("base", "--all"), ("branch", "-f"), ("touched", [{}]), ("start", None)):
        spoiled.append(json.dumps({**good, key: value}).encode())
    for content in spoiled:
        journal_path(git).write_bytes(content)
        with pytest.raises(RepositoryError) as caught:
            recover(git, lambda _: 0)
        assert str(journal_path(git)) in caught.value.message
        assert "git checkout -f BRANCH" in caught.value.hint


def test_a_journal_of_work_without_a_branch_needs_its_bytes(git: Git) -> None:
    Journal.begin(git, _work(git, None), CHANGES)
    (git.state_dir / "before").write_bytes(b"a")
    with pytest.raises(RepositoryError, match=r"the bytes of a\.txt are missing"):
        Journal.load(git)
