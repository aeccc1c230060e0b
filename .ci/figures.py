#!/usr/bin/env python3
"""Measure the tree: sizes, cycles of imports, repeated and vague names, untyped records, thin docstrings, "is no".

    python .ci/figures.py [ROOT] [--against REVISION] [--json]

Without `--against` one number a cell; with it `before → after`, where before is read from a temporary copy of the
revision. Needs only Python; the copy needs git. `tests` includes `standins/`, wherever the stand-ins lie.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from repeated_names import repeated_names
from sources import ROOTS, Function, Source, code_lines, cycles, docstrings, functions, imports, read_sources

VAGUE_NAMES = Path(__file__).with_name("vague_names.txt")
THIN_DOCSTRING_CHARACTERS = 40
COLUMNS = {"action": ("action",), "bot": ("bot",), "product": ROOTS, "tests": ("tests", "standins")}
PAGES = ("README.md", "SECURITY.md", ".github/CONTRIBUTING.md", "docs")
# "there is no" is English, and so are "is no longer" and "is no more than".
IS_NO = re.compile(r"(?<!\bthere )\b(?:is|are) no\b(?! longer| more| fewer| less)", re.IGNORECASE)
Figure = int | float | list[int]
Figures = dict[str, dict[str, Figure]]
"""A figure by its name and its column."""


def measure(root: Path) -> Figures:
    """Return all figures of the tree at `root`. Raises SyntaxError, UnicodeDecodeError for a module that is neither."""
    vague = _vague_names()
    trees = {folder: read_sources(root / folder) for folders in COLUMNS.values() for folder in folders}
    columns = {name: [source for folder in folders for source in trees[folder]] for name, folders in COLUMNS.items()}
    figures: Figures = {}
    for column, sources in columns.items():
        for figure, value in {**_sizes(sources), **_names(sources, vague), **_texts(sources)}.items():
            figures.setdefault(figure, {})[column] = value
    for column in ("action", "bot", "product"):
        for figure, value in _cycles(columns[column]).items():
            figures.setdefault(figure, {})[column] = value
    repeated = repeated_names(root)
    for kind in ("class", "module"):
        figures[f"{kind} names that appear twice"] = {"product": sum(name[0] == kind for name in repeated)}
    figures['"is no", "are no" on pages'] = {"product": sum(len(IS_NO.findall(text)) for text in _pages(root))}
    return figures


def _sizes(sources: list[Source]) -> dict[str, Figure]:
    lines = [source.text.count("\n") for source in sources]
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1 for source in sources for node in functions(source.nodes)
    ]
    return {
        "lines": sum(lines),
        "lines of code": sum(code_lines(source) for source in sources),
        "files": len(sources),
        "file median/p90/max": _spread(lines),
        "functions": len(lengths),
        "function median/p90/max": _spread(lengths),
    }


def _spread(values: list[int]) -> list[int]:
    ordered = sorted(values)
    return (
        [ordered[min(len(ordered) - 1, len(ordered) * part // 100)] for part in (50, 90, 100)] if ordered else [0] * 3
    )


def _cycles(sources: list[Source]) -> dict[str, Figure]:
    modules = {source.module for source in sources}
    graph = {source.module: imports(source, modules) for source in sources if "." in source.module}
    rooms: dict[str, set[str]] = {}
    for module, targets in graph.items():
        rooms.setdefault(_room(module), set()).update(_room(target) for target in targets)
    for room, targets in rooms.items():
        targets.discard(room)
    return {
        "packages in cycles, by cycle": [len(group) for group in cycles(rooms)],
        "modules in cycles, by cycle": [len(group) for group in cycles(graph)],
    }


def _room(module: str) -> str:
    """Return the package below the top one, or the module that lies there: `mtor_action.plan`, `mtor_bot.errors`."""
    return ".".join(module.split(".")[:2])


def _names(sources: list[Source], vague: frozenset[str]) -> dict[str, Figure]:
    bound = [name for source in sources for node in functions(source.nodes) for name in _bindings(node)]
    named = [node.name for source in sources for node in functions(source.nodes)]
    count = sum(name.lstrip("_") in vague for name in bound)
    return {
        "bindings of locals": len(bound),
        "vague locals": count,
        "vague locals, % of bindings": round(100 * count / max(1, len(bound)), 1),
        "functions with a vague name": sum(name.lstrip("_") in vague for name in named),
    }


def _bindings(function: Function) -> list[str]:
    """Return the names that a function binds, one an occurrence; what a nested function binds is that one's own."""
    names: list[str] = []
    waiting: list[ast.AST] = [function.args, *function.body]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.arg(arg=name) if name not in ("self", "cls"):
                names.append(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.append(name)
            case (
                ast.ExceptHandler(name=str() as name)
                | ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
            ):
                names.append(name)
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, Function | ast.ClassDef))
    return names


