"""A model server that plays a script: real HTTP on loopback, OpenAI's chat completions, no model."""

from __future__ import annotations

from standins.model.script import (
    Answer,
    Fault,
    Reactive,
    Request,
    Step,
    call,
    calls,
    context_overflow,
    fault,
    garbage,
    load_script,
    no_quota,
    reset,
    say,
    silence,
    trickle,
    truncated,
)
from standins.model.server import ModelServer

__all__ = [
    "Answer",
    "Fault",
    "ModelServer",
    "Reactive",
    "Request",
    "Step",
    "call",
    "calls",
    "context_overflow",
    "fault",
    "garbage",
    "load_script",
    "no_quota",
    "reset",
    "say",
    "silence",
    "trickle",
    "truncated",
]
