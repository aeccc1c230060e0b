from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtor_action.stalls.detector import Detector
from mtor_action.stalls.signals import SIGNALS
from mtor_action.stalls.thresholds import DEFAULTS, problems
from mtor_action.stalls.turn_events import Turn
from mtor_action.stalls.watch import WatchStart

DOCS = Path(__file__).parents[2] / "docs" / "stalls.md"
DESIGN_DEFAULTS = {
    "monologue": 3,
    "built-nothing": 8,
    "echo": 0.8,
    "repeated-action": 4,
    "repeated-error": 3,
    "alternation": 3,
    "no-progress": 4,
    "oscillation": 2,
    "regression": 3,
    "tampering": 2,
    "test-cheat": 1,
    "context-loop": 3,
}


def test_the_defaults_are_those_of_the_design() -> None:
    assert DEFAULTS == DESIGN_DEFAULTS


def test_the_documentation_lists_every_signal_with_its_default() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| ([\d.]+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: float(default) for name, default in rows} == DEFAULTS


@pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: kind.name)
def test_every_threshold_is_a_setting(kind: object) -> None:
    name = getattr(kind, "name", "")
    value = 0.5 if name == "echo" else 7
    assert problems({name: value}) == []
    assert problems({name: str(value)}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("monologue", 0),
        ("monologue", -1),
        ("monologue", 2.5),
        ("monologue", True),
        ("monologue", "three"),
        ("monologue", "nan"),
        ("monologue", float("inf")),
        ("monologue", None),
        ("monologue", [3]),
        ("monologue", 10**400),
        ("repeated-action", 1),
        ("alternation", 1),
        ("echo", 0),
        ("echo", 1.1),
    ],
)
def test_a_threshold_out_of_range_is_an_error_that_says_the_range(name: str, value: object) -> None:
    (problem,) = problems({name: value})
    assert f"`{name}` is" in problem
    assert "expected a" in problem


def test_an_unknown_signal_names_the_nearest_and_all_problems_come_at_once() -> None:
    monolog, built_nothing, echo, xyz = problems({"monolog": 3, "built_nothing": 3, "echo": 7, "xyz": 1})
    assert "no signal `monolog`; the nearest is `monologue`" in monolog
    assert "`built-nothing`" in built_nothing
    assert "`echo` is 7" in echo
    assert "`xyz`; there are" in xyz


def test_a_changed_threshold_changes_when_it_fires() -> None:
    detector = Detector({"monologue": 2}, WatchStart())
    assert not detector.observe(Turn(1, "I think."))
    assert [signal.kind for signal in detector.observe(Turn(2, "I ponder."))] == ["monologue"]
