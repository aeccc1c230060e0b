"""The scope: which paths an implementer may write. Enforced by the tools, and by the tree after every command.

may write = the manifest's own files and `allow`, without `protect`, without what no setting opens
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.scope import name_tables
from mtor_action.scope.command_paths import Reach, ReachReader
from mtor_action.scope.inline_tests import region_fault
from mtor_action.tree.globs import any_matches, any_matches_cased
from mtor_action.tree.overlay import Overlay
from mtor_action.tree.path_policy import folded, path_fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.plan.placed_operations import Plan, Unplaced
    from mtor_action.tree.tree import Tree

_BUILT = frozenset({"build", "dist", "target", "node_modules", ".tox", ".nox", ".venv", "venv", ".eggs"})
_CODE = frozenset({"py", "pyc", "pyo", "pyd", "so", "pyw"})
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Scope:
    """`own` are the manifest's files; `allow` and `protect` are globs, `protect` None for the default.

    `reach` is what the commands name or load. `packages` and `modules` are folded: the folders that are packages of
    Python, and the files that existed or that the spec writes.
    """

    own: frozenset[str]
    allow: tuple[str, ...] = ()
    protect: tuple[str, ...] | None = None
    reach: Reach = field(default_factory=Reach)
    packages: frozenset[str] = frozenset()
    known: frozenset[str] = field(default_factory=frozenset, compare=False)
    unplaced: Mapping[str, Sequence[Unplaced]] = field(default_factory=dict, compare=False)

    def refusal(self, path: str) -> str:
        """Return why this path may not be written, in words for the model; "" if it may."""
        fault = path_fault(path, is_new=False)
        if fault:
            return fault
        reason = self.protection(path)
        if reason:
            return f"{path} is protected: {reason}. If you believe it is wrong, finish and say so in disputed_tests"
        if path in self.own:
            return ""
        if any_matches(self.allow, path):
            at_root = "/" not in path and any_matches(name_tables.closed_at_the_root(), path)
            return f"{path} is protected: configuration at the root that no spec wrote" if at_root else ""
        return f"{path} is outside the scope; you may write {self.described()}"

    def is_protected(self, path: str) -> bool:
        """Return whether no implementer may touch it, `allow` or not."""
        return bool(self.protection(path))

    def protection(self, path: str) -> str:
        """Return why no implementer may touch the path, `allow` or not; "" if one may."""
        globs = self._protected()
        if any_matches(globs, path) or (
            set(name_tables.default_protect()) <= set(globs) and any_matches_cased(name_tables.cased_tests(), path)
        ):
            return "a test, or what tests compare with"
        if any_matches(name_tables.closed(), path):
            return "it decides what runs, what counts as a test, or what agents are told"
        if folded(path) in self.reach.files or any_matches(self.reach.globs, path):
            return "a command runs or loads it, so it could decide its own verdict"
        if self._shadows(path):
            return "it would be loaded in place of a module or program that a command runs"
        return ""

    def region_fault(self, path: str, before: str | None, after: str | None) -> str:
        """Return why a change of the file touches the tests inside it, in words for the model; "" if it does not."""
        if self.protect == ():
            return ""
        return region_fault(path, before, after, self.unplaced.get(path, ()))

    def described(self) -> str:
        """Return the paths that may be written, for a prompt."""
        own = sorted(path for path in self.own if not self.is_protected(path))
        listing = own[:_MOST_SHOWN] + ([f"… {len(own) - _MOST_SHOWN} more"] if len(own) > _MOST_SHOWN else [])
        return ", ".join([*listing, *self.allow]) or "nothing"

    def _protected(self) -> tuple[str, ...]:
        return name_tables.default_protect() if self.protect is None else self.protect

    def _shadows(self, path: str) -> bool:
        """Return whether Python would take the file for a module that a command loads, or a part of a test runner."""
        parts = folded(path).split("/")
        stem, _, ending = parts[-1].partition(".")
        new = folded(path) not in self.known
        if new and parts[-1] in self.reach.programs:
            return True
        if ending.rpartition(".")[2] not in _CODE:
            return False
        for at in range(len(parts)):
            folder = "/".join(parts[:at])
            if folder in self.packages and folder not in self.reach.roots:
                continue
            module = [*parts[at:-1], stem]
            if module[0] in name_tables.runner_modules() or self._loaded(module):
                return True
            if new and (module[0] in sys.stdlib_module_names or module[0] in self.reach.programs):
                return True
        return False

    def _loaded(self, module: Sequence[str]) -> bool:
        """Return whether a command loads the module, or a package on the way to it."""
        name = ".".join(module[:-1] if module[-1] in ("__init__", "__main__") else module)
        if name in self.reach.modules:
            return True
        return module[-1] == "__init__" and any(loaded.startswith(f"{name}.") for loaded in self.reach.modules)


def decides(path: str) -> bool:
    """Return whether an untracked file of that name could decide what runs or what counts as a test."""
    if not _BUILT.isdisjoint(path.split("/")[:-1]):
        return False
    stem = path.rpartition("/")[2].partition(".")[0]
    return (
        any_matches(name_tables.found_by_runners(), path)
        or any_matches(_UNTRACKED_TESTS, path)
        or (stem in name_tables.runner_modules() and path.endswith(".py"))
    )


# Tests that nobody committed could decide a verdict by name, too.
_UNTRACKED_TESTS = ("test_*.py", "*_test.py", "*_test.go")


def scope_of(plan: Plan, settings: Settings, tree: Tree) -> Scope:
    """Return the scope of a spec whose `plan` was made against `tree`. Work and publish both call this."""
    overlay = Overlay(tree, plan.changes)
    paths = sorted({*tree.paths(), *(change.path for change in plan.changes if change.after is not None)})
    reader = ReachReader(paths, lambda path: _texts(path, overlay))
    for command in (*(settings.setup or ()), *(settings.test or ())):
        reader.command(command)
    own = {change.path for change in plan.changes if change.after is not None} | {hunk.path for hunk in plan.unplaced}
    own |= {fill.text.partition("::")[0] for fill in settings.fill} | set(plan.entrusted)
    unplaced = {hunk.path: [other for other in plan.unplaced if other.path == hunk.path] for hunk in plan.unplaced}
    inits = (folded(path) for path in paths if path.endswith("__init__.py"))
    return Scope(
        own=frozenset(own),
        allow=tuple(settings.allow or ()),
        protect=None if settings.protect is None else tuple(settings.protect),
        reach=reader.reach(),
        packages=frozenset(path.rpartition("/")[0] for path in inits) - {""},
        known=frozenset(folded(path) for path in paths),
        unplaced=unplaced,
    )


def _texts(path: str, overlay: Overlay) -> list[str]:
    """Return the texts of a file in the base and after the plan; none where it is not a regular file."""
    states = (overlay.before(path), overlay.file(path))
    return [content.decode("utf-8", "replace") for content in dict.fromkeys(state.content for state in states if state)]
