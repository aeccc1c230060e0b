"""The paths that a spec may name. Checked when parsing, when applying and when publishing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from mtor_action.lazy_patterns import is_plain, lazy_pattern

MOST_FILES = 1_000
MOST_BYTES = 10 * 1024 * 1024
MOST_TEXT_BYTES = MOST_BYTES + 2 * 1024 * 1024  # the code and the prose around it
MOST_HUNKS = 10_000
_LONGEST_NAME_BYTES = 255
_LONGEST_PATH_BYTES = 4_000
_DEEPEST_PATH = 100

# Controls, invisible characters, line separators, bidirectional controls, BOM, lone surrogates. Joiners stay between
# characters beyond ASCII: emoji are made of them.
_FORBIDDEN = lazy_pattern(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]|[\u200c\u200d](?=[\x00-\x7f]|$)"
)
# What else looks like a blank or like nothing: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
# (Default_Ignorable_Code_Point), spaces other than U+0020, and BRAILLE PATTERN BLANK. Refused in new names only: files
# with such names exist, and their owners may want them edited.
_UNSEEN = lazy_pattern(
    "[\u00a0\u1680\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\ufe00-\ufe0f\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
_DEVICE = lazy_pattern(r"con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]", re.IGNORECASE)
# The second name that NTFS gives to a longer one: up to six of its characters, or two and four of a hash, and a number.
_SHORT_NAME = lazy_pattern(r"[^~.]{1,6}~[0-9]{1,6}(?:\.[^.]{0,3})?", re.IGNORECASE)
_SHORT_GIT = lazy_pattern(r"gi(?:t|[0-9a-f]{4})~[0-9]+")
_SHORT_GITHUB = lazy_pattern(r"gi(?:thub|thu|th|[0-9a-f]{4})~[0-9]+")
# Characters that some file systems ignore when they compare names.
_IGNORED_IN_NAMES = lazy_pattern("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def folded(path: str) -> str:
    """Return the form under which two paths are the same file on a file system that folds case."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def path_fault(path: str, *, is_new: bool = True) -> str:
    """Return why this path may not be written, with what was expected; "" if it may.

    A path that is there already (`is_new` false) may be edited whatever its name, as long as it is not reserved.
    """
    return form_fault(path) or _reserved_fault(path) or (_new_name_fault(path) if is_new else "")


def alike(new: Iterable[str], present: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each path of `new` that falls together with one of `present`, as (path, its part, what that part is like).

    Name by name: a file `SRC` and a folder `src`, or `SRC/b.py` and `src/a.py`, are one on a file system that
    folds case. `present` has the paths that are there afterwards, those of `new` among them.
    """
    names = frozenset(new)
    if not names:
        return
    exact: set[str] = set()
    by_fold: dict[str, str] = {}
    for path in (*(path for path in present if path not in names), *sorted(names)):
        parts = [part for part in _prefixes(path) if part not in exact]
        others = [(part, by_fold.setdefault(folded(part), part)) for part in parts]
        twins = [(part, other) for part, other in others if other != part]
        if twins and path in names:
            yield path, *twins[-1]
        exact.update(parts)


def folders_of(path: str) -> list[str]:
    """Return the folders that a path is in, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _prefixes(path: str) -> Iterator[str]:
    for end, sign in enumerate(path):
        if sign == "/":
            yield path[:end]
    yield path


def form_fault(path: str) -> str:
    """Return why no file of a repository is spelled like this, with what was expected; "" if one may be."""
    if not path:
        return "an empty path, expected the path of a file"
    bad = None if is_plain(path) else _FORBIDDEN.search(path)
    if bad:
        return f"the path contains the invisible character U+{ord(bad.group()):04X}, expected printable ones"
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
        return 'the path contains "..", expected a path inside the repository'
    if "." in parts:
        return 'the path contains "./", expected it without'
    if "" in parts:
        return "the path contains an empty name, expected names between single slashes and none at the end"
    if len(parts) > _DEEPEST_PATH:
        return f"the path has {len(parts)} names, expected at most {_DEEPEST_PATH}"
    if len(path.encode()) > _LONGEST_PATH_BYTES or any(len(part.encode()) > _LONGEST_NAME_BYTES for part in parts):
        return f"the path is too long, expected names of at most {_LONGEST_NAME_BYTES} bytes"
    return ""


def _reserved_fault(path: str) -> str:
    parts = [_plain(part) for part in path.split("/")]
    if any(part == ".git" or _SHORT_GIT.fullmatch(part) for part in parts):
        return "the path is in git's own folder, expected a path of the project"
    if not (parts[0] == ".github" or _SHORT_GITHUB.fullmatch(parts[0])) or len(parts) < 2:
        return ""
    if parts[1] in ("workflows", "actions") or parts[1].startswith("mtor") or _SHORT_NAME.fullmatch(parts[1]):
        return f"{path} decides what runs on the runner, and no spec may write it; change it by hand"
    return ""


def _new_name_fault(path: str) -> str:
    bad = None if is_plain(path) else _UNSEEN.search(path)
    if bad:
        return f"the path contains U+{ord(bad.group()):04X}, which looks blank or invisible; expected another name"
    if ":" in path:
        return "a colon in the path, which Windows takes for a drive or a stream; expected a name without"
    for part in path.split("/"):
        if part.endswith((".", " ")):
            return f'the name "{part}" ends in a dot or a space, which Windows drops; expected a name without'
        if _DEVICE.fullmatch(part.split(".")[0].rstrip()):
            return f'the name "{part}" is a device on Windows, expected another name'
        if _SHORT_NAME.fullmatch(part):
            return f'the name "{part}" has the form of a short name on Windows (8.3), expected another name'
    return ""


def _plain(part: str) -> str:
    # NTFS takes what follows a colon for the name of a stream, and drops dots and spaces at the end.
    seen = part if is_plain(part) else _IGNORED_IN_NAMES.sub("", part)
    return folded(seen).partition(":")[0].rstrip(". ")
