"""The changes that a spec's settings make: each value in effect, compared with the value without the spec.

A person who confirms a plan must see what it opens. The values are the spec's own text, so whoever prints them makes
them inert first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import dataclass
from mtor_action.manifest.settings_block.limits import budget_of, models_named
from mtor_action.manifest.settings_block.settings import SETTINGS, Settings
from mtor_action.scope.name_tables import default_protect
from mtor_action.tree.globs import is_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.preparation.preparation import Prepared
    from mtor_action.report.report import ReportedSetting

DEFAULT_TIMEOUT_MINUTES = 20.0
# These are neither limits nor commands: a plan shows them in their own places.
_ELSEWHERE = frozenset({"title", "base", "written_for", "after", "delete", "move", "fixes", "fill", "budget"})
# A plan shows all commands, so those that replace none are not changes.
_COMMANDS = frozenset({"setup", "format", "test"})


_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting of a spec. `values` count, `usual` would count without the spec; numbers are one text.

    `widens` says that more may be done, written or spent; `asked` is what the spec wanted where a limit lowered it.
    """

    key: str  # `allow`, `budget.usd`
    values: tuple[str, ...]
    usual: tuple[str, ...]
    widens: bool = False
    asked: str = ""

    def as_report(self) -> ReportedSetting:
        """Return the change as a part of the report."""
        from mtor_action.report.report import ReportedSetting

        return ReportedSetting(self.key, list(self.values), list(self.usual), self.widens, self.asked)

    def described(self, code: Callable[[str], str]) -> str:
        """Return a line for people; `code` makes a text of the spec or the repository inert, on one line."""
        values, usual = (_listed(texts, code) for texts in (self._news_first(), self.usual))
        if self.asked:
            return f"{self.key}: {code(self.asked)} was asked for, {values} is the repository's limit"
        if self.key in _COMMANDS:
            values = "other commands"  # which a plan shows in full
        return f"{self.key}: {values}, instead of {usual}{' (widens)' if self.widens else ''}"

    def _news_first(self) -> tuple[str, ...]:
        """Return the values with the new ones first, so that they are never cut off."""
        return tuple(sorted(self.values, key=self.usual.__contains__))


def _listed(texts: tuple[str, ...], code: Callable[[str], str]) -> str:
    more = f" and {len(texts) - _MOST_VALUES} more that are not shown" if len(texts) > _MOST_VALUES else ""
    return (", ".join(code(text) for text in texts[:_MOST_VALUES]) or "none") + more


def setting_changes(prepared: Prepared) -> list[SettingChange]:
    """Return every setting of the spec that makes a difference, or that a limit lowered."""
    spec, settings, usual = prepared.spec.settings, prepared.settings, prepared.usual
    return [*_lists(spec, settings, usual), *_numbers(spec, settings, usual)]


def _lists(spec: Settings, settings: Settings, usual: Settings) -> Iterator[SettingChange]:
    for key, row in SETTINGS.items():
        own = getattr(spec, key)
        if own is None or not row.in_spec or key in _ELSEWHERE or not isinstance(own, tuple):
            continue
        value, before = _values(settings, key), _values(usual, key)
        if value == before or (key in _COMMANDS and getattr(usual, key) is None):
            continue
        yield SettingChange(key, value, before, widens=_widens(key, value, before))


def _values(settings: Settings, key: str) -> tuple[str, ...]:
    if key == "implementer":
        return models_named(settings) or ()
    if key == "protect" and settings.protect is None:
        return default_protect()
    return getattr(settings, key) or ()


def _widens(key: str, value: tuple[str, ...], before: tuple[str, ...]) -> bool:
    """Return whether more may be written or run; other commands may do anything."""
    if key == "protect":
        return not set(before) <= set(value)
    if key == "allow":
        return not all(any(is_within(glob, most) for most in before) for glob in value)
    return not set(value) <= set(before)


def _numbers(spec: Settings, settings: Settings, usual: Settings) -> Iterator[SettingChange]:
    counts, before = budget_of(settings.budget), budget_of(usual.budget)
    numbers = [
        (f"budget.{name}", getattr(spec.budget, name), getattr(counts, name), getattr(before, name))
        for name in counts._fields
    ]
    minutes, before_minutes = (source.timeout_minutes or DEFAULT_TIMEOUT_MINUTES for source in (settings, usual))
    numbers.append(("timeout_minutes", spec.timeout_minutes, minutes, before_minutes))
    for key, own, value, other in numbers:
        if own is not None and (value != other or own != value):
            lowered = _number(own) if own != value else ""
            yield SettingChange(key, (_number(value),), (_number(other),), widens=value > other, asked=lowered)


def _number(value: float) -> str:
    return f"{value:.15g}"
