"""Everything that is decided before anything is written: base, settings, plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.settings_block.limits import bounded
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, Settings, read_settings
from mtor_action.manifest.text import Lines, Part, Problems
from mtor_action.plan.plan import make_plan
from mtor_action.preparation.stored_plan import plan_by
from mtor_action.preparation.text_origin import Origin
from mtor_action.repository.head import resolve
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.scope.name_tables import default_protect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.manifest.manifest import Spec
    from mtor_action.plan.applied import Past
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.preparation.moved_base import MovedBase
    from mtor_action.repository.attributes import Attributes
    from mtor_action.repository.git import Git
    from mtor_action.tree.tree import Tree


_SETTINGS_RULES = frozenset({"two-settings", "yaml", "unknown-key", "setting"})
# What a block may be refused for whatever the settings were meant to say; a move or a commit may explain the others.
_BLOCK_RULES = frozenset(
    {"hunk-not-found", "hunk-ambiguous", "symbol-missing", "symbol-ambiguous", "symbol-unparsed", "symbol-body",
     "symbol-language", "subst-count", "subst-pattern"}
)  # fmt: skip
_UNKNOWN = Origin()


class SettingsFile(NamedTuple):
    """The settings of a `.github/mtor.yml`, and the mistakes in it."""

    settings: Settings = Settings()
    diagnostics: tuple[Diagnostic, ...] = ()


class Prepared(NamedTuple):
    """A spec against its base. `usual` are the settings that would count without what the spec says.

    With `diagnostics` it must not be applied, with `plan.unplaced` only if an implementer takes those hunks on.
    """

    spec: Spec
    settings: Settings  # those in effect
    base: str  # commit id
    plan: Plan  # its effect on the base
    diagnostics: tuple[Diagnostic, ...]  # of parser and plan
    usual: Settings = Settings()
    attributes: Attributes | None = None  # those of the base, where its files can be told apart by them
    moved: MovedBase | None = None  # the plan is a merge from another commit

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """Every reason not to apply it without an implementer."""
        return (*self.diagnostics, *(hunk.diagnostic for hunk in self.plan.unplaced))


def prepare(
    git: Git,
    spec: Spec,
    head: str,
    pinned: str | None = None,
    default: SettingsFile | None = None,
    origin: Origin = _UNKNOWN,
) -> Prepared:
    """Resolve the base (`pinned`, else the spec's, else the default's, else the commit `head`), merge settings, plan.

    A `pinned` base is a runner's, whose history may be cut off: it plans as the bot and publish do, without a past.
    `default` is the default branch's file, which limits what spec and base may say; None where there is none to ask.
    `origin` says what is known about the text where the base moved.
    Raises RepositoryError if the base names no commit.
    """

    def planned(base: str, tree: BaseTree) -> Prepared:
        past = None if pinned else partial(_past, git, base)
        attributes = attributes_of(git, tree, of_machine=True)
        return follow_base(git, against(spec, base, tree, default, attributes, past), tree, origin)

    base_name = pinned or spec.settings.base
    if base_name is None:
        with BaseTree(git, head) as tree:
            base_name = defaults_in(tree).settings.base
            if base_name is None:
                return planned(head, tree)
    base = resolve(git, base_name)
    with BaseTree(git, base) as tree:
        return planned(base, tree)


def _past(git: Git, base: str, path: str) -> Iterator[bytes]:
    """Yield the earlier contents of a path; few specs make anybody ask."""
    from mtor_action.repository.revisions.path_history import History

    return History(git, base)(path)


def follow_base(git: Git, prepared: Prepared, tree: Tree, origin: Origin) -> Prepared:
    """Return the plan that counts where the base moved since the spec was written; `prepared` where it did not.

    `prepared` was made against `tree` with attributes. Raises RepositoryError, GitError.
    """
    plan, of_settings = prepared.plan, prepared.diagnostics[: -len(prepared.plan.diagnostics) or None]
    if prepared.attributes is None or of_settings or not (plan.faults or prepared.spec.settings.written_for):
        return prepared
    from mtor_action.preparation.merge_faults import Aim
    from mtor_action.preparation.moved_base import follow

    aim = Aim(git, prepared.spec, prepared.settings, prepared.base, tree, prepared.attributes)
    followed = follow(aim, plan, origin)
    diagnostics = (*of_settings, *followed.plan.diagnostics)
    return prepared._replace(plan=followed.plan, moved=followed.moved, diagnostics=diagnostics)


def against(
    spec: Spec,
    base: str,
    tree: Tree,
    default: SettingsFile | None = None,
    attributes: Attributes | None = None,
    past: Past | None = None,
) -> Prepared:
    """Plan the spec against `tree`, which holds the commit `base`; its changes are what git stores.

    `default` as in `prepare`. Without `attributes` nothing is refused or converted because of them. `past` is the
    base's history, where all of it is here.
    """
    from mtor_action.plan.placed_operations import Plan

    file = defaults_in(tree)
    settled = settle(spec, file, default)
    if spec.diagnostics:
        plan = Plan(diagnostics=faults_beside_settings(spec, tree, past))
    else:
        plan = make_plan(spec, tree, past) if attributes is None else plan_by(attributes, spec, tree, past)
    plan = plan._replace(entrusted=spec.entrusted)
    fills = () if plan.diagnostics or spec.diagnostics or not spec.settings.fill else _fill_faults(spec, plan, tree)
    diagnostics = (*settled.diagnostics, *fills, *plan.diagnostics)
    return settled._replace(base=base, plan=plan, diagnostics=diagnostics, attributes=attributes)


def _fill_faults(spec: Spec, plan: Plan, tree: Tree) -> tuple[Diagnostic, ...]:
    from mtor_action.preparation.fill_faults import fill_faults

    return tuple(spec.with_source(fill_faults(spec, plan, tree)))


def faults_beside_settings(spec: Spec, tree: Tree, past: Past | None = None) -> tuple[Diagnostic, ...]:
    """Return what finds no place in `tree`, if only the spec's settings are wrong: its blocks are whole then.

    So it is said in the same round. () for a spec with other mistakes.
    """
    if not spec.diagnostics or any(diagnostic.rule not in _SETTINGS_RULES for diagnostic in spec.diagnostics):
        return ()
    return tuple(fault for fault in make_plan(spec, tree, past).faults if fault.rule in _BLOCK_RULES)


def settle(spec: Spec, file: SettingsFile, default: SettingsFile | None = None) -> Prepared:
    """The settings that count for the spec on a base with this `file`, without a plan; `default` as in `prepare`."""
    from mtor_action.plan.placed_operations import Plan

    most = default.settings if default else None
    settings, beyond = bounded(spec.settings, file.settings, most, default_protect)
    usual, _ = bounded(Settings(), file.settings, most, default_protect)
    faults = dict.fromkeys((*file.diagnostics, *(default.diagnostics if default else ())))
    diagnostics = [*spec.diagnostics, *faults, *beyond]
    if spec.operations or spec.moves or spec.deletes or spec.wish:
        diagnostics += _no_test(spec, settings)
    return Prepared(spec, settings, "", Plan(), tuple(diagnostics), usual)


def defaults_in(tree: Tree) -> SettingsFile:
    """Return the tree's `.github/mtor.yml`; without one, nothing is set."""
    entry = tree.entry(DEFAULTS_FILE)
    if entry is None:
        return SettingsFile()
    if entry.kind != "file":
        message = f"{DEFAULTS_FILE} is a {entry.kind}, expected a regular file"
        return SettingsFile(diagnostics=(Diagnostic("setting", DEFAULTS_FILE, 1, 1, message),))
    return read_settings_file(tree.read(DEFAULTS_FILE))


