"""Definitions that are replaced, inserted, deleted and moved in a file's text, in memory.

Each change is made on a copy of the lines and read again: the file must have the same definitions as before, but for
the one that was meant, or nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
from mtor_action.plan.edits import changed_lines
from mtor_action.plan.kept_endings import put_lines
from mtor_action.symbols.lookup import SymbolFault
from mtor_action.symbols.naming import plain
from mtor_action.symbols.outline import Outline, SymbolDefinition, read_outline
from mtor_action.symbols.reindentation import indentation, indented, is_within, names_outside, outermost, shifted_string
from mtor_action.symbols.spacing import closed_gap, gap_beside, gap_inside, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.operations import DeleteSymbol, InsertCode, ReplaceSymbol
    from mtor_action.plan.symbol_texts import FoundSymbol, SymbolTexts
    from mtor_action.tree.file_text import FileText


@dataclass(frozen=True, slots=True)
class Insertion:
    """Lines for the place of `start` up to `stop`. `shift` is the indentation that they were given."""

    start: int
    stop: int
    lines: tuple[bytes, ...]
    shift: bytes = b""

    @property
    def end(self) -> int:
        """The line after the last one, once they are in the text."""
        return self.start + len(self.lines)


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """How many lines one change added and removed; `note` names what a reader should know."""

    added: int
    removed: int
    note: str = ""


def replace_symbol(text: FileText, operation: ReplaceSymbol, texts: SymbolTexts) -> SymbolChange | SymbolFault:
    """Put the body in the place of the whole definition."""
    match = texts.whole(operation.path, text, operation.symbol)
    if isinstance(match, SymbolFault):
        return match
    definition = match.definition
    start, stop = definition.extent.start, definition.extent.stop
    unseen = texts.unseen(operation.path, text.lines[start:stop], operation.symbol)
    if unseen is not None:
        return unseen
    insertion = _fitted(operation.body, start, stop, definition.extent.indent)
    if isinstance(insertion, SymbolFault):
        return insertion
    after = _read_after(text, insertion, match.outline, texts)
    if isinstance(after, SymbolFault):
        return after
    fault = _check_replacement(operation, match, insertion, after)
    return fault or _put(text, insertion)


def replacement_of(text: FileText, operation: ReplaceSymbol, texts: SymbolTexts) -> bool:
    """Return whether the body is in the place of the definition already."""
    name = operation.renamed and _renamed(operation.symbol.path, operation.renamed)
    reference = replace(operation.symbol, text=name, sig="") if name else operation.symbol
    match = texts.whole(operation.path, text, reference)
    if isinstance(match, SymbolFault):
        return False
    extent = match.definition.extent
    insertion = _fitted(operation.body, extent.start, extent.stop, extent.indent)
    return isinstance(insertion, Insertion) and tuple(text.lines[extent.start : extent.stop]) == insertion.lines


def insert_code(text: FileText, operation: InsertCode, texts: SymbolTexts) -> SymbolChange | SymbolFault:
    """Put the body beside or into a definition."""
    placed = placed_insertion(text, operation, texts)
    if isinstance(placed, SymbolFault):
        return placed
    insertion, match = placed
    after = _read_after(text, insertion, match.outline, texts)
    if isinstance(after, SymbolFault):
        return after
    fault = _check_insertion(operation, match, insertion, after)
    return fault or _put(text, insertion)


def placed_insertion(
    text: FileText, operation: InsertCode, texts: SymbolTexts
) -> tuple[Insertion, FoundSymbol] | SymbolFault:
    """Return where the lines of an insertion go, and the definition that it names."""
    match = texts.find(operation.path, text, operation.anchor or SymbolReference(""))
    if isinstance(match, SymbolFault):
        return match
    definition = match.definition
    if operation.point == "into":
        insertion = _into(text, operation, match)
    elif definition.fault:
        hint = f"use edit={operation.path} with hunks"
        return SymbolFault("symbol-unparsed", f'"{definition.form}" {definition.fault}', hint)
    else:
        insertion = _beside(text, operation, match)
    return insertion if isinstance(insertion, SymbolFault) else (insertion, match)


def delete_symbol(text: FileText, operation: DeleteSymbol, texts: SymbolTexts) -> SymbolChange | SymbolFault:
    """Take the definition out, with the empty lines that were between it and the next one."""
    match = texts.whole(operation.path, text, operation.symbol)
    if isinstance(match, SymbolFault):
        return match
    extent = match.definition.extent
    if not operation.moved_to:
        unseen = texts.unseen(operation.path, text.lines[extent.start : extent.stop], operation.symbol)
        if unseen is not None:
            return unseen
    start, stop = closed_gap(text.lines, extent)
    insertion = Insertion(start, stop, ())
    after = _read_after(text, insertion, match.outline, texts)
    if isinstance(after, SymbolFault):
        return after
    if names_outside(match.outline, start, stop) != names_outside(after, 0, 0):
        return SymbolFault(
            "symbol-body", f'without "{match.definition.form}" the definitions around it change', "use edit= with hunks"
        )
    return _put(text, insertion)


def put_symbol(
    text: FileText, path: str, lines: Sequence[bytes], kind: SymbolDefinition, texts: SymbolTexts
) -> SymbolChange | SymbolFault:
    """Put the lines of a definition at the end of another file's text."""
    outline = texts.outline(path, text)
    if isinstance(outline, SymbolFault):
        return outline
    twin = next((item for item in outline.definitions if item.path == kind.path), None)
    if twin is not None:
        return SymbolFault(
            "exists", f'"{path}" defines "{kind.path}" already, on line {twin.line + 1}', "delete one of them first"
        )
    end = len(text.lines)
    while end and not text.lines[end - 1].strip():
        end -= 1
    blanks = [b""] * ((2 if outline.grammar.offside else 1) if end else 0)
    insertion = Insertion(end, len(text.lines), (*blanks, *lines))
    after = _read_after(text, insertion, outline, texts)
    if isinstance(after, SymbolFault):
        return after
    if names_outside(after, insertion.start, insertion.end) != names_outside(outline, 0, 0):
        return SymbolFault("symbol-body", f'at the end of "{path}" the definition changes others', "use insert=")
    return _put(text, insertion)


