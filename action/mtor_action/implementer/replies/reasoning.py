"""Removes a model's reasoning: what it holds was only thought, and is never carried out."""

from __future__ import annotations

import re

_TAG = r"(?:think|thinking|thoughts?|reasoning|scratchpad)"
# Chat templates open the tag for the model, so that only the closing one comes back.
_OPENING = re.compile(rf"^[ \t]*(?:<{_TAG}>|\[THINK\]|◁think▷)", re.IGNORECASE | re.MULTILINE)
_CLOSING = re.compile(rf"(?:</{_TAG}>|\[/THINK\]|◁/think▷)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"(?P<marker>`{3,}|~{3,})")
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
    text = _without_pairs(_with_hidden_tags(_final_channel(text)))
    ends = [match.end() for match in _CLOSING.finditer(text)]
    if ends:
        text = text[ends[-1] :]
    opened = _OPENING.search(text)
    return (text[: opened.start()] if opened else text).replace(_HIDDEN, "")


def _without_pairs(text: str) -> str:
    kept: list[str] = []
    at = 0
    while (opening := _OPENING.search(text, at)) and (closing := _CLOSING.search(text, opening.end())):
        kept.append(text[at : opening.start()])
        at = closing.end()
    return "".join([*kept, text[at:]])


def _with_hidden_tags(text: str) -> str:
    """Return the text with the tags of blocks hidden that open and close them: those are the block's own text."""
    if not _CLOSING.search(text):
        return text
    lines = text.split("\n")
    start, fence = 0, ""
    for number, line in enumerate(lines):
        marker = _FENCE.match(line)
        if marker and not fence:
            start, fence = number, marker["marker"]
        elif marker and line.rstrip() == fence:
            body = "\n".join(lines[start + 1 : number])
            if len(_OPENING.findall(body)) == len(_CLOSING.findall(body)):
                lines[start:number] = [_TAGS.sub(_hidden, each) for each in lines[start:number]]
            fence = ""
    return "\n".join(lines)


def _hidden(tag: re.Match[str]) -> str:
    return tag[0][0] + _HIDDEN + tag[0][1:]


def _final_channel(text: str) -> str:
    """Return harmony's final channel; without one, what is in none and in the channel of calls."""
    bare = _BARE_CHANNELS.match(text)
    if bare:
        return bare["final"]
    parts = [match for match in _CHANNEL.finditer(text) if match["name"] == "final"]
    if parts:
        return "\n".join(match["text"] for match in parts)
    return _CHANNEL.sub(lambda match: "" if match["name"] == "analysis" else match[0], text)
