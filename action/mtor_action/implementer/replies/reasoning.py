"""Removes a model's reasoning: what it holds was only thought, and is never carried out."""

from __future__ import annotations

import re

_TAG = r"(?:think|thinking|thoughts?|reasoning|scratchpad)"
# Chat templates open the tag for the model, so that only the closing one comes back.
_OPENING = re.compile(rf"^[ \t]*(?:<{_TAG}>|\[THINK\]|◁think▷)", re.IGNORECASE | re.MULTILINE)
_CLOSING = re.compile(rf"(?:</{_TAG}>|\[/THINK\]|◁/think▷)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_PAIR = re.compile(f"{_OPENING.pattern}.*?{_CLOSING.pattern}", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_TAGS = re.compile(rf"</?{_TAG}>", re.IGNORECASE)
_HIDDEN = "\ue000"  # of the private use area: no model writes it
# https://cookbook.openai.com/articles/openai-harmony, read 2026-11-29: channels of the harmony format
_CHANNEL = re.compile(
    r"<\|channel\|>(?P<name>\w+)[^<]*?<\|message\|>(?P<text>.*?)(?=<\|end\|>|<\|return\|>|<\|start\|>|<\|channel\|>|\Z)",
    re.DOTALL,
)
# What is left of them where a server takes the tokens for special ones and drops them.
_BARE_CHANNELS = re.compile(r"\s*analysis(?=[A-Z]).*?(?:assistant\s*final|\Z)(?P<final>.*)", re.DOTALL)


def without_reasoning(text: str) -> str:
    """Return the part of a reply that is meant as its answer; "" if all of it is reasoning."""
    text = _CODE.sub(_hidden, _final_channel(text))
    text = _PAIR.sub("", text)
    ends = [match.end() for match in _CLOSING.finditer(text)]
    if ends:
        text = text[ends[-1] :]
    opened = _OPENING.search(text)
    return (text[: opened.start()] if opened else text).replace(_HIDDEN, "")


def _hidden(match: re.Match[str]) -> str:
    """Return a block with its tags hidden from the patterns, if it opens and closes them: then they are its text."""
    body = match["body"]
    if len(_OPENING.findall(body)) != len(_CLOSING.findall(body)):
        return match[0]
    return _TAGS.sub(lambda tag: tag[0][0] + _HIDDEN + tag[0][1:], match[0])


def _final_channel(text: str) -> str:
    """Return harmony's final channel; without one, what is in none and in the channel of calls."""
    bare = _BARE_CHANNELS.match(text)
    if bare:
        return bare["final"]
    parts = [match for match in _CHANNEL.finditer(text) if match["name"] == "final"]
    if parts:
        return "\n".join(match["text"] for match in parts)
    return _CHANNEL.sub(lambda match: "" if match["name"] == "analysis" else match[0], text)
