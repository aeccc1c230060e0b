"""The reflection on a run: one bounded question after a run that used a model, facts after one that did not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mtor_action.implementer.prompts.first_messages import text_of
from mtor_action.implementer.replies.reply_words import words_of
from mtor_action.implementer.tools.tool_arguments import FinishArguments
from mtor_action.model.chat import Message, Role
from mtor_action.model.provider_failures import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.implementer.cost.budget import Spending
    from mtor_action.implementer.loop import AskedModel

_MOST_CHARACTERS = 2_000
_MOST_WORDS = 600
_REFLECTION_SECONDS = 120.0


def said_at_finish(finish: FinishArguments | None) -> dict[str, object]:
    """Return the reflection that came with `finish`; empty if it said nothing."""
    return {key: value for key, value in finish.model_dump().items() if value} if finish else {}


def said_with_the_answer(text: str) -> dict[str, object]:
    """Return what a model said was wrong before it gave the code back: what surprised it, without another request."""
    words = words_of(text)
    return {"surprised": words[:_MOST_WORDS]} if words else {}


def ask(worker: AskedModel, spending: Spending, redact: Callable[[str], str], **about: str) -> dict[str, object]:
    """Ask once. `about` fills prompts/reflection.md. What cannot be read is reported, never guessed."""
    spent = spending.exceeded(without_turns=True)
    if spent:
        return {"facts": [f"no reflection was asked for: {spent}"]}
    message = Message(Role.USER, text_of("reflection", **about))
    try:
        reply = worker.ask([message], (), _REFLECTION_SECONDS, 0, 0)
    except ModelError as error:
        spending.requests += error.requests
        return {"facts": [f"no reflection: {error.message}"]}
    spending.add(reply)
    return read(redact(reply.text))


def read(text: str) -> dict[str, object]:
    """Return the reflection in a model's text, validated and bounded."""
    match = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        parsed = json.loads(match[0] if match else "")
        fields = {key: _bounded(value) for key, value in parsed.items() if key in FinishArguments.model_fields}
        return said_at_finish(FinishArguments.model_validate(fields))
    except (ValueError, AttributeError, ValidationError, RecursionError):
        return {"facts": ["the model's reflection could not be read"]}


def _bounded(value: object) -> object:
    if isinstance(value, list):
        return [str(item)[:_MOST_CHARACTERS] for item in value[:20]]
    return str(value)[:_MOST_CHARACTERS]
