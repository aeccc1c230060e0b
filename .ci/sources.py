"""Python sources as `.ci/figures.py` and `.ci/repeated_names.py` read them: values, no output."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROOTS = ("action", "bot")
"""The source roots: each holds packages of the one distribution, and programs that lie beside them."""
_SILENT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
    tokenize.ENDMARKER,
}  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One module: its path below the root that it was looked for in, its dotted name, text and syntax nodes."""

    path: str
    module: str
    text: str
    nodes: tuple[ast.AST, ...]


def read_sources(folder: Path) -> list[Source]:
    """Return the modules below `folder` by path, none if it does not exist. Raises SyntaxError, UnicodeDecodeError."""
    return [_source(path, folder) for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts]


def _source(path: Path, folder: Path) -> Source:
    relative = path.relative_to(folder)
    parts = relative.with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Source(relative.as_posix(), module, text, tuple(ast.walk(ast.parse(text, str(path)))))


def functions(nodes: Iterable[ast.AST]) -> Iterator[Function]:
    """Yield every function and method, nested ones too."""
    return (node for node in nodes if isinstance(node, Function))


def docstrings(nodes: Iterable[ast.AST]) -> Iterator[ast.Constant]:
    """Yield the string constants that are docstrings, also those below an attribute (`NAME = 1` and then a string)."""
    for node in nodes:
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as constant):
                yield constant


def code_lines(source: Source) -> int:
    """Count the lines that hold code: neither blank, nor only a comment, nor part of a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type not in _SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for constant in docstrings(source.nodes):
        lines.difference_update(range(constant.lineno, (constant.end_lineno or constant.lineno) + 1))
    return len(lines)


def imports(source: Source, modules: set[str]) -> set[str]:
    """Return those of `modules` that a source imports anywhere: at the top, for types only, or inside a function."""
    imported: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                imported.add(submodule if submodule in modules else node.module)
    return (imported & modules) - {source.module}


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other, largest first: the strongly connected components above one."""
    reach = {node: _reached(graph, node) for node in graph}
    groups = {frozenset({node, *(other for other in reach[node] if node in reach.get(other, ()))}) for node in graph}
    return sorted((sorted(group) for group in groups if len(group) > 1), key=lambda group: (-len(group), group))


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
