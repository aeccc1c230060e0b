"""Commands as another user: who that is, and the tree, home and environment that it has meanwhile."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError, UsageError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.repository.restoring.lent_tree import LentTree, lend, lend_again, remove_home, take_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.repository.git import Git


class User(NamedTuple):
    """Somebody else: uid, gid and the name to show."""

    uid: int
    gid: int
    name: str


def find_user(name: str) -> User:
    """Return the user of a name or a number. Raises UsageError if there is none, or if we may not become it."""
    import pwd

    try:
        entry = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
        user = User(entry.pw_uid, entry.pw_gid, entry.pw_name)
    except KeyError as error:
        if not name.isdigit():
            raise UsageError(f"there is no user {name!r}", "name a user of this machine, or a number") from error
        user = User(int(name), int(name), name)
    if os.geteuid() != 0:
        raise UsageError("--as-user needs root, to become somebody else", "run it without, or with sudo")
    if user.uid == 0:
        raise UsageError("--as-user root would change nothing", "name a user without privileges, such as nobody")
    return user


class Borrowed(NamedTuple):
    """A lent tree: what commands see on top of the usual environment.

    `again` lends what was written since, `renew` empties the home folder.
    """

    environment: dict[str, str]
    again: Callable[[], None]
    renew: Callable[[], None]


@contextmanager
def lent(git: Git, user: User) -> Iterator[Borrowed]:
    """Lend the working tree and a home folder of its own to `user`, whose processes have ended on leaving."""
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="mtor-home-", dir=_open_folder(user)))
    try:
        loan = lend(git, user.uid, user.gid, home)
        _refuse_closed(git.root, user)
        _furnish(home, user)
        environment = _environment(git.root, user, home)
        yield Borrowed(environment, lambda: lend_again(git, loan), lambda: _renew(home, user, loan))
    finally:
        take_back(git)
        with suppress(OSError):
            home.rmdir()  # still there if it was never lent


def _environment(root: Path, user: User, home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "USER": user.name,
        "LOGNAME": user.name,
        "TMPDIR": str(home / "tmp"),
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA", "STATE")},
        # The repository stays ours, and git refuses to read other people's.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(root),
    }


def _renew(home: Path, user: User, loan: LentTree) -> None:
    """Empty the home folder, as it was before the first command; no process of the user may run."""
    remove_home(home, loan)
    home.mkdir(mode=0o700)
    _furnish(home, user)


def _furnish(home: Path, user: User) -> None:
    (home / "tmp").mkdir()
    for folder in (home / "tmp", home):
        os.chown(folder, user.uid, user.gid)


def _open_folder(user: User) -> str:
    """Return the folder for temporary files, or /tmp where that one is closed to `user`."""
    import tempfile

    folder = tempfile.gettempdir()
    return folder if _can_enter(Path(folder), user) else "/tmp"  # noqa: S108  mkdtemp makes the name


def _refuse_closed(root: Path, user: User) -> None:
    if not _can_enter(root, user):
        raise MtorError(
            f"{user.name} cannot enter {root}: a folder above it is closed to others",
            "move the repository, or open the folders above it with chmod o+x",
        )


def _can_enter(folder: Path, user: User) -> bool:
    import subprocess

    probe, path = ["test", "-x", str(folder)], {"PATH": os.environ.get("PATH", os.defpath)}
    return subprocess.run(probe, user=user.uid, group=user.gid, extra_groups=(), env=path, check=False).returncode == 0