def _fitted(body: Sequence[bytes], start: int, stop: int, indent: bytes) -> Insertion | SymbolFault:
    """The body at `indent`, if it is written there or at the left margin."""
    own = indentation(body)
    if own == indent:
        return Insertion(start, stop, tuple(body))
    if not own:
        return Insertion(start, stop, tuple(indented(body, indent)), indent)
    expected = f"none or the definition's own ({_blanks_of(indent)})" if indent else "none"
    message = f"the body is indented by {_blanks_of(own)}, expected {expected}"
    return SymbolFault("symbol-body", message, "give whole definitions from their first line on, at the left margin")


def _blanks_of(indent: bytes) -> str:
    tabs = indent.count(b"\t")
    return f"{tabs} tab{'s' * (tabs != 1)}" if tabs == len(indent) and tabs else f"{len(indent)} blanks"


def _beside(text: FileText, operation: InsertCode, match: FoundSymbol) -> Insertion | SymbolFault:
    extent = match.definition.extent
    at = extent.stop if operation.point == "after" else extent.start
    insertion = _fitted(operation.body, at, at, extent.indent)
    if isinstance(insertion, SymbolFault):
        return insertion
    if insertion.shift and match.outline.grammar.offside and insertion.shift != _usual_indent(match):
        # Whether the body belongs into the `if` or `try` around the definition, only its author knows.
        message = f'"{match.definition.form}" is inside of a block, and the body begins at the left margin'
        hint = f"indent the body by {_blanks_of(extent.indent)} if it belongs there, or name a definition outside of it"
        return SymbolFault("symbol-body", message, hint)
    facing = operation.body[0 if operation.point == "after" else -1]
    gap = () if not facing.strip() else (b"",) * gap_beside(text.lines, match.definition, match.outline)
    lines = (*gap, *insertion.lines) if operation.point == "after" else (*insertion.lines, *gap)
    return replace(insertion, lines=lines)


def _usual_indent(match: FoundSymbol) -> bytes:
    """The indentation of what is right inside of the module or class that the definition is in."""
    path = match.definition.path.rpartition(".")[0]
    owners = [item for item in match.outline.definitions if item.path == path and item.interior is not None]
    around = [item for item in owners if is_within(match.definition, item.extent.start, item.extent.stop)]
    interior = around[0].interior if around and match.definition.depth else None
    return (interior.indent or b"") if interior is not None else b""


def _into(text: FileText, operation: InsertCode, match: FoundSymbol) -> Insertion | SymbolFault:
    definition = match.definition
    interior = definition.interior
    if interior is None:
        return SymbolFault(
            "symbol-body",
            f'"{definition.form}" is a {definition.kind}, expected a class, module or namespace',
            "use after= or before=, or edit= with in= for the lines of a function",
        )
    if interior.fault or definition.fault:
        message = f'"{definition.form}" {interior.fault or definition.fault}'
        return SymbolFault("symbol-unparsed", message, f"use edit={operation.path} with hunks")
    indent = interior.indent or definition.extent.indent + unit_of(text.lines)
    at = interior.stop
    insertion = _fitted(operation.body, at, at, indent)
    if isinstance(insertion, SymbolFault):
        return insertion
    is_spaced = not operation.body[0].strip()
    gap = () if is_spaced else (b"",) * gap_inside(text.lines, definition, match.outline)
    return replace(insertion, lines=(*gap, *insertion.lines))


