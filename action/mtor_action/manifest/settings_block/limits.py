"""The limits of a spec: the repository's settings are a floor for `protect` and ceilings for the rest.

- protect: the union; a spec adds to what the repository protects, and opens nothing
- allow, implementer: a spec chooses among what the repository names; if it names nothing, the choice is free
- budget (key by key), timeout_minutes: the smaller number; what the repository does not set is free

`specs_may` in `.github/mtor.yml` lifts a limit by name. Each file lifts only its own limits, so that a base branch
cannot lift those of the default branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mtor_action.diagnostics import Diagnostic
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, Budget, PerDay, Settings
from mtor_action.manifest.text import Place
from mtor_action.tree.globs import is_within

_Number = TypeVar("_Number", int, float)

DEFAULT_BUDGET = Budget(turns=20, tokens=200_000, usd=0.50, minutes=30.0)

RULE = "beyond-limit"
_MOST_NAMED = 10


class Bounded(NamedTuple):
    """The settings that count, and one diagnostic for each value of the spec that must not be taken."""

    settings: Settings
    diagnostics: tuple[Diagnostic, ...]


def bounded(
    spec: Settings, base: Settings, default: Settings | None, test_files: Callable[[], Sequence[str]]
) -> Bounded:
    """Return the spec's settings over the base's, within the limits of the base and of the default branch.

    `default` None: no other branch counts, as in a terminal. `test_files()` are protected where a file does not say
    what is. A number beyond its limit becomes the limit; any other value beyond one is a diagnostic.
    """
    limits = (base,) if default is None else (base, default)
    settings = spec.over(base)
    for limit in limits:
        settings = _within(spec, settings, limit, test_files)
    if default is not None:
        settings = _as_default_allows(spec, settings, default)
    diagnostics = [diagnostic for limit in limits for diagnostic in _beyond(spec, limit)]
    return Bounded(settings, tuple(dict.fromkeys(diagnostics)))


def budget_of(said: Budget, usd_left: float | None = None) -> Budget:
    """What was said, with the defaults where nothing was; at most the US dollars that the day leaves."""
    usd = said.usd or DEFAULT_BUDGET.usd or 0.0
    return Budget(
        turns=said.turns or DEFAULT_BUDGET.turns,
        tokens=said.tokens or DEFAULT_BUDGET.tokens,
        usd=usd if usd_left is None else min(usd, usd_left),
        minutes=said.minutes or DEFAULT_BUDGET.minutes,
    )


def models_named(settings: Settings) -> tuple[str, ...] | None:
    """Return the implementers in order of escalation, wherever the settings name them; None if they do not."""
    return dict(settings.roles).get("implementer") if settings.implementer is None else settings.implementer


def _within(spec: Settings, settings: Settings, limit: Settings, test_files: Callable[[], Sequence[str]]) -> Settings:
    free = frozenset(limit.specs_may or ())
    protect = settings.protect
    if not (spec.protect is not None and "protect" in free) and settings.protect != limit.protect:
        floors = (test_files() if globs is None else globs for globs in (settings.protect, limit.protect))
        protect = tuple(dict.fromkeys(glob for globs in floors for glob in globs))
    return settings._replace(
        protect=protect,
        budget=_budget(spec.budget, settings.budget, limit.budget, is_free="budget" in free),
        timeout_minutes=settings.timeout_minutes
        if spec.timeout_minutes is not None and "timeout_minutes" in free
        else _least(settings.timeout_minutes, limit.timeout_minutes),
        per_day=_per_day(settings.per_day, limit.per_day),
    )


def _budget(spec: Budget, settings: Budget, limit: Budget, *, is_free: bool) -> Budget:
    own = spec._asdict() if is_free else {}
    most = limit._asdict()
    values = settings._asdict().items()
    least = {name: value if own.get(name) is not None else _least(value, most[name]) for name, value in values}
    return Budget(**least)


def _per_day(first: PerDay | None, second: PerDay | None) -> PerDay | None:
    if first is None or second is None:
        return second if first is None else first
    return PerDay(_least(first.usd, second.usd), _least(first.jobs, second.jobs))


def _least(first: _Number | None, second: _Number | None) -> _Number | None:
    return second if first is None else first if second is None else min(first, second)


def _as_default_allows(spec: Settings, settings: Settings, default: Settings) -> Settings:
    """Return the base's own settings, within what the default branch says: whoever may push a branch wrote them."""
    if spec.allow is None and settings.allow is not None:
        globs = tuple(glob for glob in settings.allow if any(is_within(glob, most) for most in default.allow or ()))
        settings = settings._replace(allow=globs)
    limit, models = models_named(default), models_named(settings)
    if limit is None:
        return settings
    if spec.implementer is None and models:
        settings = settings._replace(implementer=tuple(name for name in models if name in limit) or limit)
    allowed = {*limit, *dict(default.roles).get("reflector", ())}
    roles = dict(settings.roles)
    if not allowed.issuperset(roles.get("reflector", ())):
        roles["reflector"] = tuple(name for name in roles["reflector"] if name in allowed)
    return settings._replace(roles=tuple(roles.items()))


def _beyond(spec: Settings, limit: Settings) -> Iterator[Diagnostic]:
    free = frozenset(limit.specs_may or ())
    if spec.protect == () and limit.protect != () and "protect" not in free:
        expected = "expected globs to add: the repository's own stay protected"
        yield _diagnostic(spec, "protect", f"protect: [] would open what the repository protects, {expected}", 2)
    if limit.allow is not None and "allow" not in free:
        for number, glob in enumerate(spec.allow or ()):
            if not any(is_within(glob, most) for most in limit.allow):
                yield _not_among(spec, "allow", number, glob, "globs within", limit.allow)
    limit_models = models_named(limit)
    if limit_models is not None and "implementer" not in free:
        for number, model in enumerate(spec.implementer or ()):
            if model not in limit_models:
                yield _not_among(spec, "implementer", number, model, "some of", limit_models)


def _not_among(spec: Settings, key: str, number: int, value: str, choices: str, limit: Sequence[str]) -> Diagnostic:
    most = ", ".join(limit[:_MOST_NAMED]) + (", …" if len(limit) > _MOST_NAMED else "")
    expected = f"{choices} the repository's own: {most}" if limit else "none: the repository names none"
    name = f"{key}[{number}]"
    place = name if name in dict(spec.places) else key
    return _diagnostic(spec, place, f'{key} has "{value}", expected {expected}', len(value))


def _diagnostic(spec: Settings, name: str, message: str, width: int) -> Diagnostic:
    place = dict(spec.places).get(name) or Place("", 1)
    key = name.partition("[")[0]
    help_ = f"`specs_may: [{key}]` in {DEFAULTS_FILE} lifts this limit for every spec"
    return Diagnostic(RULE, place.path, place.line, place.column, message, help_, width=max(1, width))
