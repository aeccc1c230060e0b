"""The statements of a Python file or class by what they bind: what an answer is compared and put together by."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GUARD = "__main__"  # the name of `if __name__ == "__main__":`

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Member:
    """One statement: the name that it binds, "" for none, and its lines from 1, decorators included."""

    name: str
    node: ast.stmt
    first_line: int
    last_line: int

    @property
    def members(self) -> list[Member]:
        """Return the statements of a class, [] for anything else."""
        return members_of(self.node.body) if isinstance(self.node, ast.ClassDef) else []

    @property
    def is_method(self) -> bool:
        """Return whether it is a function that takes `self` or `cls`."""
        if not isinstance(self.node, Function):
            return False
        arguments = [*self.node.args.posonlyargs, *self.node.args.args]
        return bool(arguments) and arguments[0].arg in ("self", "cls")


def module_members(text: str) -> list[Member] | None:
    """Return the statements of a file; None if it does not parse."""
    try:
        return members_of(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def members_of(body: Sequence[ast.stmt]) -> list[Member]:
    """Return the statements of a body; the second of a name is called `name#2`."""
    seen: Counter[str] = Counter()
    members: list[Member] = []
    for node in body:
        name = _name(node)
        seen[name] += 1
        numbered = f"{name}#{seen[name]}" if name and seen[name] > 1 else name
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        members.append(Member(numbered, node, first, node.end_lineno or first))
    return members


def names(members: Sequence[Member]) -> set[str]:
    """Return what these statements bind."""
    return {member.name for member in members if member.name}


def methods(members: Sequence[Member], prefix: str = "") -> Iterator[tuple[str, Member]]:
    """Yield the functions inside of classes, each with the path of its class."""
    for member in members:
        if isinstance(member.node, ast.ClassDef):
            path = f"{prefix}{member.name}"
            yield from ((path, each) for each in member.members if isinstance(each.node, Function))
            yield from methods(member.members, f"{path}.")


def is_import(node: ast.stmt) -> bool:
    """Return whether it is an import."""
    return isinstance(node, (ast.Import, ast.ImportFrom))


def is_constant(node: ast.stmt) -> bool:
    """Return whether it is a text or three dots: nothing that runs."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _name(node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name + _accessor(node)
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return " = ".join(ast.unparse(target) for target in targets)
    is_guard = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
    return GUARD if is_guard else ""


def _accessor(node: Function) -> str:
    """Return `.setter` or `.deleter` of a property, which have the property's own name."""
    attributes = [each for each in node.decorator_list if isinstance(each, ast.Attribute)]
    own = (each.attr for each in attributes if isinstance(each.value, ast.Name) and each.value.id == node.name)
    return next((f".{name}" for name in own), "")
