"""The files that the glob of a `subst` block matches and that the block may change.

Left out: what the path policy forbids every spec, links and submodules, binary and UTF-16 files, and what the spec
itself writes as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field
from mtor_action.manifest.file_blocks.operations import PatchFile, WriteFile
from mtor_action.tree.globs import any_matches_cased
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mtor_action.manifest.file_blocks.operations import Operation, SubstFiles
    from mtor_action.plan.effort import Effort
    from mtor_action.tree.changes import FileMode
    from mtor_action.tree.file_text import FileText
    from mtor_action.tree.overlay import Overlay

_MOST_MATCHES = 20_000  # files of one glob
_MOST_READ_BY_REGEX = 20 * 1024 * 1024  # bytes
_MOST_NAMED = 5


@dataclass(slots=True)
class OpenText:
    """A file that is being edited, read once however many operations name it."""

    text: FileText
    mode: FileMode
    is_utf8: bool


class SubstFault(NamedTuple):
    """What is wrong with one hunk of a block; `hunk` is its index."""

    rule: str
    hunk: int
    message: str
    help: str = ""


@dataclass(slots=True)
class MatchedFiles:
    """The texts by path; what is wrong with the glob; `remark` says which files it matches that no spec may change."""

    texts: dict[str, OpenText] = field(default_factory=dict)
    faults: list[SubstFault] = field(default_factory=list)
    remark: str = ""


def whole_files(operations: Iterable[Operation]) -> frozenset[str]:
    """Return the paths that a spec writes as whole files."""
    return frozenset(
        operation.path
        for operation in operations
        if isinstance(operation, WriteFile) or (isinstance(operation, PatchFile) and operation.patch.old is None)
    )


def matched_files(
    subst: SubstFiles,
    overlay: Overlay,
    whole: frozenset[str],
    open_text: Callable[[str], OpenText | None],
    effort: Effort,
) -> MatchedFiles:
    """Return the files of `overlay` that the block is for, in order of their paths; `effort` is what may be read."""
    matched = MatchedFiles()
    paths = sorted(path for path in overlay.paths() if any_matches_cased((subst.glob,), path) and path not in whole)
    if len(paths) > _MOST_MATCHES:
        matched.faults.append(_too_large(f'"{subst.glob}" matches {len(paths):,} files', f"{_MOST_MATCHES:,}"))
        return matched
    left = _MOST_READ_BY_REGEX if subst.is_regex else effort.bytes_searched
    refused = []
    for path in paths:
        opened = None if path_fault(path, is_new=False) or overlay.obstacle(path) else open_text(path)
        if opened is None:
            refused.append(path)
            continue
        matched.texts[path] = opened
        size = sum(map(len, opened.text.lines))
        left -= size
        if left < 0 or not effort.take_search(size):
            matched.faults.append(_too_large(f'the files that "{subst.glob}" matches are too large', "less text"))
            return matched
    matched.remark = _remark(refused)
    if not matched.texts:
        hint = "in a glob, ** is any folders, * and ? are within one name; without a slash it is for every folder"
        message = f'no file that a spec may change matches "{subst.glob}", expected at least one'
        matched.faults.append(SubstFault("missing", 0, message, "\n".join(filter(None, (matched.remark, hint)))))
    return matched


def _too_large(what: str, most: str) -> SubstFault:
    return SubstFault("too-large", 0, f"{what}, expected at most {most}", "name fewer folders in the glob")


def _remark(refused: list[str]) -> str:
    if not refused:
        return ""
    more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
    return f"left out, since no spec may change their text: {', '.join(refused[:_MOST_NAMED])}{more}"