def read_settings_file(data: bytes) -> SettingsFile:
    """Return the settings in the bytes of a `.github/mtor.yml`, and the mistakes in it."""
    lines = Lines(Part(DEFAULTS_FILE, data))
    problems = Problems(lines)
    settings = read_settings(problems, lines.data.decode("utf-8", "replace"), first_line=0, in_file=True)
    return SettingsFile(settings, tuple(problems.found))


def _hides_settings(diagnostic: Diagnostic) -> bool:
    """Return whether the mistake may be why no `test` was read."""
    return diagnostic.rule in {"yaml", "unknown-key", "setting"} or "mtor" in diagnostic.source.split()


def _no_test(spec: Spec, settings: Settings) -> list[Diagnostic]:
    # Nothing but tests could say whether a wish was carried out without harm.
    is_decided = bool(settings.test) if spec.wish else settings.test is not None
    if is_decided or any(_hides_settings(diagnostic) for diagnostic in spec.diagnostics):
        return []
    lines = spec.texts[0]
    return [
        Diagnostic(
            "no-test",
            lines.name,
            1,
            1,
            "no command decides whether the spec works, expected `test`",
            f"add `test:` to the settings block or to {DEFAULTS_FILE}; `test: []` means untested, on purpose",
            lines.text(0),
        )
    ]
