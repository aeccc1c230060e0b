"""A file as a model has seen it: all of it or one definition, and which part of that is to come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.implementer.source_code.parsed_lines import lines_in_strings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mtor_action.implementer.source_code.definitions import Definition


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that a model has seen: its text, and the definition that was shown instead of the whole, if any."""

    path: str
    text: str
    part: Definition | None = None
    new_lines: tuple[int, ...] = ()  # of the file, from 1: those that the spec wrote, where they are few
    is_only_new_asked: bool = False  # only these are to come back, not all that is shown
    asked_part: Definition | None = None  # of a whole file that is shown, the definition that is to come back

    @property
    def asked(self) -> Definition | None:
        """Return the definition that is to come back; None for the file."""
        return self.part or self.asked_part

    @property
    def excerpt(self) -> str:
        """Return what is shown: whole lines, as they are in the file."""
        return self.text if self.part is None else self._as_shown(self.part)

    @property
    def asked_text(self) -> str:
        """Return what is to come back, as it is now."""
        if self.is_only_new_asked:
            return "\n".join(self.new_text)
        return self._as_shown(self.asked) if self.asked else self.text

    @property
    def new_text(self) -> list[str]:
        """Return the new lines, as they are in the file."""
        lines = self.text.split("\n")
        return [lines[number - 1] for number in self.new_lines]

    def _as_shown(self, part: Definition) -> str:
        lines = self.text.split("\n")
        return excerpt(lines, part, lines_in_strings(self.path, lines, part) if part.column else ())


def excerpt(lines: Sequence[str], part: Definition, kept: Collection[int] = ()) -> str:
    """Return a definition as it is shown, from the lines of its file: without the indentation of its class.

    `kept` are the lines, from 1, that stay as they are: a text over several lines would be another one without it.
    """
    column = part.column
    numbered = enumerate(lines[part.first_line - 1 : part.last_line], part.first_line)
    dedented = [line[column:] if line[:column].isspace() and number not in kept else line for number, line in numbered]
    return "\n".join([*dedented, ""])
