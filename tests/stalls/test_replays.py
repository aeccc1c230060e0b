"""Whoever sees a stall missed, or healthy work stopped, adds a file to replays/.

One event a line in each, the last line the signals expected, each with its turn.

First, optional: `{"start": {"spec": …, "failures": […], "broken": …, "tree": …, "head": …}, "thresholds": {…}}`.
Then `{"turn": {"text": …, "tree": …, "head": …, "truncated": …, "afresh": …, "calls": [{"tool": …, …}]}}`
(numbered from 1; tree and head stay as they were if left out) and `{"finish": {"built": …, "disputes": […]}}`.
Last: `{"expect": [["repeated-action", 4], …]}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtor_action.stalls.detector import Detector
from mtor_action.stalls.turn_events import Call, CallKind, FinishClaim, Turn
from mtor_action.stalls.watch import WatchStart

REPLAYS = sorted((Path(__file__).parent / "replays").glob("*.jsonl"))


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: path.stem)
def test_a_replay_fires_what_its_last_line_says(path: Path) -> None:
    fired, expected = replay(path)
    assert fired == expected


def replay(path: Path) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return (signals that fired, signals expected), each as (kind, turn)."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    expected = [(kind, turn) for kind, turn in lines.pop()["expect"]]
    head = lines.pop(0) if "start" in lines[0] else {"start": {}}
    detector = Detector(head.get("thresholds", {}), _start(head["start"]))
    fired: list[tuple[str, int]] = []
    number = 0
    for line in lines:
        number += "turn" in line
        event = _turn(number, line["turn"]) if "turn" in line else _finish(number, line["finish"])
        fired += [(signal.kind, signal.turn) for signal in detector.observe(event)]
    return fired, expected


def _start(data: dict[str, Any]) -> WatchStart:
    return WatchStart(
        spec_text=data.get("spec", ""),
        failures=frozenset(data.get("failures", [])),
        broken=data.get("broken", False),
        tree=data.get("tree", ""),
        head=data.get("head", ""),
    )


def _turn(number: int, data: dict[str, Any]) -> Turn:
    return Turn(
        number,
        text=data.get("text", ""),
        calls=tuple(_call(call) for call in data.get("calls", [])),
        tree=data.get("tree", ""),
        head=data.get("head", ""),
        truncated=data.get("truncated", False),
        afresh=data.get("afresh", False),
    )


def _call(data: dict[str, Any]) -> Call:
    failing = data.get("failing")
    return Call(
        tool=data["tool"],
        arguments=json.dumps(data.get("arguments", {}), sort_keys=True),
        observation=data.get("observation", ""),
        kind=CallKind(data.get("kind", "other")),
        path=data.get("path", ""),
        error_class=data.get("error"),
        failing=None if failing is None else frozenset(failing),
        broken=data.get("broken", False),
        tampering=data.get("tampering"),
        cheats=tuple(data.get("cheats", [])),
    )


def _finish(number: int, data: dict[str, Any]) -> FinishClaim:
    return FinishClaim(number, data["built"], tuple(data.get("disputes", [])))
