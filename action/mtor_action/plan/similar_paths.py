"""Which paths of a tree a path that is missing may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from mtor_action.plan.effort import Effort
    from mtor_action.tree.tree import Tree

_MOST_PATHS = 20_000  # that a missing one is compared with


@dataclass(slots=True)
class SimilarPaths:
    """The tree's paths by their last names, listed when the first one is missing."""

    tree: Tree
    effort: Effort
    _by_name: dict[str, list[str]] | None = None

    def hint(self, path: str) -> str:
        """Return what to write instead of `path`, which is not in the tree."""
        from difflib import get_close_matches

        file, _, symbol = path.partition("::")
        if symbol and self.tree.entry(file) is not None:
            return (
                f"a definition has an attribute of its own: edit={file} in={symbol}, or replace={file} symbol={symbol}"
            )
        paths = self.tree.paths()
        if self._by_name is None:
            self._by_name = {}
            for other in paths:
                self._by_name.setdefault(other.rpartition("/")[2], []).append(other)
        near = self._by_name.get(path.rpartition("/")[2], [])[:3]
        if not near and self.effort.take_paths(len(paths[:_MOST_PATHS])):
            near = get_close_matches(path, paths[:_MOST_PATHS], n=2)
        return f"did you mean {' or '.join(near)}?" if near else "create=PATH makes a new file"
