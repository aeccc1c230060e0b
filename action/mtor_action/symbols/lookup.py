"""A path of names → the one definition that it names, or why there is not exactly one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.file_blocks.symbol_reference import WAS_LENGTH, SymbolReference
from mtor_action.manifest.nearest import nearest
from mtor_action.symbols.naming import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.symbols.grammar import ParsingEffort
    from mtor_action.symbols.outline import Outline, SymbolDefinition

_MOST_LISTED = 12
_MOST_COMPARED = 200_000
_MOST_TYPED = 200  # characters of a path that are compared with others
# How documentation writes a method: `Client#send`, `Client::send`, `Client.send()`, and in Go `(*Client).Send`.
_OTHER_SEPARATOR = lazy_pattern(r"(?<=[\w>])(?:#(?=[^\W\d])|::)")
_RECEIVER = lazy_pattern(r"\(\*?([\w.]+)\)(?=\.)|^\*(?=\w)")
_OVERLOAD = lazy_pattern(r"(?P<path>[^()]*[\w>$])(?P<sig>\(.*\))")
_PARAMETER_NAME = lazy_pattern(r"(?<=[\w>*&\]?.])[ ]+[\w$]+$")
_LAST_PARAMETERS = lazy_pattern(r"\([^()]*\)[^()]*$")
_WORDS = lazy_pattern(r"[\w$]+")
_AROUND_SIGNS = lazy_pattern(r"\s*([^\w\s])\s*")


@dataclass(frozen=True, slots=True)
class SymbolFault:
    """The reason why a symbol cannot be used: a rule, what is wrong, and the next step."""

    rule: str
    message: str
    help: str = ""


def find_definition(outline: Outline, reference: SymbolReference) -> SymbolDefinition | SymbolFault:
    """Return the definition that the reference names, if it is exactly one."""
    typed = reference.path
    path, reference = _usual(outline, reference)
    matches = _called(outline, path)
    hidden = _hidden(outline, path)
    if hidden is not None:
        return SymbolFault(
            "symbol-unparsed",
            f'line {hidden + 1}, which does not parse, names "{path}" too, so it may be defined twice',
            "use edit= with hunks",
        )
    if not matches:
        return _missing(outline, typed, path)
    if reference.twin:
        return _twin(matches, reference)
    if reference.sig and len(matches) > 1:
        return _only([item for item in matches if _has_signature(item, reference.sig)] or matches, reference)
    if reference.sig and not _has_signature(matches[0], reference.sig):
        return _other_signature(matches[0], reference)
    return _only(matches, reference)


def _called(outline: Outline, path: str) -> list[SymbolDefinition]:
    matches = [definition for definition in outline.definitions if definition.path == path]
    return matches or [definition for definition in outline.definitions if path in definition.also]


def _usual(outline: Outline, reference: SymbolReference) -> tuple[str, SymbolReference]:
    """Return the path as it is written here, and the reference: documentation has other notations, and overloads."""
    path = plain(reference.path, outline.grammar.separator)
    if _called(outline, path):
        return path, reference
    overload = _OVERLOAD.fullmatch(path) if not reference.sig else None
    if overload is None:
        return _in_dots(path), reference
    name, sig = _in_dots(overload["path"]), overload["sig"]
    count = len(_called(outline, name))
    if not count:
        return _in_dots(path), reference
    return name, replace(reference, text=name, sig="" if count == 1 and sig == "()" else sig)


def _in_dots(path: str) -> str:
    return _OTHER_SEPARATOR.sub(".", _RECEIVER.sub(r"\1", path))


def text_hash(lines: Sequence[bytes]) -> str:
    """Return what `was=` proves: a digest of the lines, whatever their endings."""
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def shown_hash(lines: Sequence[bytes]) -> str:
    """Return the digest as `mtor show` prints it."""
    return text_hash(lines)[:WAS_LENGTH]


def listing(definitions: Sequence[SymbolDefinition]) -> str:
    """Return one line for each definition: where it is, and the form that names it alone."""
    lines = [
        f"line {item.line + 1}: {item.form}" + (f" sig={quoted(signature(item))}" if item.twin else "")
        for item in definitions[:_MOST_LISTED]
    ]
    if len(definitions) > _MOST_LISTED:
        lines.append(f"and {len(definitions) - _MOST_LISTED} more")
    return "\n".join(lines)


def signature(definition: SymbolDefinition) -> str:
    """Return the text that `sig=` takes for it: its parameters, else the line that has its name."""
    return definition.parameters or definition.header


def quoted(text: str) -> str:
    """Return a value as an info string holds it."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def _only(matches: Sequence[SymbolDefinition], reference: SymbolReference) -> SymbolDefinition | SymbolFault:
    if len(matches) == 1:
        return matches[0]
    return SymbolFault(
        "symbol-ambiguous",
        f'"{reference.text}" names {len(matches)} definitions, expected one',
        f"name one of them:\n{listing(matches)}",
    )


