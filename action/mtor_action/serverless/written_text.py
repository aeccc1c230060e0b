"""A text with a command in its first line: a comment of the conversation, a review, or a remark on a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TextKind(StrEnum):
    """The kind of a text that may hold a command."""

    COMMENT = "comment"
    REVIEW = "review"
    REMARK = "remark"
    BOX = "box"  # ticked in the issue of the night; its id is the event run's


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text by its kind and the id that GitHub gave it."""

    kind: TextKind
    id: int

    @property
    def is_comment(self) -> bool:
        """Whether it is a comment of the conversation: only those can be a spec."""
        return self.kind is TextKind.COMMENT

    @property
    def reactions(self) -> str:
        """Return the path of its reactions, "" for a review or a box, which takes none.

        https://docs.github.com/rest/reactions/reactions
        """
        lists = {TextKind.COMMENT: "issues", TextKind.REMARK: "pulls"}
        return f"{lists[self.kind]}/comments/{self.id}/reactions" if self.kind in lists else ""
