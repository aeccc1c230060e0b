"""A path of keys or headings → the one section that it names, or why there is not exactly one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mtor_action.manifest.nearest import nearest
from mtor_action.symbols.lookup import SymbolFault, quoted
from mtor_action.symbols.naming import plain
from mtor_action.symbols.section_paths import as_parts, path_of, typed_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.symbols.outline import SymbolDefinition
    from mtor_action.symbols.sections import SectionOutline

_MOST_LISTED = 12
_MOST_COMPARED = 1_000_000  # pairs of characters
_MOST_TYPED = 200  # characters of a path that are compared with others


def find_section(outline: SectionOutline, reference: SymbolReference) -> SymbolDefinition | SymbolFault:
    """Return the section that the reference names, if it is exactly one."""
    typed = reference.text
    if reference.sig:
        return SymbolFault("symbol-missing", f'"{typed}" has no signature: it is in {outline.format}', "leave out sig=")
    prefixes = _prefixes(outline, typed)
    path = prefixes[-1] if prefixes else ""
    matches = [item for item in outline.definitions if path and path in (item.path, *item.also)]
    doubled = next((prefix for prefix in prefixes[:-1] if prefix in outline.doubled), None)
    if doubled is not None:
        return _ambiguous(doubled, [item for item in outline.definitions if item.path == doubled])
    if len(matches) > 1:
        return _ambiguous(typed, matches)
    return matches[0] if matches else _missing(outline, typed, prefixes)


def _prefixes(outline: SectionOutline, typed: str) -> list[str]:
    """The paths from the outermost name to the whole; empty if what was typed is not a path."""
    is_markdown = outline.format == "Markdown"
    heading = typed_heading(typed) if is_markdown else None
    if heading is not None:
        return [heading]
    parts = as_parts(plain(typed) if is_markdown else typed)
    paths = [path_of(parts[: end + 1]) for end in range(len(parts))] if parts else []
    return [] if None in paths else [path for path in paths if path]


def _ambiguous(path: str, matches: Sequence[SymbolDefinition]) -> SymbolFault:
    return SymbolFault(
        "symbol-ambiguous",
        f'"{path}" names {len(matches)} places, expected one',
        f"use edit= with hunks, or name one that is there once:\n{_listing(matches)}",
    )


def _missing(outline: SectionOutline, typed: str, prefixes: Sequence[str]) -> SymbolFault:
    known = {item.path for item in outline.definitions}
    for prefix, longer in pairwise(["", *prefixes]):
        other = outline.elsewhere.get(prefix)
        if other is not None and longer not in known:
            place = f'"{prefix}" has' if prefix else "the file has"
            return SymbolFault(
                "symbol-missing",
                f'"{typed}" has no lines of its own: {place} {other.what} on line {other.row + 1}',
                f"name the place that has its lines, or use edit= with hunks\n{_near(outline, typed, prefixes)}",
            )
    what = "heading" if outline.format == "Markdown" else "key"
    return SymbolFault("symbol-missing", f'no {what} is called "{typed}"', _near(outline, typed, prefixes))


def _near(outline: SectionOutline, typed: str, prefixes: Sequence[str]) -> str:
    below = [item for item in outline.definitions if prefixes and item.path.startswith(f"{prefixes[-1]}.")]
    if below:  # TOML names a table that has no header of its own
        return _listing(below)
    wanted = {typed, _last(typed)}
    same = [item for item in outline.definitions if wanted & {_last(form) for form in (item.path, *item.also)}]
    if same:
        return _listing(same)
    forms = tuple(dict.fromkeys(item.path for item in outline.definitions))
    if sum(map(len, forms)) * min(len(typed), _MOST_TYPED) < _MOST_COMPARED:
        close = nearest(typed[:_MOST_TYPED], forms)
        if close:
            return f"did you mean {_attribute(close)}?"
    parents = {path: item for item in outline.definitions for path in (item.path, *item.also)}
    parent = next((parents[prefix] for prefix in reversed(prefixes[:-1]) if prefix in parents), None)
    names = list(dict.fromkeys(_attribute(item.path) for item in outline.definitions if _is_child(item, parent)))
    where = f'"{parent.path}"' if parent else "the file"
    if not names:
        return f"{where} has none inside; use edit= with hunks"
    return f"{where} has {', '.join(names[:_MOST_LISTED])}{', …' if len(names) > _MOST_LISTED else ''}"


def _is_child(item: SymbolDefinition, parent: SymbolDefinition | None) -> bool:
    if parent is None:
        return not item.depth
    inside, around = item.extent, parent.extent
    is_inside = around.start <= inside.start and inside.stop <= around.stop
    return is_inside and item.line >= parent.line and item.depth == parent.depth + 1


def _attribute(path: str) -> str:
    """Return `in=` with the path, quoted where an info string needs it."""
    return f"in={quoted(path)}" if " " in path or path[0] in "\"'" else f"in={path}"


def _last(form: str) -> str:
    heading = typed_heading(form)
    if heading is not None:
        return heading.partition(" ")[2]
    parts = as_parts(form)
    return parts[-1] if parts else form


def _listing(matches: Sequence[SymbolDefinition]) -> str:
    lines = [f"line {item.line + 1}: {_attribute(item.path)}" for item in matches[:_MOST_LISTED]]
    more = len(matches) - _MOST_LISTED
    return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