def _twin(matches: Sequence[SymbolDefinition], reference: SymbolReference) -> SymbolDefinition | SymbolFault:
    if reference.twin > len(matches) or len(matches) == 1:  # of two that were alike, one may be gone
        found = f"there {'is' if len(matches) == 1 else 'are'} {len(matches)}"
        return SymbolFault("symbol-missing", f'"{reference.text}" does not exist: {found}', listing(matches))
    match = matches[reference.twin - 1]
    if not reference.sig:
        return SymbolFault(
            "symbol-ambiguous",
            f'"{reference.text}" has no sig=, expected one: a number alone shifts when a sibling is added',
            listing(matches),
        )
    return match if _has_signature(match, reference.sig) else _other_signature(match, reference)


def _other_signature(definition: SymbolDefinition, reference: SymbolReference) -> SymbolFault:
    return SymbolFault(
        "symbol-missing",
        f'"{reference.text}" on line {definition.line + 1} does not have the signature {quoted(reference.sig)}',
        f"it has sig={quoted(signature(definition))}",
    )


def _has_signature(definition: SymbolDefinition, sig: str) -> bool:
    """Whether `sig` is the parameters, or begins the line of the name and reaches the name's end."""
    wanted = plain(sig)
    given = definition.parameters
    if given and _dense(sig) in (_dense(given), _dense(given[1:-1]), _dense(_types(given))):
        return True
    name = definition.path.rpartition(".")[2]
    return definition.header.startswith(wanted) and name in wanted


def _types(parameters: str) -> str:
    """Return parameters as Java and C# name an overload: `(JsonElement element, int i)` as `(JsonElement, int)`."""
    parts = parameters[1:-1].split(",")
    return f"({','.join(_PARAMETER_NAME.sub('', part.strip()) for part in parts)})"


def _dense(sig: str) -> str:
    """Return a signature without what a formatter decides: blanks beside signs, and the comma after the last one."""
    return _AROUND_SIGNS.sub(r"\1", plain(sig)).replace(",)", ")").removesuffix(",")


def _hidden(outline: Outline, path: str) -> int | None:
    """The line of a syntax error outside of every definition that has the path's last name in it."""
    word = re.compile(rf"(?<!\w){re.escape(path.rpartition('.')[2])}(?!\w)")
    return next((line for line, text in outline.unparsed if word.search(text)), None)


def _missing(outline: Outline, typed: str, path: str) -> SymbolFault:
    last = path.rpartition(".")[2]
    paths = tuple(dict.fromkeys(definition.path for definition in outline.definitions))
    same_name = [item for item in outline.definitions if item.path.rpartition(".")[2] == last]
    for header in (_LAST_PARAMETERS.sub("", path[:_MOST_TYPED]), path[:_MOST_TYPED]):
        word = "" if same_name else _last_word(header)
        same_name = same_name or [item for item in outline.definitions if word and _last_word(item.path) == word]
    close = nearest(path[:_MOST_TYPED], paths) if len(paths) * len(path) < _MOST_COMPARED else ""
    hint = (
        listing(same_name)
        if same_name
        else f'did you mean "{close}"?'
        if close
        else _names_some(outline, path.rpartition(".")[0])
    )
    return SymbolFault("symbol-missing", f'no definition is called "{typed}"', hint)


def _last_word(path: str) -> str:
    """Return the name that ends a path, or a header such as `def send`, `impl Display for A`."""
    words = _WORDS.findall(path.rpartition(".")[2].partition("<")[0])
    return words[-1] if words else ""


def _names_some(outline: Outline, parent: str) -> str:
    """What there is instead: in the definition that the path begins with, else in the file."""
    prefix = f"{parent}." if any(item.path == parent for item in outline.definitions) else ""
    names = [
        item.form
        for item in outline.definitions
        if (item.path.startswith(prefix) and "." not in item.path[len(prefix) :] if prefix else not item.depth)
    ]
    where = f'"{parent}"' if prefix else "the file"
    if not names:
        return f"{where} defines nothing; use edit= with hunks"
    more = ", …" if len(names) > _MOST_LISTED else ""
    return f"{where} defines {', '.join(names[:_MOST_LISTED])}{more}"


def outline_of(path: str, lines: Sequence[bytes], effort: ParsingEffort) -> Outline | SymbolFault:
    """Return the outline of the file at `path`, whose lines are these, or why there is none."""
    from mtor_action.symbols.grammar import GrammarMissingError, grammar_of, grammars
    from mtor_action.symbols.outline import read_outline

    grammar = grammar_of(path)
    if grammar is None:
        known = ", ".join(name for name in grammars() if name != "tsx")
        return SymbolFault(
            "symbol-language",
            f'"{path}" is in no language whose symbols are known, expected one of {known}; '
            "in= also takes Markdown, YAML, TOML and JSON",
            "use edit= with hunks",
        )
    try:
        outline = read_outline(grammar, lines, effort)
    except GrammarMissingError:
        return SymbolFault(
            "symbol-language",
            f"the package {grammar.package}, which reads {grammar.language}, is not installed",
            "install mtor with its extra `symbols`, or use edit= with hunks",
        )
    return outline or SymbolFault(
        "symbol-unparsed",
        f'"{path}" is too large, too deeply nested or too broken to be parsed',
        "use edit= with hunks",
    )
