"""The setting `stalls: {monologue: 3, …}`: every threshold can be changed, none by accident."""

from __future__ import annotations

from collections.abc import Mapping

from mtor_action.stalls.signals import SIGNALS, SignalKind

_KINDS = {kind.name: kind for kind in SIGNALS}
DEFAULTS: Mapping[str, float] = {kind.name: kind.default for kind in SIGNALS}


def problems(settings: Mapping[str, object]) -> list[str]:
    """Say everything that is wrong with the setting, one sentence each; empty if it is right. Numbers may be texts."""
    return [problem for name, value in settings.items() if (problem := _problem(name, value))]


def _problem(name: str, value: object) -> str:
    kind = _KINDS.get(name)
    if kind is None:
        return f"stalls: there is no signal `{name}`{_nearest(name)}"
    number = _number(value)
    if number is None or not kind.minimum <= number <= kind.maximum or not (kind.ratio or number.is_integer()):
        return f"stalls: `{name}` is {value!r}, expected {_expected(kind)}"
    return ""


def _nearest(name: object) -> str:
    import difflib

    near = difflib.get_close_matches(str(name).replace("_", "-").lower(), list(_KINDS), n=1, cutoff=0.5)
    return f"; the nearest is `{near[0]}`" if near else f"; there are {', '.join(_KINDS)}"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _expected(kind: SignalKind) -> str:
    number_kind = "a number" if kind.ratio else "a whole number"
    return f"{number_kind} from {kind.minimum:g} to {kind.maximum:g}"
