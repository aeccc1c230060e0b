"""Operations of one spec on definitions that overlap: one of them would change what another one wrote or removed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.manifest.file_blocks.operations import DeleteSymbol, PutSymbol, ReplaceSymbol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.file_blocks.operations import Operation

_MOST_COMPARED = 500  # operations on one file, each with each


def symbol_conflicts(operations: Sequence[Operation]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each definition that two operations write or remove, or that is inside of such a one."""
    by_path: dict[str, list[ReplaceSymbol | DeleteSymbol]] = {}
    for operation in operations:
        if isinstance(operation, ReplaceSymbol | DeleteSymbol):
            by_path.setdefault(operation.path, []).append(operation)
        elif isinstance(operation, PutSymbol) and operation.path == operation.source:
            yield _conflict(
                operation, f'"{operation.symbol.text}" is moved to the file that it is in, expected another'
            )
    for group in by_path.values():
        for first, second in combinations(group[:_MOST_COMPARED], 2):
            if _overlap(first.symbol.text, second.symbol.text):
                message = (
                    f'"{second.symbol.text}" is changed here, and "{first.symbol.text}" is on line {first.place.line}, '
                    "expected definitions apart"
                )
                yield _conflict(second, message)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _conflict(operation: ReplaceSymbol | DeleteSymbol | PutSymbol, message: str) -> Diagnostic:
    place = operation.place
    return Diagnostic("conflict", place.path, place.line, place.column, message, "make it one operation")
