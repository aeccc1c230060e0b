"""`mtor show FILE [SYMBOL]`: the definitions of a source file, or the text of one with the hash that `was=` takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtor_action.cli.printing import print_json
from mtor_action.errors import MtorError, UsageError

if TYPE_CHECKING:
    import argparse

    from mtor_action.symbols.outline import Outline, SymbolDefinition
    from mtor_action.tree.file_text import FileText

_UNKNOWN = 2  # as a spec that names it would be rejected


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare FILE and SYMBOL."""
    parser.add_argument("file", metavar="FILE", help="a source file, relative to the repository")
    parser.add_argument("symbol", metavar="SYMBOL", nargs="?", help="the path of a definition, such as Client.send")
    parser.add_argument("--sig", metavar="TEXT", default="", help="the parameters, to tell two of one name apart")


def run(arguments: argparse.Namespace) -> int:
    """Return 0 with the list or the text on stdout; 2 if SYMBOL does not name exactly one definition."""
    from mtor_action.manifest.symbol_reference import SymbolReference
    from mtor_action.neutral import visible
    from mtor_action.symbols.lookup import SymbolFault, find_definition

    text = _text(Path(arguments.repo or ".", arguments.file))
    outline = _outline(arguments.file, text)
    if arguments.symbol is None:
        _print_list(arguments.file, outline, text, as_json=arguments.json)
        return 0
    match = find_definition(outline, SymbolReference(arguments.symbol, arguments.sig))
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


def _outline(name: str, text: FileText) -> Outline:
    from mtor_action.symbols.grammar import ParsingEffort
    from mtor_action.symbols.lookup import SymbolFault, outline_of

    outline = outline_of(name, text.lines, ParsingEffort())
    if isinstance(outline, SymbolFault):
        raise MtorError(f"{name}: {outline.message}", outline.help)
    return outline


def _print_list(name: str, outline: Outline, text: FileText, *, as_json: bool) -> None:
    from mtor_action.neutral import visible

    if as_json:
        definitions = [_as_json(definition, text) for definition in outline.definitions]
        print_json({"path": name, "language": outline.grammar.language, "definitions": definitions})
        return
    if not outline.definitions:
        print(f"mtor: {name} defines nothing", file=sys.stderr)
    for definition in outline.definitions:
        print(visible(_row(definition, text)))


def _row(definition: SymbolDefinition, text: FileText) -> str:
    from mtor_action.symbols.lookup import quoted, shown_hash, signature

    extent = definition.extent
    lines = f"{extent.start + 1}-{extent.stop}"
    sig = f"  sig={quoted(signature(definition))}" if definition.twin else ""
    fault = f"  ({definition.fault})" if definition.fault else ""
    digest = shown_hash(text.lines[extent.start : extent.stop])
    return f"{lines:>11}  {digest}  {definition.kind:<9}  {definition.form}{sig}{fault}"


def _print_one(name: str, definition: SymbolDefinition, text: FileText, *, as_json: bool) -> None:
    from mtor_action.neutral import visible
    from mtor_action.symbols.lookup import shown_hash

    extent = definition.extent
    lines = text.lines[extent.start : extent.stop]
    body = b"\n".join(lines) + b"\n"
    if as_json:
        print_json({"path": name, **_as_json(definition, text), "text": body.decode("utf-8", "replace")})
        return
    where = f"{name}:{extent.start + 1}-{extent.stop}"
    print(visible(f"{where} {definition.kind} {definition.form} was={shown_hash(lines)}"), flush=True)
    if definition.fault:
        print(visible(f"mtor: it {definition.fault}, so only hunks can change it"), file=sys.stderr)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _as_json(definition: SymbolDefinition, text: FileText) -> dict[str, Any]:
    from mtor_action.symbols.lookup import shown_hash, signature

    extent = definition.extent
    return {
        "symbol": definition.form,
        "kind": definition.kind,
        "line": definition.line + 1,
        "first_line": extent.start + 1,
        "last_line": extent.stop,
        "was": shown_hash(text.lines[extent.start : extent.stop]),
        "sig": signature(definition) if definition.twin else "",
        "fault": definition.fault,
    }