def _texts(sources: list[Source]) -> dict[str, Figure]:
    nodes = [node for source in sources for node in source.nodes]
    described = [constant for source in sources for constant in docstrings(source.nodes)]
    silent = {id(constant) for constant in described}
    return {
        "dict[str, Any]": sum(_is_untyped_record(node) for node in nodes),
        f"docstrings under {THIN_DOCSTRING_CHARACTERS} characters": sum(
            len(str(constant.value).strip()) < THIN_DOCSTRING_CHARACTERS for constant in described
        ),
        'strings with "is no", "are no"': sum(len(IS_NO.findall(text)) for text in _strings(nodes, silent)),
    }


def _is_untyped_record(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(ast.Name("dict"), ast.Tuple([ast.Name("str"), ast.Name("Any")])):
            return True
    return False


def _strings(nodes: list[ast.AST], silent: set[int]) -> list[str]:
    """Return the texts of string literals that are not docstrings; an f-string is one text with `{}` for its values."""
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    elsewhere = silent | {id(value) for node in joined for value in node.values}
    whole = ["".join(_literal(value) for value in node.values) for node in joined]
    return whole + [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in elsewhere
    ]


def _literal(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "{}"


def _pages(root: Path) -> list[str]:
    paths = [root / name for name in PAGES]
    files = [file for path in paths for file in (sorted(path.glob("*.md")) if path.is_dir() else [path])]
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]


def _vague_names() -> frozenset[str]:
    lines = VAGUE_NAMES.read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def measure_revision(root: Path, revision: str) -> Figures:
    """Return the figures of a commit. Raises CalledProcessError if git does not know it."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "tree.tar"
        subprocess.run(["git", "-C", root, "archive", f"--output={archive}", "--end-of-options", revision], check=True)
        with tarfile.open(archive) as file:
            file.extractall(Path(folder) / "tree", filter="data")
        return measure(Path(folder) / "tree")


def table(after: Figures, before: Figures | None) -> str:
    """Return the figures as a Markdown table, one column a part of the tree."""
    rows = [["", *COLUMNS], ["---", *("---:" for _ in COLUMNS)]]
    for figure, values in after.items():
        earlier = before.get(figure, {}) if before is not None else None
        rows.append([figure, *(_cell(values.get(column), earlier, column) for column in COLUMNS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: Figure | None, earlier: dict[str, Figure] | None, column: str) -> str:
    if value is None:
        return ""
    return _text(value) if earlier is None else f"{_text(earlier.get(column, 0))} → {_text(value)}"


def _text(value: Figure) -> str:
    return "/".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def main(arguments: list[str]) -> int:
    """Print the figures; exit code 0, or 1 if git does not know the revision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--against", metavar="REVISION", help="measure this commit too, and print before → after")
    parser.add_argument(
        "--json", action="store_true", help="print JSON: {after: …, before: …}, before only with --against"
    )
    options = parser.parse_args(arguments)
    try:
        before = measure_revision(options.root, options.against) if options.against else None
    except subprocess.CalledProcessError:
        return 1
    after = measure(options.root)
    if options.json:
        print(json.dumps({"after": after} | ({"before": before} if before is not None else {}), indent=1))
    else:
        print(table(after, before))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
