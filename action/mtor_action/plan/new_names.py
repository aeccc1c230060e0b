"""The names of new files: none may fall together with another one, or be one that some file system cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.tree.path_policy import alike, path_fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mtor_action.tree.overlay import Overlay


class NameFault(NamedTuple):
    """Why a new path cannot be used: the rule and a sentence."""

    rule: str
    path: str
    message: str


def name_faults(overlay: Overlay, named: Collection[str]) -> Iterator[NameFault]:
    """Yield what is wrong with those of the `named` paths that the plan creates."""
    new = {path for path in named if overlay.written.get(path) and overlay.before(path) is None}
    for path in sorted(new):
        if fault := path_fault(path):
            yield NameFault("path", path, f'"{path}": {fault}')
    if not new:
        return
    for path, part, other in alike(new, overlay.paths()):
        yield NameFault(
            "case-fold",
            path,
            f'"{part}" and "{other}" differ only in case or in the encoding '
            "of accents, expected names that every file system can tell apart",
        )
