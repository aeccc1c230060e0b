"""What marks the issue "mtor: last night": the label, and the first line of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer

LABEL = "mtor:night"
MARKER = "<!-- mtor night -->"


def is_marked(issue: Answer) -> bool:
    """Return whether the issue's text begins as mtor's own; anybody can write that."""
    return issue.text("body").startswith(MARKER)


def is_night_issue(issue: Answer) -> bool:
    """Return whether the issue is marked and labelled as the one of the night; whose it is, is still to be asked."""
    return is_marked(issue) and any(label.text("name") == LABEL for label in issue.items("labels"))
