"""Blocks and settings that name a definition → operations.

edit=PATH in=SYMBOL [sig= was=]                hunks inside of a definition
replace=PATH symbol=SYMBOL [as= sig= was=]     a whole definition
insert=PATH after=|before=|into=SYMBOL [sig=]  beside or in one
insert=PATH at=top|end                         in any text file
delete: ["PATH::SYMBOL"]  move: {"PATH::SYMBOL": PATH}     with ` sig="…"` and ` was=…` after the symbol
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic
from mtor_action.manifest.fences.info_string import read_info
from mtor_action.manifest.file_blocks.operations import SEPARATOR, DeleteSymbol, InsertCode, PutSymbol, ReplaceSymbol
from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference, is_hash, symbol_fault
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mtor_action.manifest.file_blocks.operations import Delete, InsertionPoint, Move, SymbolOperation
    from mtor_action.manifest.text import Place

    Fault = Callable[[str, str], None]

_POINTS: tuple[InsertionPoint, ...] = ("after", "before", "into")


def symbol_value_fault(key: str, value: str) -> str:
    """Return why an attribute cannot have this value; "" if it can."""
    if key == "was":
        return "" if is_hash(value) else f'was is "{value}", expected the hash that `mtor show FILE SYMBOL` prints'
    if key == "sig":
        return "" if value.strip() else "sig is empty, expected the parameters, as `mtor show` prints them"
    fault = symbol_fault(value)
    return f"{key} {fault}" if fault else ""


def within(values: Mapping[str, str], fault: Fault) -> SymbolReference | None:
    """Return the definition that an edit is inside of, if it names one."""
    if "in" in values:
        return _reference(values["in"], values)
    for key in ("sig", "was"):
        if key in values:
            fault(f"{key}= without in=, expected the symbol that it belongs to", "write in=SYMBOL")
    return None


def read_replacement(
    path: str, values: Mapping[str, str], body: Sequence[bytes], place: Place, fault: Fault
) -> ReplaceSymbol | None:
    """Return the operation of a `replace=` block; None after a fault."""
    if "symbol" not in values:
        fault("replace without symbol, expected symbol=SYMBOL", "write=PATH replaces a whole file")
        return None
    if not any(line.strip() for line in body):
        fault("an empty body, expected the definition", 'delete: ["PATH::SYMBOL"] in the settings takes one away')
        return None
    renamed = values.get("as", "")
    return ReplaceSymbol(path, _reference(values["symbol"], values), renamed, _trimmed(body), place)


def read_insertion(
    path: str, values: Mapping[str, str], body: Sequence[bytes], place: Place, fault: Fault
) -> InsertCode | None:
    """Return the operation of an `insert=` block; None after a fault."""
    points = [key for key in (*_POINTS, "at") if key in values]
    if len(points) != 1:
        found = f"insert with {' and '.join(points)}" if points else "insert without a place"
        fault(f"{found}, expected one of after=, before=, into=SYMBOL, at=top, at=end", "")
        return None
    if not any(line.strip() for line in body):
        fault("an empty body, expected the lines to insert", "")
        return None
    if points == ["at"]:
        if "sig" in values:
            fault("sig= without a symbol, expected after=, before= or into=", "")
            return None
        return InsertCode(path, "top" if values["at"] == "top" else "end", None, tuple(body), place)
    point = next(point for point in _POINTS if point in values)
    return InsertCode(path, point, _reference(values[point], values), tuple(body), place)


def _reference(text: str, values: Mapping[str, str]) -> SymbolReference:
    return SymbolReference(text, values.get("sig", ""), values.get("was", ""))


def _trimmed(body: Sequence[bytes]) -> tuple[bytes, ...]:
    """The lines without blank ones at both ends."""
    filled = [number for number, line in enumerate(body) if line.strip()]
    return tuple(body[filled[0] : filled[-1] + 1]) if filled else ()


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """The settings `move` and `delete`, those for definitions apart, and what is wrong with the latter."""

    operations: tuple[SymbolOperation, ...]
    moves: tuple[Move, ...]
    deletes: tuple[Delete, ...]
    faults: tuple[Diagnostic, ...]


def split_settings(moves: Sequence[Move], deletes: Sequence[Delete]) -> SplitSettings:
    """Return what concerns definitions apart from what concerns files."""
    operations: list[SymbolOperation] = []
    faults: list[Diagnostic] = []
    for move in moves:
        operations += _moved(move, faults)
    for delete in deletes:
        operations += _deleted(delete, faults)
    return SplitSettings(
        tuple(operations),
        tuple(move for move in moves if SEPARATOR not in move.old + move.new),
        tuple(delete for delete in deletes if SEPARATOR not in delete.path),
        tuple(faults),
    )


def _moved(move: Move, faults: list[Diagnostic]) -> Iterator[SymbolOperation]:
    if SEPARATOR in move.new:
        message = f'"{move.new}" names a symbol, expected the file that the definition goes to'
        faults.append(_fault("setting", move.place, message, 'write move: {"a.py::f": "b.py"}'))
    elif SEPARATOR in move.old:
        target = _target(move.old, move.place, faults)
        if target is not None and _is_sound(move.new, move.place, faults):
            path, symbol = target
            yield PutSymbol(move.new, path, symbol, move.place)
            yield DeleteSymbol(path, symbol, move.place, moved_to=move.new)


def _deleted(delete: Delete, faults: list[Diagnostic]) -> Iterator[SymbolOperation]:
    if SEPARATOR in delete.path:
        target = _target(delete.path, delete.place, faults)
        if target is not None:
            yield DeleteSymbol(*target, delete.place)


def _target(text: str, place: Place, faults: list[Diagnostic]) -> tuple[str, SymbolReference] | None:
    """Return path and definition of `PATH::SYMBOL sig="…" was=…`; None, and why in `faults`."""
    path, _, rest = text.partition(SEPARATOR)
    words = read_info(rest, 0)
    values = {word.key: word.value for word in words.attributes if word.key in ("sig", "was")}
    cut = min((word.column for word in words.attributes if word.key in values), default=len(rest))
    symbol = rest[:cut].strip()
    problem = symbol_fault(symbol) or next(
        (fault for key, value in values.items() if (fault := symbol_value_fault(key, value))), ""
    )
    problem = problem or next((word.fault for word in words.words if word.fault), "")
    if problem:
        faults.append(_fault("setting", place, f'"{text}" {problem}', 'write "PATH::SYMBOL was=HASH"'))
        return None
    return (path, _reference(symbol, values)) if _is_sound(path, place, faults) else None


def _is_sound(path: str, place: Place, faults: list[Diagnostic]) -> bool:
    fault = path_fault(path, is_new=False)
    if fault:
        faults.append(_fault("path", place, f"{path!r}: {fault}" if path else fault, ""))
    return not fault


def _fault(rule: str, place: Place, message: str, hint: str) -> Diagnostic:
    return Diagnostic(rule, place.path, place.line, place.column, message, hint)