def _read_after(text: FileText, insertion: Insertion, before: Outline, texts: SymbolTexts) -> Outline | SymbolFault:
    """The definitions of the text once the lines are in it."""
    lines = [*text.lines[: insertion.start], *insertion.lines, *text.lines[insertion.stop :]]
    after = read_outline(before.grammar, lines, texts.effort)
    if after is None:
        return SymbolFault("symbol-unparsed", "with it the file is too large or too deeply nested to parse")
    if after.error is not None and before.error is None:
        row = after.error - insertion.start
        where = f"line {row + 1} of the body" if 0 <= row < len(insertion.lines) else f"line {after.error + 1}"
        hint = "make the body one whole definition" if insertion.lines else "use edit= with hunks"
        return SymbolFault("symbol-body", f"with this the file no longer parses, see {where}", hint)
    if insertion.shift:
        row_in_string = shifted_string(before.grammar, lines, insertion.start, insertion.end, texts.effort)
        if row_in_string is not None:
            return SymbolFault(
                "symbol-body",
                f"line {row_in_string - insertion.start + 1} of the body is in a string, which indenting would change",
                f"indent the body by {_blanks_of(insertion.shift)}, as the definition is",
            )
    return after


def _renamed(path: str, name: str) -> str:
    parent = path.rpartition(".")[0]
    return f"{parent}.{name}" if parent and not name.startswith(f"{parent}.") else name


def _check_replacement(
    operation: ReplaceSymbol, match: FoundSymbol, insertion: Insertion, after: Outline
) -> SymbolFault | None:
    definition = match.definition
    new = outermost(after, insertion.start, insertion.end)
    wanted = _renamed(definition.path, plain(operation.renamed)) if operation.renamed else definition.path
    expected = f'expected "{wanted}" ({definition.kind}) alone'
    if not new:
        return SymbolFault("symbol-body", f"the body defines nothing, {expected}", "")
    first = new[0]
    named = ", ".join(f'"{item.path}" ({item.kind})' for item in new[:5])
    if len(new) > 1:
        return SymbolFault("symbol-body", f"the body defines {named}, {expected}", "insert= adds definitions")
    if (first.path, first.kind, first.depth) != (wanted, definition.kind, definition.depth):
        hint = f"as={first.path.rpartition('.')[2]} renames it" if first.kind == definition.kind else ""
        return SymbolFault("symbol-body", f"the body defines {named}, {expected}", hint)
    if (first.extent.start, first.extent.stop) != (insertion.start, insertion.end) or first.fault:
        return SymbolFault(
            "symbol-body", f"the body contains more than the definition, {expected}", "use edit= with hunks"
        )
    before = names_outside(match.outline, insertion.start, insertion.stop)
    if names_outside(after, insertion.start, insertion.end) != before:
        return SymbolFault("symbol-body", f"with this body other definitions of the file change, {expected}", "")
    return None


def _check_insertion(
    operation: InsertCode, match: FoundSymbol, insertion: Insertion, after: Outline
) -> SymbolFault | None:
    definition = match.definition
    if names_outside(after, insertion.start, insertion.end) != names_outside(match.outline, 0, 0):
        return SymbolFault("symbol-body", "with this body other definitions of the file change", "use edit= with hunks")
    depth = definition.depth + (operation.point == "into")
    new = outermost(after, insertion.start, insertion.end)
    if new and new[0].depth != depth:
        hint = "indent the body as the definition, or not at all"
        return SymbolFault("symbol-body", f'the body defines "{new[0].path}", which is elsewhere', hint)
    old = [item for item in after.definitions if not is_within(item, insertion.start, insertion.end)]
    for item in new:
        if any(_is_same(other, item) for other in old):
            message = f'"{operation.path}" has "{item.path}" already, as {_one_line(item.header)}'
            return SymbolFault("exists", message, "use replace= to change it")
    return None


def _is_same(one: SymbolDefinition, other: SymbolDefinition) -> bool:
    return (one.path, one.header) == (other.path, other.header)


def _one_line(header: str) -> str:
    return f'"{header[:80]}"'


def _put(text: FileText, insertion: Insertion) -> SymbolChange:
    old = text.lines[insertion.start : insertion.stop]
    added, removed = changed_lines(old, insertion.lines)
    put_lines(text, insertion.start, insertion.stop, insertion.lines)
    return SymbolChange(added, removed)


def symbol_lines(
    text: FileText, path: str, reference: SymbolReference, texts: SymbolTexts
) -> tuple[SymbolDefinition, list[bytes]] | SymbolFault:
    """Return a definition that can be moved to another file, and its lines."""
    match = texts.whole(path, text, reference)
    if isinstance(match, SymbolFault):
        return match
    definition = match.definition
    if definition.depth or definition.extent.indent:
        message = f'"{definition.form}" is inside of something else, expected an outermost definition'
        return SymbolFault("symbol-body", message, "use insert= and delete:")
    return definition, text.lines[definition.extent.start : definition.extent.stop]
