"""The definitions of the files that one plan changes, and the proof that the author saw what is overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault, find_definition, outline_of, text_hash
from mtor_action.symbols.section_lookup import find_section
from mtor_action.symbols.sections import SectionOutline, format_of, sections_of, syntax_error
from mtor_action.tree.file_text import FileText, View, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.symbols.outline import Outline, SymbolDefinition

    # The content of a path at the commit that the spec was written for; None where there is none.
    Seen = Callable[[str], bytes | None]


class FoundSymbol(NamedTuple):
    """A definition and the outline that it is of."""

    definition: SymbolDefinition
    outline: Outline


@dataclass(slots=True)
class SymbolTexts:
    """Outlines by path, each for the text that the file had last. `seen` gives what the author saw, where known."""

    seen: Seen | None = None
    effort: ParsingEffort = field(default_factory=ParsingEffort)
    _outlines: dict[str, tuple[bytes, Outline | SymbolFault]] = field(default_factory=dict)
    _sections: dict[str, tuple[bytes, SectionOutline | SymbolFault]] = field(default_factory=dict)

    def outline(self, path: str, text: FileText) -> Outline | SymbolFault:
        """Return the definitions of `text`, which is the file at `path`."""
        if format_of(path) is not None:
            message = f'"{path}" has headings or keys and no definitions, expected edit={path} with in='
            return SymbolFault("symbol-language", message, "use edit= with in=, or with hunks alone")
        joined = text.joined(View.EXACT)
        kept = self._outlines.get(path)
        if kept is None or kept[0] != joined:
            kept = joined, outline_of(path, text.lines, self.effort)
            self._outlines[path] = kept
        return kept[1]

    def find(self, path: str, text: FileText, reference: SymbolReference) -> FoundSymbol | SymbolFault:
        """Return the one definition that the reference names."""
        outline = self.outline(path, text)
        if isinstance(outline, SymbolFault):
            return outline
        definition = find_definition(outline, reference)
        return definition if isinstance(definition, SymbolFault) else FoundSymbol(definition, outline)

    def place(self, path: str, text: FileText, reference: SymbolReference) -> SymbolDefinition | SymbolFault:
        """Return the one definition, heading or key that hunks are inside of."""
        kind = format_of(path)
        if kind is None:
            match = self.find(path, text, reference)
            return match if isinstance(match, SymbolFault) else match.definition
        joined = text.joined(View.EXACT)
        kept = self._sections.get(path)
        if kept is None or kept[0] != joined:
            kept = joined, sections_of(path, kind, text.lines, self.effort)
            self._sections[path] = kept
        return kept[1] if isinstance(kept[1], SymbolFault) else find_section(kept[1], reference)

    def syntax_error(self, path: str, text: FileText) -> tuple[int, str] | None:
        """Return the 0-based line that does not parse, and why; None if all do, or none can tell."""
        kind = format_of(path)
        if kind is not None:
            error = syntax_error(kind, text.lines, self.effort)
            return (error.row, error.message) if error is not None else None
        outline = self.outline(path, text)
        row = None if isinstance(outline, SymbolFault) else outline.error
        return (row, "the grammar cannot parse it") if row is not None else None

    def whole(self, path: str, text: FileText, reference: SymbolReference) -> FoundSymbol | SymbolFault:
        """Return a definition that can be replaced, deleted or moved as a whole."""
        match = self.find(path, text, reference)
        if isinstance(match, SymbolFault) or not match.definition.fault:
            return match
        return SymbolFault(
            "symbol-unparsed",
            f'"{match.definition.form}" {match.definition.fault}, so its lines are not known for sure',
            f"use edit={path} with hunks",
        )

    def unseen(self, path: str, lines: Sequence[bytes], reference: SymbolReference) -> SymbolFault | None:
        """Return why nothing proves that the author saw these lines, which are overwritten unread."""
        form = reference.text
        if reference.was:
            if text_hash(lines).startswith(reference.was):
                return None
            return SymbolFault(
                "unseen",
                f'"{form}" is not what it was for was={reference.was}',
                f"read it again: mtor show {path} {_argument(form)}",
            )
        if self.seen is None:
            return SymbolFault(
                "unseen",
                f'"{form}" would be overwritten unseen, expected was=HASH or the setting written_for',
                f"`mtor show {path} {_argument(form)}` prints it and its hash",
            )
        older = self._older_lines(path, reference)
        if older is not None and list(older) == list(lines):
            return None
        return SymbolFault(
            "unseen",
            f'"{form}" is not what it was at the commit that the spec was written for',
            f"read it again: mtor show {path} {_argument(form)}",
        )

    def _older_lines(self, path: str, reference: SymbolReference) -> Sequence[bytes] | None:
        content = self.seen(path) if self.seen else None
        if content is None or unreadable(content):
            return None
        text = FileText.read(content)
        match = SymbolTexts(effort=self.effort).place(path, text, reference)
        return None if isinstance(match, SymbolFault) else text.lines[match.extent.start : match.extent.stop]


def _argument(form: str) -> str:
    """Return a symbol as an argument for a shell, quoted where it must be."""
    return form if form.replace(".", "").replace("_", "").isalnum() else "'" + form.replace("'", "'\\''") + "'"
