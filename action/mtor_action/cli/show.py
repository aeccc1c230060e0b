"""`mtor show FILE [SYMBOL]`: the definitions, headings or keys of a file, or one's text with the hash for `was=`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.cli.printing import print_json
from mtor_action.errors import MtorError, UsageError

if TYPE_CHECKING:
    import argparse

    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.symbols.extent import Extent
    from mtor_action.symbols.lookup import SymbolFault
    from mtor_action.symbols.outline import Outline, SymbolDefinition
    from mtor_action.symbols.sections import SectionOutline
    from mtor_action.tree.file_text import FileText

_UNKNOWN = 2  # as a spec that names it would be rejected


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare FILE, SYMBOL and the options that tell twins apart."""
    parser.add_argument("file", metavar="FILE", help="a source file, Markdown, YAML, TOML or JSON")
    parser.add_argument(
        "symbol", metavar="SYMBOL", nargs="?", help="a definition or a key, such as Client.send, or a heading"
    )
    parser.add_argument("--sig", metavar="TEXT", default="", help="the parameters, if several have this name")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the list or the text on stdout; 2 if SYMBOL does not name exactly one definition."""
    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.neutral import visible
    from mtor_action.symbols.lookup import SymbolFault

    text = _text(Path(arguments.repo or ".", arguments.file))
    outline = _outline(arguments.file, text)
    if arguments.symbol is None:
        _print_list(arguments.file, outline, text, as_json=arguments.json)
        return 0
    match = _find(outline, SymbolReference(arguments.symbol, arguments.sig))
    if isinstance(match, SymbolFault):
        print(visible(f"mtor: {arguments.file}: {match.message} [{match.rule}]\n{match.help}".strip()), file=sys.stderr)
        return _UNKNOWN
    _print_one(arguments.file, match, text, as_json=arguments.json)
    return 0


def _text(path: Path) -> FileText:
    from mtor_action.tree.file_text import FileText, unreadable

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "name a file of the repository, or --repo") from error
    reason = unreadable(content)
    if reason:
        raise UsageError(f"{path} is {reason}", "name a source file")
    return FileText.read(content)


def _outline(name: str, text: FileText) -> Outline | SectionOutline:
    from mtor_action.symbols.grammar import ParsingEffort
    from mtor_action.symbols.lookup import SymbolFault, outline_of
    from mtor_action.symbols.sections import format_of, sections_of

    kind, effort = format_of(name), ParsingEffort()
    outline = outline_of(name, text.lines, effort) if kind is None else sections_of(name, kind, text.lines, effort)
    if isinstance(outline, SymbolFault):
        raise MtorError(f"{name}: {outline.message}", outline.help)
    return outline


def _find(outline: Outline | SectionOutline, reference: SymbolReference) -> SymbolDefinition | SymbolFault:
    from mtor_action.symbols.lookup import find_definition
    from mtor_action.symbols.section_lookup import find_section
    from mtor_action.symbols.sections import SectionOutline

    if isinstance(outline, SectionOutline):
        return find_section(outline, reference)
    return find_definition(outline, reference)


def _print_list(name: str, outline: Outline | SectionOutline, text: FileText, *, as_json: bool) -> None:
    from mtor_action.neutral import visible
    from mtor_action.symbols.sections import SectionOutline

    digests: dict[Extent, str] = {}  # a file of one line may have thousands of keys on it
    if as_json:
        language = outline.format.lower() if isinstance(outline, SectionOutline) else outline.grammar.language
        definitions = [_as_json(item, _digest(item, text, digests)) for item in outline.definitions]
        print_json({"path": name, "language": language, "definitions": definitions})
        return
    if not outline.definitions:
        print(f"mtor: {name} defines nothing", file=sys.stderr)
    for definition in outline.definitions:
        print(visible(_row(definition, _digest(definition, text, digests))))


def _digest(definition: SymbolDefinition, text: FileText, digests: dict[Extent, str]) -> str:
    from mtor_action.symbols.lookup import shown_hash

    extent = definition.extent
    if extent not in digests:
        digests[extent] = shown_hash(text.lines[extent.start : extent.stop])
    return digests[extent]


def _row(definition: SymbolDefinition, digest: str) -> str:
    from mtor_action.symbols.lookup import quoted, signature

    extent = definition.extent
    lines = f"{extent.start + 1}-{extent.stop}"
    sig = f"  sig={quoted(signature(definition))}" if definition.twin else ""
    fault = f"  ({definition.fault})" if definition.fault else ""
    return f"{lines:>11}  {digest}  {definition.kind:<9}  {definition.form}{sig}{fault}"


def _print_one(name: str, definition: SymbolDefinition, text: FileText, *, as_json: bool) -> None:
    from mtor_action.neutral import visible
    from mtor_action.symbols.lookup import shown_hash

    extent = definition.extent
    lines = text.lines[extent.start : extent.stop]
    body = b"\n".join(lines) + b"\n"
    if as_json:
        print_json({"path": name, **_as_json(definition, shown_hash(lines)), "text": body.decode("utf-8", "replace")})
        return
    where = f"{name}:{extent.start + 1}-{extent.stop}"
    print(visible(f"{where} {definition.kind} {definition.form} was={shown_hash(lines)}"), flush=True)
    if definition.fault:
        print(visible(f"mtor: it {definition.fault}, so only hunks can change it"), file=sys.stderr)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _as_json(definition: SymbolDefinition, digest: str) -> dict[str, object]:
    from mtor_action.symbols.lookup import signature

    extent = definition.extent
    return {
        "symbol": definition.form,
        "kind": definition.kind,
        "line": definition.line + 1,
        "first_line": extent.start + 1,
        "last_line": extent.stop,
        "was": digest,
        "sig": signature(definition) if definition.twin else "",
        "fault": definition.fault,
    }
