"""Removes a model's reasoning: what it holds was only thought, and is never carried out."""

from __future__ import annotations

import re

_TAG = r"(?:think|thinking|thoughts?|reasoning|scratchpad)"
# Chat templates open the tag for the model, so that only the closing one comes back.
_OPENING = re.compile(rf"^[ \t]*(?:<{_TAG}>|\[THINK\]|◁think▷)", re.IGNORECASE | re.MULTILINE)
_CLOSING = re.compile(rf"(?:</{_TAG}>|\[/THINK\]|◁/think▷)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_PAIR = re.compile(f"{_OPENING.pattern}.*?{_CLOSING.pattern}", re.IGNORECASE | re.MULTILINE | re.DOTALL)
# https://cookbook.openai.com/articles/openai-harmony, read 2026-11-29: channels of the harmony format
_CHANNEL = re.compile(
    r"<\|channel\|>(?P<name>\w+)[^<]*?<\|message\|>(?P<text>.*?)(?=<\|end\|>|<\|return\|>|<\|start\|>|<\|channel\|>|\Z)",
    re.DOTALL,
)
# What is left of them where a server takes the tokens for special ones and drops them.
_BARE_CHANNELS = re.compile(r"\s*analysis(?=[A-Z]).*?(?:assistant\s*final|\Z)(?P<final>.*)", re.DOTALL)


def without_reasoning(text: str) -> str:
    """Return the part of a reply that is meant as its answer; "" if all of it is reasoning."""
    text = _PAIR.sub("", _final_channel(text))
    ends = [match.end() for match in _CLOSING.finditer(text)]
    if ends:
        text = text[ends[-1] :]
    opened = _OPENING.search(text)
    return text[: opened.start()] if opened else text


def _final_channel(text: str) -> str:
    """Return harmony's final channel; without one, what is in none and in the channel of calls."""
    bare = _BARE_CHANNELS.match(text)
    if bare:
        return bare["final"]
    parts = [match for match in _CHANNEL.finditer(text) if match["name"] == "final"]
    if parts:
        return "\n".join(match["text"] for match in parts)
    return _CHANNEL.sub(lambda match: "" if match["name"] == "analysis" else match[0], text)
