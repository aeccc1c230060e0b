"""Everything that is decided before anything is written: base, settings, plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.diagnostics import Diagnostic
from mtor_action.plan.plan import make_plan
from mtor_action.repository.head import resolve
from mtor_action.repository.tree import BaseTree
from mtor_action.spec.settings import DEFAULTS_FILE, Settings, read_settings
from mtor_action.spec.text import Lines, Part, Problems

if TYPE_CHECKING:
    from mtor_action.plan.plan import Plan
    from mtor_action.plan.tree import Tree
    from mtor_action.repository.git import Git
    from mtor_action.spec.manifest import Spec


class Prepared(NamedTuple):
    """A spec against its base.

    With `diagnostics` it must not be applied, with `plan.unplaced` only if an implementer takes those hunks on.
    """

    spec: Spec
    settings: Settings
    base: str
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """Every reason not to apply it without an implementer."""
        return (*self.diagnostics, *(hunk.diagnostic for hunk in self.plan.unplaced))


def prepare(git: Git, spec: Spec, head: str, pinned: str | None = None) -> Prepared:
    """Resolve the base (`pinned`, else the spec's, else the default's, else the commit `head`), merge settings, plan.

    Raises RepositoryError if the base names no commit.
    """
    wanted = pinned or spec.settings.base
    if wanted is None:
        with BaseTree(git, head) as tree:
            wanted = defaults_in(tree)[0].base
            if wanted is None:
                return against(spec, head, tree)
    base = resolve(git, wanted)
    with BaseTree(git, base) as tree:
        return against(spec, base, tree)


def against(spec: Spec, base: str, tree: Tree) -> Prepared:
    """Plan the spec against `tree`, which holds the commit `base`."""
    from mtor_action.plan.plan import Plan

    defaults, problems = defaults_in(tree)
    settings = spec.settings.over(defaults)
    diagnostics = [*spec.diagnostics, *problems]
    if spec.operations or spec.moves or spec.deletes:
        diagnostics += _no_test(spec, settings)
    plan = Plan() if spec.diagnostics else make_plan(spec, tree)
    return Prepared(spec, settings, base, plan, (*diagnostics, *plan.diagnostics))


def defaults_in(tree: Tree) -> tuple[Settings, list[Diagnostic]]:
    """The settings of the tree's `.github/mtor.yml`, and what is wrong with them."""
    entry = tree.entry(DEFAULTS_FILE)
    if entry is None or entry.kind != "file":
        return Settings(), []
    return read_defaults(tree.read(DEFAULTS_FILE))


def read_defaults(data: bytes) -> tuple[Settings, list[Diagnostic]]:
    """The settings that a `.github/mtor.yml` of these bytes holds, and what is wrong with them."""
    lines = Lines(Part(DEFAULTS_FILE, data))
    problems = Problems(lines)
    text = lines.data.decode("utf-8", "replace")
    return read_settings(problems, text, first_line=0, in_file=True), problems.found


def _hides_settings(found: Diagnostic) -> bool:
    """Whether the mistake may be why no `test` was read."""
    return found.rule in {"yaml", "unknown-key", "setting"} or "mtor" in found.source.split()


def _no_test(spec: Spec, settings: Settings) -> list[Diagnostic]:
    if settings.test is not None or any(_hides_settings(found) for found in spec.diagnostics):
        return []
    lines = spec.texts[0]
    return [
        Diagnostic(
            "no-test",
            lines.name,
            1,
            1,
            "no command decides whether the spec works, expected `test`",
            f"add `test:` to the settings block or to {DEFAULTS_FILE}; `test: []` says: untested, on purpose",
            lines.text(0),
        )
    ]
