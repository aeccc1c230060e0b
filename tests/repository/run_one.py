"""A whole run as a process of its own: `run_one.py REPO STOP BASE` kills itself at the moment named STOP."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from mtor_action.repository.git import Git
from mtor_action.repository.head import resolve, switch_to
from mtor_action.repository.restoring.journal import Journal, JournaledWork, JournalStage
from mtor_action.repository.restoring.lock import Lock
from mtor_action.repository.restoring.recovery import go_back
from mtor_action.repository.restoring.status import refuse_dirty
from mtor_action.repository.revisions.commit import BranchTarget, commit
from mtor_action.repository.worktree import write
from mtor_action.tree.changes import Change, FileState

CHANGES = [
    Change("new/deep/file.py", None, FileState(b"new\n")),
    Change("only-on-main.txt", None, FileState(b"created where the starting branch has a file\n")),
    Change("a.txt", FileState(b"a\n"), FileState(b"changed\n", "100755")),
    Change("src/b.py", FileState(b"b = 1\n"), None),
    Change("ünï 🙂", None, FileState(b"x")),
]


def main(root: Path, stop: str, base_name: str) -> None:
    def moment(name: str) -> None:
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    with Lock(Git.open(root), f"mtor run {stop}") as git:
        moment("locked")
        start = refuse_dirty(git).head
        work = JournaledWork("job-1", start, resolve(git, base_name), "mtor/job")
        journal = Journal.begin(git, work, CHANGES)
        moment("begun")
        switch_to(git, "mtor/job", new_at=work.base)
        moment("switched")
        for n in range(len(CHANGES)):
            write(root, CHANGES[n : n + 1])
            moment(f"written-{n}")
        moment("written")
        target = BranchTarget("mtor/job", work.base)
        commit(git, base=work.base, target=target, changes=CHANGES, message="work")
        moment("committed")
        journal.note(stage=JournalStage.COMMITTED)
        moment("noted")
        go_back(git, journal, lambda _: 0, settled=True)
        moment("back")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
