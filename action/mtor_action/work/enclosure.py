"""What commands see of a home that is closed to others: the workspace and the toolchains, at their own paths.

The workspace of a runner is in the home of the runner's user, which keeps others out by its mode alone: whoever gets in
may read many files there, such as .npmrc and .m2/settings.xml. So nobody is let in. In a mount namespace of our own
(mount_namespaces(7)) an empty folder covers the home, and the workspace is mounted inside it at its old path, so that
paths which one command writes down are right for the next. Afterwards mtor works without the cover.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mtor_action.job.ownership import User

# linux/sched.h, linux/mount.h
_NEW_NAMESPACE = 0x20000
_READ_ONLY, _NO_SET_ID, _NO_DEVICES, _REMOUNT, _BIND, _RECURSIVE, _SLAVE = 1, 2, 4, 32, 4096, 16384, 1 << 19
_DETACH = 2
_PASS_THROUGH = 0o711


@contextmanager
def enclosed(workspace: Path, toolchains: Iterable[Path]) -> Iterator[str]:
    """Cover the outermost folder above `workspace` that is closed to others, for the block; yields why that cannot be.

    `toolchains` stay where they are, read only, if they are in that folder. As root on Linux only.
    """
    closed = closed_above(workspace)
    if closed is None:
        yield ""
        return
    own = own_folders(closed, workspace)
    problem = _needed_in(closed, workspace, own) or _cover(closed, [workspace, *own], list(toolchains))
    try:
        yield problem
    finally:
        if not problem:
            _call("umount2", os.fsencode(closed), _DETACH)


def own_folders(closed: Path, workspace: Path) -> list[Path]:
    """Return the outermost folders in `closed` that mtor runs from and installs to; the workspace is shown anyway."""
    paths = (sys.prefix, str(Path(sys.executable).parent), *sys.path, os.environ.get("MTOR_INSTALL_DIR"))
    folders = {Path(path) for path in paths if path}
    inside = {path for path in folders if path.is_relative_to(closed) and path.is_dir()}
    outermost = [
        path for path in sorted(inside) if not any(path != other and path.is_relative_to(other) for other in inside)
    ]
    return [path for path in outermost if not path.is_relative_to(workspace)]


def _needed_in(closed: Path, workspace: Path, own: list[Path]) -> str:
    """Return the reason why the home cannot be covered without hiding or showing too much; "" if it can."""
    if any(workspace.is_relative_to(folder) for folder in own):
        return f"mtor itself is installed above {workspace}, in {closed}, which is closed to others"
    alternates = workspace / ".git" / "objects" / "info" / "alternates"
    if not (workspace / ".git").is_dir() or alternates.exists():
        return f"a part of the repository is elsewhere than in {workspace}, in {closed}, which is closed to others"
    return ""


def closed_above(workspace: Path) -> Path | None:
    """Return the outermost folder above the workspace that others may not pass through."""
    closed = [folder for folder in workspace.parents if not folder.stat().st_mode & stat.S_IXOTH]
    return closed[-1] if closed else None


def toolchains_for(user: User, path: Iterable[Path], further: Iterable[Path], closed: Path | None) -> list[Path]:
    """Return those of the folders that are in `closed`, and open to `user` but for that one.

    Return a PATH's folders called `bin` only: nobody wants a home in PATH to be open.
    """
    if closed is None:
        return []
    programs = [folder for folder in path if folder.name in ("bin", "sbin", "shims")]
    return [candidate for candidate in dict.fromkeys((*programs, *further)) if _is_open_below(candidate, closed, user)]


def _is_open_below(folder: Path, closed: Path, user: User) -> bool:
    if not folder.is_relative_to(closed) or folder == closed or ".." in folder.parts or not folder.is_dir():
        return False
    between = [folder, *(part for part in folder.parents if part != closed and part.is_relative_to(closed))]
    modes = [part.lstat() for part in between]
    return all(stat.S_ISDIR(mode.st_mode) and mode.st_mode & stat.S_IXOTH and mode.st_uid != user.uid for mode in modes)


def _cover(closed: Path, ours: list[Path], toolchains: list[Path]) -> str:
    """Cover the folder but for what is kept, the workspace first, and the toolchains; why that cannot be, or ""."""
    with ExitStack() as stack:
        try:
            _call("unshare", _NEW_NAMESPACE)
            _mount(None, Path("/"), _RECURSIVE | _SLAVE)
            # Held by descriptors, for their names are covered next; of this namespace, or they could not be mounted.
            further = (tool for tool in toolchains if not any(tool.is_relative_to(folder) for folder in ours))
            visible = (*ours, *further)
            held = [(path, _opened(path, stack)) for path in visible]
            _mount("tmpfs", closed, _NO_SET_ID | _NO_DEVICES)
        except OSError as error:
            return f"{closed} is closed to others, and no mount can be made that leaves it so: {error.strerror}"
        try:
            for path, descriptor in held:
                _mount_again(path, descriptor, closed, read_only=path not in ours)
            _mount(None, closed, _REMOUNT | _BIND | _READ_ONLY)
        except OSError as error:
            _call("umount2", os.fsencode(closed), _DETACH)
            return f"{closed} is closed to others, and {ours[0]} cannot be mounted in a place of its own: {error}"
    return ""


def _opened(path: Path, stack: ExitStack) -> int:
    descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return descriptor


def _mount_again(path: Path, descriptor: int, closed: Path, *, read_only: bool) -> None:
    for folder in reversed((path, *path.parents)):
        if folder != closed and folder.is_relative_to(closed) and not folder.exists():
            folder.mkdir()
            folder.chmod(_PASS_THROUGH)
    _mount(f"/proc/self/fd/{descriptor}", path, _BIND | _RECURSIVE)
    if read_only:
        _mount(None, path, _REMOUNT | _BIND | _READ_ONLY)


def _mount(source: str | None, target: Path, flags: int) -> None:
    is_new = source == "tmpfs"
    device = os.fsencode(source) if source else None
    options = f"mode={_PASS_THROUGH:o},size=1m".encode() if is_new else None
    _call("mount", device, os.fsencode(target), b"tmpfs" if is_new else None, flags, options)


def _call(name: str, *arguments: bytes | int | None) -> None:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    converted = [ctypes.c_ulong(item) if isinstance(item, int) and name == "mount" else item for item in arguments]
    if getattr(library, name)(*converted) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
