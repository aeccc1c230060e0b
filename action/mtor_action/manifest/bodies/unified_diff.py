r"""Unified diffs as git prints them, the body of a `diff patch` block.

    patch  = file+
    file   = "diff --git a/OLD b/NEW" extended-header* ["--- a/OLD" "+++ b/NEW" hunk*]
    hunk   = "@@" anything (" " context | "-" removed | "+" added | "\ No newline at end of file")+

Positions and counts are hints, which may be wrong or left out: a hunk ends where the next hunk or file begins. Right
counts tell a removed line `-- a/x` from a file's header. Format: https://git-scm.com/docs/diff-format
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.tree.changes import FileMode

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?: .*)?", re.DOTALL)
_MODES: dict[str, FileMode] = {"100644": "100644", "100755": "100755"}
_SPECIAL = {"120000": "a symbolic link", "160000": "a submodule"}
_IGNORED = (b"index ", b"similarity index ", b"dissimilarity index ")


class PatchHunk(NamedTuple):
    """`lines` are (sign, text) with sign one of " ", "-", "+"; text has no ending. `line` is 0-based."""

    lines: tuple[tuple[str, bytes], ...]
    line: int
    old_ends_without_newline: bool = False
    new_ends_without_newline: bool = False

    @property
    def old(self) -> tuple[bytes, ...]:
        """Context and removed lines: what the file must have."""
        return tuple(text for sign, text in self.lines if sign != "+")

    @property
    def new(self) -> tuple[bytes, ...]:
        """Context and added lines: what the file will have there."""
        return tuple(text for sign, text in self.lines if sign != "-")


class FilePatch(NamedTuple):
    """The changes of a patch to one file. `old` is None for a new file, `new` for a deleted one."""

    old: str | None
    new: str | None
    line: int
    old_mode: FileMode | None = None
    new_mode: FileMode | None = None
    hunks: tuple[PatchHunk, ...] = ()

    @property
    def path(self) -> str:
        """The path that diagnostics and reports name."""
        return self.new if self.new is not None else self.old or ""


@dataclass(slots=True)
class _Header:
    """The lines before a file's hunks. Names are as printed, with git's a/ and b/."""

    old: str = ""
    new: str = ""
    renamed_from: str = ""
    renamed_to: str = ""
    is_new: bool = False
    is_deleted: bool = False
    old_mode: FileMode | None = None
    new_mode: FileMode | None = None
    has_names: bool = False

    def take_name(self, word: bytes, name: str) -> None:
        """Record the name in a `---` or `+++` line."""
        if word == b"---":
            self.old = name
        else:
            self.new, self.has_names = name, True
        self.is_new = self.is_new or (word == b"---" and name == _NOWHERE)
        self.is_deleted = self.is_deleted or (word == b"+++" and name == _NOWHERE)

    def names(self) -> tuple[str | None, str | None]:
        """Return the paths before and after. The prefixes are git's only if both sides have theirs."""
        if self.renamed_from and self.renamed_to:
            return self.renamed_from, self.renamed_to
        old, new = self.old, self.new
        if (old == _NOWHERE or old.startswith("a/")) and (new == _NOWHERE or new.startswith("b/")):
            old, new = old.removeprefix("a/"), new.removeprefix("b/")
        return (None if self.is_new else old), (None if self.is_deleted else new)

    def fault(self) -> tuple[str, str] | None:
        """Return what is wrong with the header as a whole, and a hint."""
        old, new = self.names()
        if not self.new or old == new is None:
            return "a file of the patch has no name, expected --- a/PATH and +++ b/PATH", _AS_IT_IS
        if None not in (old, new) and old != new and not self.renamed_to:
            return (
                f'the patch names "{old}" and "{new}" without a rename, expected one path',
                "make it with `git diff --src-prefix=a/ --dst-prefix=b/`; git prints renames as rename from and to",
            )
        return None


_NOWHERE = "/dev/null"
_AS_IT_IS = "paste the output of `git diff` as it is"


def _form_of(line: bytes) -> str:
    """Return how to write what begins with this line, which no patch has."""
    if line.startswith(b"*** "):
        return "write --- a/PATH and +++ b/PATH instead, then the hunks, each after a line of @@"
    if line.startswith(b"@@"):
        return "write --- a/PATH and +++ b/PATH above the hunks"
    return "every line of a hunk begins with a space, + or -"


def _body_fault(patch: FilePatch) -> tuple[str, str] | None:
    signs = {sign for hunk in patch.hunks for sign, _ in hunk.lines}
    if patch.old is None and signs - {"+"}:
        return "the patch of a new file keeps or removes lines, expected added lines only", _AS_IT_IS
    if patch.new is None and signs - {"-"}:
        return "the patch of a deleted file keeps or adds lines, expected removed lines only", _AS_IT_IS
    if len(patch.hunks) > 1 and None in (patch.old, patch.new):
        return "the patch of a new or deleted file has several hunks, expected one", _AS_IT_IS
    says_nothing = patch.old == patch.new and patch.new_mode is None
    if says_nothing and not patch.hunks:
        return "the patch changes nothing, expected a hunk, a mode or a rename", _AS_IT_IS
    return None


