"""Why the text of an answer is not taken, in words for the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class AnswerRefused(Exception):
    """An answer without a single reading; the message is for the model."""


def cut_code(line: int, answer_lines: Sequence[str]) -> AnswerRefused:
    """Return the refusal of an answer whose line, from 1, stands for code that it leaves out."""
    placeholder = answer_lines[line - 1].strip()[:80]
    return AnswerRefused(
        f"line {line} of the answer, `{placeholder}`, is a placeholder for code; write the code itself"
    )
