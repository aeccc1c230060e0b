"""Which paths a spec may name. Checked when parsing, when applying and when publishing."""

from __future__ import annotations

import re
import unicodedata

MOST_FILES = 1_000
MOST_BYTES = 10 * 1024 * 1024
MOST_TEXT_BYTES = MOST_BYTES + 2 * 1024 * 1024  # the code and the prose around it
MOST_HUNKS = 10_000
_LONGEST_NAME_BYTES = 255
_LONGEST_PATH_BYTES = 4_000
_DEEPEST_PATH = 100

# Controls, invisible characters, line separators, bidirectional controls, BOM, lone surrogates. Joiners stay between
# characters beyond ASCII: emoji are made of them.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]|[\u200c\u200d](?=[\x00-\x7f]|$)"
)
# Characters that some file systems ignore when they compare names.
_IGNORED_IN_NAMES = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def folded(path: str) -> str:
    """The form under which two paths are the same file on a file system that folds case."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def path_fault(path: str) -> str:
    """Why a spec may not name this path, with what was expected; "" if it may."""
    return _form_fault(path) or _reserved_fault(path)


def _form_fault(path: str) -> str:
    if not path:
        return "an empty path, expected the path of a file"
    bad = _FORBIDDEN.search(path)
    if bad:
        return f"the path holds the invisible character U+{ord(bad.group()):04X}, expected printable ones"
    if "\\" in path:
        return "a backslash in the path, expected POSIX separators: /"
    if path.startswith(("/", "~/")):
        return "an absolute path, expected one relative to the repository"
    if path.startswith("-"):
        return "the path begins with a dash, which programs read as an option; expected another name"
    return _component_fault(path)


def _component_fault(path: str) -> str:
    parts = path.split("/")
    if ".." in parts:
        return 'the path holds "..", expected a path inside the repository'
    if "." in parts:
        return 'the path holds "./", expected it without'
    if "" in parts:
        return "the path holds an empty name, expected names between single slashes and none at the end"
    if len(parts) > _DEEPEST_PATH:
        return f"the path has {len(parts)} names, expected at most {_DEEPEST_PATH}"
    if len(path.encode()) > _LONGEST_PATH_BYTES or any(len(part.encode()) > _LONGEST_NAME_BYTES for part in parts):
        return f"the path is too long, expected names of at most {_LONGEST_NAME_BYTES} bytes"
    return ""


def _reserved_fault(path: str) -> str:
    parts = [_plain(part) for part in path.split("/")]
    if any(part in (".git", "git~1") for part in parts):
        return "the path lies in git's own folder, expected a path of the project"
    if parts[0] != ".github" or len(parts) < 2:
        return ""
    if parts[1] in ("workflows", "actions") or parts[1].startswith("mtor"):
        return f"{path} decides what runs on the runner, and no spec may write it; change it by hand"
    return ""


def _plain(part: str) -> str:
    # NTFS takes what follows a colon for the name of a stream, and drops dots and spaces at the end.
    return folded(_IGNORED_IN_NAMES.sub("", part)).partition(":")[0].rstrip(". ")