class _Patch:
    def __init__(self, lines: Sequence[bytes], first: int, fault: Callable[[str, int, str, str], None]) -> None:
        self.lines = lines
        self.first = first
        self.at = 0
        self._fault = fault
        self._faults = 0

    def fault(self, rule: str, at: int, message: str, hint: str = "") -> None:
        self._faults += 1
        self._fault(rule, self.first + at, message, hint)

    def peek(self) -> bytes:
        return self.lines[self.at] if self.at < len(self.lines) else b""

    def files(self) -> list[FilePatch]:
        files: list[FilePatch] = []
        while self.at < len(self.lines):
            line = self.peek()
            if line.startswith(b"diff --git "):
                files += self._file_patches(self._header_names(line))
            elif line.startswith(b"--- ") and self.at + 1 < len(self.lines):
                files += self._file_patches(_Header())
            else:
                if line.strip():
                    self._stray()
                self.at += 1
        return files

    def _file_patches(self, header: _Header) -> list[FilePatch]:
        patch = self._file(header)
        return [patch] if patch else []

    def _stray(self) -> None:
        self.fault(
            "patch-text",
            self.at,
            "this line is not part of a patch, expected a line that begins with diff --git, or --- and +++",
            _form_of(self.peek()),
        )
        while self.at + 1 < len(self.lines) and not self.lines[self.at + 1].startswith((b"diff --git ", b"--- ")):
            self.at += 1

    def _header_names(self, line: bytes) -> _Header:
        self.at += 1
        names = line[len(b"diff --git ") :]
        half = len(names) // 2
        if names.startswith(b'"'):
            old, remainder = _quoted(names)
            return _Header(old, _name(remainder.strip()))
        if names[half : half + 1] == b" " and names[2:half] == names[half + 3 :]:
            return _Header(_name(names[:half]), _name(names[half + 1 :]))
        first, _, second = names.partition(b" ")
        return _Header(_name(first), _name(second))

    def _file(self, header: _Header) -> FilePatch | None:
        opened = max(0, self.at - 1) if header.old else self.at
        before = self._faults
        while self.at < len(self.lines) and not self.peek().startswith((b"@@", b"diff --git ")):
            line = self.peek()
            if not line.strip():
                self.at += 1
                break
            if line.startswith(b"--- ") and header.has_names:
                break
            if not self._extended(header, line):
                break
            self.at += 1
        hunks = tuple(self._hunks())
        old, new = header.names()
        patch = FilePatch(old, new, self.first + opened, header.old_mode, header.new_mode, hunks)
        fault = header.fault() or _body_fault(patch) if self._faults == before else None
        if fault:
            self.fault("patch-text", opened, *fault)
        return patch if self._faults == before else None

    def _extended(self, header: _Header, line: bytes) -> bool:
        """Read one line of a header; whether it was one."""
        word, _, value = line.partition(b" ")
        text = value.decode("utf-8", "replace").strip()
        if line.startswith(b"index ") and " " in text and text.rpartition(" ")[2] in _SPECIAL:
            self._mode(text)
        elif line.startswith((b"new file mode ", b"new mode ")):
            header.is_new, header.new_mode = line.startswith(b"new file"), self._mode(text)
        elif line.startswith((b"deleted file mode ", b"old mode ")):
            header.is_deleted, header.old_mode = line.startswith(b"deleted"), self._mode(text)
        elif line.startswith(b"rename from "):
            header.renamed_from = _name(line[12:])
        elif line.startswith(b"rename to "):
            header.renamed_to = _name(line[10:])
        elif word in (b"---", b"+++"):
            header.take_name(word, _name(value))
        elif not line.startswith(_IGNORED):
            self._unknown(line)
            return line.startswith((b"copy ", b"Binary ", b"GIT binary"))
        return True

    def _unknown(self, line: bytes) -> None:
        if line.startswith((b"Binary ", b"GIT binary")):
            self.fault("binary", self.at, "a binary file in the patch, expected text", "commit binary files by hand")
            while self.at + 1 < len(self.lines) and not self.lines[self.at + 1].startswith(b"diff --git "):
                self.at += 1
        elif line.startswith(b"copy "):
            self.fault(
                "patch-text",
                self.at,
                "a copy in the patch, expected changes, moves, new and deleted files",
                "make the patch without -C, or use create=PATH",
            )
        else:
            self.fault(
                "patch-text",
                self.at,
                "this line is not part of a patch, expected --- and +++ or @@",
                _AS_IT_IS,
            )

    def _mode(self, text: str) -> FileMode | None:
        word = text.rpartition(" ")[2]
        if word in _SPECIAL:
            self.fault(
                "special-file",
                self.at,
                f"{_SPECIAL[word]} (mode {word}) in the patch, expected a regular file",
                "commit it by hand",
            )
        elif word not in _MODES:
            self.fault("patch-mode", self.at, f"mode {word}, expected 100644 or 100755")
        return _MODES.get(word)

    def _hunks(self) -> list[PatchHunk]:
        hunks: list[PatchHunk] = []
        while self._at_hunk():
            hunk = self._hunk()
            if hunk is not None:
                hunks.append(hunk)
        return hunks

    def _at_hunk(self) -> bool:
        """Return whether a hunk follows; blank lines before it are passed over."""
        at = self.at
        while at < len(self.lines) and not self.lines[at].strip():
            at += 1
        if at < len(self.lines) and self.lines[at].startswith(b"@@"):
            self.at = at
            return True
        return False

    def _hunk(self) -> PatchHunk | None:
        opened = self.at
        header = _HUNK.fullmatch(self.peek().rstrip())
        self.at += 1
        begun = self.at
        counts = (_count(header[2]), _count(header[4])) if header else (0, 0)
        lines, old_bare, new_bare = self._hunk_lines(counts)
        actual = (sum(sign != "+" for sign, _ in lines), sum(sign != "-" for sign, _ in lines))
        if actual != counts or not self._at_end_of_hunk():
            self.at = begun
            lines, old_bare, new_bare = self._hunk_lines(None)
        hunk = PatchHunk(tuple(lines), self.first + opened, old_bare, new_bare)
        if hunk.old == hunk.new and old_bare == new_bare:
            self.fault("no-change", opened, "the hunk changes nothing, expected a line that is added or removed")
            return None
        return hunk

    def _hunk_lines(self, counts: tuple[int, int] | None) -> tuple[list[tuple[str, bytes]], bool, bool]:
        """Read the lines of a hunk; without `counts` up to the next header, but for blank lines at the end."""
        lines: list[tuple[str, bytes]] = []
        left = list(counts or (0, 0))
        old_bare = new_bare = False
        while self.at < len(self.lines):
            line = self.peek()
            is_complete = left[0] <= 0 and left[1] <= 0
            sign = chr(line[0]) if line else " "
            if sign == "\\":
                last = lines[-1][0] if lines else " "
                old_bare, new_bare = old_bare or last != "+", new_bare or last != "-"
            elif sign not in " +-" or (is_complete and ((counts and not line) or self._names_at(self.at))):
                break
            else:
                lines.append((sign, line[1:]))
                left[0] -= sign != "+"
                left[1] -= sign != "-"
            self.at += 1
        blank = sum(1 for _ in takewhile(lambda line: not line.strip(), reversed(self.lines[: self.at])))
        spare = blank if counts is None else min(blank, max(0, -max(left)))
        return lines[: max(0, len(lines) - spare)], old_bare, new_bare

    def _at_end_of_hunk(self) -> bool:
        """Return whether nothing but blank lines comes before the next header or the end."""
        at = next((at for at in range(self.at, len(self.lines)) if self.lines[at].strip()), len(self.lines))
        return at == len(self.lines) or not self.lines[at].startswith((b" ", b"+", b"-")) or self._names_at(at)

    def _names_at(self, at: int) -> bool:
        return self.lines[at].startswith(b"--- ") and b"".join(self.lines[at + 1 : at + 2]).startswith(b"+++ ")


