"""Untracked files as they were at one moment, and as they were again: in place, without a copy of everything.

Of every file a print is kept, of small ones outside caches and packages a copy. What is new or changed later is
moved aside; a copy takes its place if there is one. A cache in which anything changed goes as a whole.
"""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import RepositoryError
from mtor_action.repository.restoring.set_aside import Aside, Fate
from mtor_action.repository.restoring.untracked import (
    FOLDER,
    Differences,
    cache_of,
    differences,
    is_package,
    is_special,
    prints,
    tracked_prints,
    without_ctime,
)
from mtor_action.repository.worktree import Folders

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mtor_action.repository.git import Git

_MOST_COPY_BYTES = 1024 * 1024
_MOST_BYTES = 64 * 1024 * 1024
_MOST_COPIES = 5_000


@dataclass(slots=True)
class Snapshot:
    """`prints` by path, `copies` with the number of each path's copy in `folder`, which is the job's own.

    `was_lent` says that the tree had another owner in between, which changed the ctime of every file.
    """

    folder: Path
    prints: dict[str, str]
    copies: dict[str, int] = field(default_factory=dict)
    tracked: dict[str, str] = field(default_factory=dict)
    was_lent: bool = False

    @classmethod
    def take(cls, git: Git, own: Collection[str], job: str, *, copying: bool) -> Snapshot:
        """Look at everything untracked but `own`, and keep it for a run that is taken up again."""
        folder = git.state_dir / "jobs" / job / "before"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        snapshot = cls(folder, prints(git, own), tracked=tracked_prints(git, own))
        if copying:
            snapshot._copy(git.root)
        record = json.dumps({"prints": snapshot.prints, "copies": snapshot.copies, "tracked": snapshot.tracked})
        (folder / "prints.new").write_text(record, encoding="ascii")
        (folder / "prints.new").replace(folder / "prints.json")
        return snapshot

    @classmethod
    def load(cls, git: Git, job: str, *, was_lent: bool) -> Snapshot | None:
        """Return the one that an earlier process took, None if there is none that can be read."""
        folder = git.state_dir / "jobs" / job / "before"
        try:
            record = json.loads((folder / "prints.json").read_bytes())
            return cls(folder, dict(record["prints"]), dict(record["copies"]), dict(record["tracked"]), was_lent)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def renew_tracked(self, git: Git, own: Collection[str]) -> None:
        """Write tracked files anew that were touched since: their times and rights could say that a run was before."""
        now = tracked_prints(git, own)
        touched = [path for path, text in now.items() if self.tracked.get(path) != text]
        with Folders(git.root) as folders:
            for path in touched:
                folders.remove(path)
        if touched:
            names = "\0".join(touched).encode("utf-8", "surrogateescape")
            git.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=names)

    def put_back(self, git: Git, own: Collection[str], aside: Aside) -> list[str]:
        """Let the tree's untracked files be as they were; the paths of those that cannot be.

        Raises RepositoryError for what cannot be moved.
        """
        differences = self._differences(git, own)
        restored = [path for path in (*differences.changed, *differences.gone) if path in self.copies]
        fates = [(path, Fate.DROPPED) for path in differences.caches]
        # Code that a command left where code is loaded from must not wait there for the next job.
        fates += [(path, Fate.KEPT if is_package(path) else Fate.UNLESS_REMADE) for path in differences.new]
        fates += [(path, Fate.DROPPED if path in self.copies else Fate.BACK) for path in differences.changed]
        aside.move(fates)
        for path in restored:
            self._restore(git.root, path)
        return [path for path in differences.gone if path not in self.copies and not self._remake(git.root, path)]

    def end(self, git: Git, own: Collection[str], aside: Aside) -> None:
        """Take what came since from where code is loaded from, lest the next job starts with it; remove the copies."""
        new = self._differences(git, own).new
        aside.move([(path, Fate.KEPT) for path in new if is_package(path)])
        aside.come_back()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _differences(self, git: Git, own: Collection[str]) -> Differences:
        before, now = self.prints, prints(git, own)
        if self.was_lent:
            before, now = without_ctime(before), without_ctime(now)
        return differences(git.root, before, now)

    def _copy(self, root: Path) -> None:
        size = 0
        for path in sorted(self.prints, key=lambda path: path.count("/")):
            if len(self.copies) >= _MOST_COPIES:
                break
            if is_package(path) or cache_of(root, path):
                continue
            with suppress(OSError):
                state = (root / path).lstat()
                is_kept = stat.S_ISREG(state.st_mode) or stat.S_ISLNK(state.st_mode)
                if not is_kept or state.st_size > min(_MOST_COPY_BYTES, _MOST_BYTES - size):
                    continue
                number = len(self.copies)
                shutil.copy2(root / path, self.folder / str(number), follow_symlinks=False)
                self.copies[path] = number
                size += state.st_size

    def _restore(self, root: Path, path: str) -> None:
        copy = self.folder / "again"
        shutil.copy2(self.folder / str(self.copies[path]), copy, follow_symlinks=False)
        with Folders(root) as folders:
            folders.move_in(copy, path)

    def _remake(self, root: Path, path: str) -> bool:
        """Make a folder that is gone; whether it is as it was. A socket or a pipe has nothing to be put back."""
        if self.prints[path] != FOLDER:
            return is_special(self.prints[path])
        try:
            with Folders(root) as folders:
                folders.make_folder(path)
        except (OSError, RepositoryError):
            return False
        return True
