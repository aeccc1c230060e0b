"""Seeded single mistakes in small packages with their own tests: the same ones on every machine.

The packages come from the package index as source archives, at the versions below. A mutant is one change of one line:
a comparison flipped, a number off by one, an `and` for an `or`, a `not` dropped, two arguments swapped, a name put for
another, an import left out. Kept are those that turn a test red within the time limit.
"""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its release, the files that are mutated, and its tests as pytest is given them."""

    release: str
    sources: tuple[str, ...]
    tests: str


PACKAGES = (
    Package("inflection==0.5.1", ("inflection/__init__.py",), "test_inflection.py"),
    Package(
        "humanize==4.12.3",
        ("src/humanize/number.py", "src/humanize/filesize.py", "src/humanize/lists.py"),
        "tests/test_number.py tests/test_filesize.py tests/test_lists.py",
    ),
    Package("toolz==1.0.0", ("toolz/itertoolz.py", "toolz/dicttoolz.py", "toolz/recipes.py"), "toolz/tests"),
    Package(
        "boltons==25.0.0",
        ("boltons/mathutils.py", "boltons/listutils.py", "boltons/strutils.py"),
        "--noconftest tests/test_mathutils.py tests/test_listutils.py tests/test_strutils.py",
    ),
)
_FLIPPED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
            ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}  # fmt: skip
PER_PACKAGE = 20
SEED = 20261129
LIMIT_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: where, what kind, and the file's text before and after it."""

    name: str
    package: Package
    path: str
    kind: str
    before: str
    after: str


def unpacked(package: Package, folder: Path) -> Path:
    """The package's source tree below `folder`, fetched once."""
    name, _, version = package.release.partition("==")
    root = folder / f"{name.replace('-', '_')}-{version}"
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fetch = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-binary",
            ":all:",
            package.release,
        ]
        subprocess.run(fetch, cwd=folder, check=True)
        archive = next(
            path for path in folder.glob("*.tar.gz") if path.name.replace("-", "_").startswith(name.replace("-", "_"))
        )
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        unpacked_to = folder / archive.name.removesuffix(".tar.gz")
        if unpacked_to != root:
            shutil.move(unpacked_to, root)
    return root


def mutants(package: Package, root: Path) -> list[Mutant]:
    """All candidates of a package in a seeded order; the caller keeps the first that turn a test red."""
    changes = [
        (path, kind, text, after)
        for path in package.sources
        for text in [(root / path).read_text(encoding="utf-8")]
        for kind, after in _changes(text)
    ]
    name = package.release.partition("==")[0]
    candidates = [Mutant(f"{name}-{number}", package, *change) for number, change in enumerate(changes)]
    random.Random(f"{SEED} {package.release}").shuffle(candidates)
    return candidates


def _changes(text: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(text)
    inside = [node for top in tree.body if isinstance(top, (ast.FunctionDef, ast.ClassDef)) for node in ast.walk(top)]
    for node in inside:
        yield from _of(node, text)
    for top in tree.body:
        if isinstance(top, (ast.Import, ast.ImportFrom)) and getattr(top, "module", "") != "__future__":
            yield "import left out", _without(text, top)


def _of(node: ast.AST, text: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _FLIPPED:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        yield "comparison", _replaced(text, node, f"{left} {_FLIPPED[type(node.ops[0])]} {right}")
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "off by one", _replaced(text, node, str(node.value + 1))
    elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
        word = " or " if isinstance(node.op, ast.And) else " and "
        yield "boolean", _replaced(text, node, word.join(ast.unparse(value) for value in node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", _replaced(text, node, ast.unparse(node.operand))
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
        first, second = map(ast.unparse, node.args)
        if first != second and not any(isinstance(argument, ast.Starred) for argument in node.args):
            yield "arguments swapped", _replaced(text, node, f"{ast.unparse(node.func)}({second}, {first})")
    elif isinstance(node, ast.FunctionDef):
        yield from _wrong_names(node, text)


def _wrong_names(function: ast.FunctionDef, text: str) -> Iterator[tuple[str, str]]:
    names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for use in uses:
        other = next((name for name in names if name != use.id), None)
        if use.id in names and other:
            yield "wrong name", _replaced(text, use, other)
            return


def _replaced(text: str, node: ast.expr, code: str) -> str:
    """The text with a node's source replaced, if it lies on one line; else the text as it is."""
    if node.lineno != node.end_lineno:
        return text
    lines = text.split("\n")
    line = lines[node.lineno - 1].encode()
    lines[node.lineno - 1] = (line[: node.col_offset] + code.encode() + line[node.end_col_offset or 0 :]).decode()
    return "\n".join(lines)


def _without(text: str, node: ast.stmt) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[: node.lineno - 1], *lines[node.end_lineno or node.lineno :]])
