"""The order of some specs as a small graph of text: a line a spec, what comes first above.

● a.md  clean
├─╮
● │ b.md  clean
│ ● c.md  clean
├─╯
● d.md  clean
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.order.batch import last_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mtor_action.order.batch import After


def draw(after: After, order: Sequence[int], labels: Mapping[int, str]) -> str:
    """Return the graph of the places in `order` (predecessors first); what a longer way leads to has one line only."""
    nearest_before = {place: last_of(after, after[place]) for place in order}
    followers = {place: [other for other in order if place in nearest_before[other]] for place in order}
    columns: list[int | None] = []  # of each column, the place that its line leads to
    lines: list[str] = []
    for place in order:
        if lines and not columns:
            lines.append("")  # what begins here follows nothing above
        own = [column for column, target in enumerate(columns) if target == place]
        if len(own) > 1:
            lines.append(_row(columns, own, "├┴╯"))
        column = own[0] if own else _free(columns)
        for other in own:
            columns[other] = None
        columns[column] = place
        marks = ["●" if index == column else " " if target is None else "│" for index, target in enumerate(columns)]
        lines.append(f"{' '.join(marks).rstrip()} {labels[place]}")
        columns[column] = None
        branches: list[int] = []
        for follower in followers[place]:
            branch = column if not branches else _free(columns)
            columns[branch] = follower
            branches.append(branch)
        if len(branches) > 1:
            lines.append(_row(columns, sorted(branches), "├┬╮"))
        while columns and columns[-1] is None:
            columns.pop()
    return "\n".join(lines)


def _free(columns: list[int | None]) -> int:
    if None in columns:
        return columns.index(None)
    columns.append(None)
    return len(columns) - 1


def _row(columns: Sequence[int | None], joined: Sequence[int], signs: str) -> str:
    """Return the line in which `joined` columns meet: the first, one between, the last."""
    first, last = joined[0], joined[-1]
    text = ""
    for index, target in enumerate(columns):
        if index in joined:
            text += signs[0] if index == first else signs[2] if index == last else signs[1]
        elif first < index < last:
            text += "─" if target is None else "┼"
        else:
            text += " " if target is None else "│"
        text += "─" if first <= index < last else " "
    return text.rstrip()
