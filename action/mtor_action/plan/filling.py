"""`fill`: definitions whose bodies a spec leaves to the implementer, told apart from what the spec gave.

A definition is filled if its body is another one than after the spec, no stub, under the same head: name, parameters,
decorators. Python is read by Python's own parser; any other language needs its grammar.
"""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
from mtor_action.symbols.python_syntax import PYTHON_SUFFIXES

if TYPE_CHECKING:
    from mtor_action.manifest.settings_block.yaml_values import Named

SEPARATOR = "::"
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LANGUAGES = "mtor explain symbol-language says which package brings a language"


class DefinitionShape(NamedTuple):
    """A definition: its head and its body as text that layout and comments do not change, whether it does nothing."""

    head: str
    body: str
    is_stub: bool


class NoShape(NamedTuple):
    """The reason why a definition cannot be read, as half a sentence, and the next step."""

    reason: str
    step: str = ""


def parts_of(fill: Named) -> tuple[str, str]:
    """Return the path and the symbol of an entry of `fill`."""
    path, _, symbol = fill.text.partition(SEPARATOR)
    return path, symbol.strip()


def shape_of(path: str, content: bytes, symbol: str) -> DefinitionShape | NoShape:
    """Return the shape of the definition in a file, or why there is none."""
    if path.endswith(tuple(PYTHON_SUFFIXES)):
        return _python_shape(content, symbol)
    return _grammar_shape(path, content, symbol)


def unfilled(fill: Named, before: bytes | None, after: bytes | None) -> str:
    """Return why a definition was not filled, as half a sentence; "" if it was.

    `before` is the file after the spec, `after` as it is now; None where there is none.
    """
    path, symbol = parts_of(fill)
    if after is None:
        return f"{path} is gone, and {symbol} with it"
    new = shape_of(path, after, symbol)
    if isinstance(new, NoShape):
        return f"{fill.text}: {new.reason}"
    old = shape_of(path, before, symbol) if before is not None else None
    if new.is_stub:
        return f"{fill.text} is still a stub"
    if isinstance(old, DefinitionShape) and old.body == new.body:
        return f"{fill.text} still has the body that the spec left"
    if isinstance(old, DefinitionShape) and old.head != new.head:
        return f"{fill.text} has another head than the spec gave: name, parameters and decorators are the architect's"
    return ""


def _python_shape(content: bytes, symbol: str) -> DefinitionShape | NoShape:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scope: ast.Module | _Definition = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return NoShape("the file does not parse as Python")
    for name in symbol.split("."):
        matches = [node for node in _definitions(scope.body) if node.name == name]
        if len(matches) != 1:
            number = f"{len(matches)} definitions are" if matches else "no definition is"
            return NoShape(f"{number} called {symbol}", "name exactly one" if matches else "")
        scope = matches[0]
    if isinstance(scope, ast.Module):
        return NoShape("no definition is named")
    body = scope.body[1:] if _is_text(scope.body[0]) else scope.body
    text = "\n".join(map(ast.dump, body))
    scope.body = []
    return DefinitionShape(ast.dump(scope), text, all(map(_does_nothing, body)))


def _definitions(body: list[ast.stmt]) -> list[_Definition]:
    return [node for node in body if isinstance(node, _Definition)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _does_nothing(node: ast.stmt) -> bool:
    """Return whether a statement stands for a body to come: `pass`, `...`, `raise NotImplementedError`."""
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _grammar_shape(path: str, content: bytes, symbol: str) -> DefinitionShape | NoShape:
    from mtor_action.plan.symbol_texts import SymbolTexts
    from mtor_action.symbols.lookup import SymbolFault, signature
    from mtor_action.tree.file_text import FileText, unreadable

    if reason := unreadable(content):
        return NoShape(f"{path} is {reason}")
    text = FileText.read(content)
    match = SymbolTexts().find(path, text, SymbolReference(symbol))
    if isinstance(match, SymbolFault):
        return NoShape(match.message, _LANGUAGES)
    definition = match.definition
    lines = [line.strip() for line in text.lines[definition.extent.start : definition.extent.stop]]
    return DefinitionShape(signature(definition), b"\n".join(filter(None, lines)).decode("utf-8", "replace"), False)
