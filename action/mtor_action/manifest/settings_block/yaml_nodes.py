"""The nodes of a YAML text, with their places: every scalar stays the string that was written.

`no` is not False and `1.10` is not 1.1. `yaml_reading.py` makes them.
"""

from __future__ import annotations

from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field


class Node(NamedTuple):
    """A value at a 0-based line and column. Exactly one of the three forms is not None.

    `source` is how a list or mapping of one line was written, for hints.
    """

    line: int
    column: int
    scalar: str | None = None
    plain: bool = False  # an unquoted scalar: an empty one means that nothing was written
    items: tuple[Node, ...] | None = None
    entries: tuple[tuple[Node, Node], ...] | None = None
    source: str = ""

    @property
    def form(self) -> str:
        """The form of the node, in words for a message."""
        if self.items is not None:
            return "a list"
        if self.entries is not None:
            return "a mapping"
        return "nothing" if self.plain and not self.scalar else "a string"


class YamlFault(NamedTuple):
    """A mistake at a 0-based line and column; `help` shows the form that was probably meant."""

    line: int
    column: int
    message: str
    help: str = ""


@dataclass(slots=True)
class Document:
    """The root node (None if the text is empty or cannot be parsed) and what is wrong."""

    root: Node | None = None
    faults: list[YamlFault] = field(default_factory=list)


def single_quoted(text: str) -> str:
    """Return the YAML single-quoted form of a text of one line."""
    return "'" + text.replace("'", "''") + "'"
