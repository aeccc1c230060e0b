"""The files of a job that a failure is about, most likely first: by the names in the failing output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFINED = re.compile(
    r"^[ \t]*(?:export\s+|default\s+|pub(?:\([^)\n]*\))?\s+|public\s+|private\s+|static\s+|async\s+)*"
    r"(?:def|class|function\*?|func(?:\s*\([^)\n]*\))?|fn|const|let|var|struct|enum|trait|type|interface|module)"
    r"\s+([A-Za-z_]\w{2,})",
    re.MULTILINE,
)
_MOST_DEFINED = 400


def likely_files(texts: Mapping[str, str], failures: str) -> list[str]:
    """Return the paths of `texts`: the one of the innermost frame alone, else those whose definitions are named.

    After these come the ones that they use. Where nothing is named, all of them; files without a word of text are left
    out as long as there are others.
    """
    mentioned = [path for path in texts if mention(path, failures)]
    if mentioned:
        return [_innermost(mentioned, failures)]
    filled = [path for path in texts if texts[path].strip()] or list(texts)
    names = {path: _names(path, texts[path]) for path in filled}
    scores = {path: len(names[path] & _words(failures)) for path in filled}
    named_paths = sorted((path for path in filled if scores[path]), key=lambda path: -scores[path])
    used = _words("\n".join(texts[path] for path in named_paths))
    return [*named_paths, *(path for path in filled if path not in named_paths and names[path] & used)] or filled


def mention(path: str, failures: str) -> int:
    """Return the position after the last mention of a path, 0 for none.

    A command that ran in a subfolder names the rest of the path, and Go names the file alone.
    """
    for start in _starts(path):
        matches = list(re.finditer(rf"(?<![\w.-])(?<![\w.-]/){re.escape(path[start:])}(?![\w/-]|\.\w)", failures))
        if matches:
            return matches[-1].end()
    return 0


def line_in(path: str, failures: str) -> int:
    """Return the line of `path` that the innermost frame names, from 1; 0 for none."""
    for start in _starts(path):
        pattern = rf"(?<![\w.-])(?<![\w.-]/){re.escape(path[start:])}(?:\", line |:|\()(\d+)"
        matches = re.findall(pattern, failures)
        if matches:
            return int(matches[-1 if _is_innermost_last(path) else 0])
    return 0


def _starts(path: str) -> Sequence[int]:
    """Return the positions at which the path and its ends begin: `pkg/src/m.py`, `src/m.py`, `m.py`."""
    return [0, *(match.end() for match in re.finditer("/", path))]


def _innermost(paths: Sequence[str], failures: str) -> str:
    placed = [path for path in paths if line_in(path, failures)] or paths
    if _is_innermost_last(placed[0]):
        return max(placed, key=lambda path: mention(path, failures))
    return min(placed, key=lambda path: failures.find(path.rpartition("/")[2]))


def _is_innermost_last(path: str) -> bool:
    """Return whether the last frame is the innermost, as in Python; elsewhere the first one is."""
    return path.endswith((".py", ".pyi", ".pyx"))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w{2,}", text))


def _names(path: str, text: str) -> set[str]:
    stem = path.rpartition("/")[2].partition(".")[0]
    return {stem, *_DEFINED.findall(text)[:_MOST_DEFINED]}