def read_patch(lines: Sequence[bytes], first: int, fault: Callable[[str, int, str, str], None]) -> list[FilePatch]:
    """Return the files of a patch whose first line is the 0-based line `first`; faults take 0-based lines."""
    return _Patch(lines, first, fault).files()


def _count(text: bytes | None) -> int:
    return 1 if text is None else int(text)


def _name(raw: bytes) -> str:
    if raw.startswith(b'"'):
        return _quoted(raw)[0]
    # git ends a name that holds a blank with a tab, and diff puts a time after one
    return raw.partition(b"\t")[0].decode("utf-8", "surrogateescape")


_ESCAPES = {ord(key): value for key, value in zip('abtnvfr"\\', (7, 8, 9, 10, 11, 12, 13, 34, 92), strict=True)}


def _quoted(raw: bytes) -> tuple[str, bytes]:
    """Return a C-quoted name, unquoted, and the text after it."""
    out = bytearray()
    at = 1
    while at < len(raw) and raw[at] != 0x22:
        if raw[at] == 0x5C and raw[at + 1 : at + 4].isdigit():
            out.append(int(raw[at + 1 : at + 4], 8) & 0xFF)
            at += 4
        elif raw[at] == 0x5C and at + 1 < len(raw):
            out.append(_ESCAPES.get(raw[at + 1], raw[at + 1]))
            at += 2
        else:
            out.append(raw[at])
            at += 1
    return out.decode("utf-8", "surrogateescape"), raw[at + 1 :]
