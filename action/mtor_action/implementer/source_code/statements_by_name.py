"""The statements of a Python file or class by what they bind: what an answer is compared and put together by."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

GUARD = "__main__"  # the name of `if __name__ == "__main__":`

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class AmbiguousMemberError(Exception):
    """A member that might be either of two of a file; the message is its name."""


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


def matched(before: Sequence[Member], after: Sequence[Member]) -> list[Member]:
    """Return `after` with each of several of a name called as its counterpart in `before`, one of the same kind.

    Where it has as many of a name and kind as before, they are in the same order. Raises AmbiguousMemberError if one
    might be either of two.
    """
    old = _by_base_name(before)
    renamed: dict[int, str] = {}
    new = _by_base_name(after)
    for (base, kind), members in new.items():
        left = list(old.get((base, kind), ()))
        if not left and any(other in old for other in new if other[0] == base):
            renamed |= {id(each.node): f"{each.name}#{kind}" for each in members}  # beside what has its counterpart
            continue
        if len(left) == len(members):
            renamed |= {id(each.node): same.name for each, same in zip(members, left, strict=True)}
        if not left and sum(each.name.partition("#")[0] == base for each in before) > 1:
            raise AmbiguousMemberError(base)
        if len(left) <= len(members):
            continue
        for member in reversed(members):
            same = _counterpart(member, left)
            renamed[id(member.node)] = same.name
            left.remove(same)
    return [replace(each, name=renamed.get(id(each.node), each.name)) for each in after]


def is_superseded(member: Member, members: Sequence[Member]) -> bool:
    """Return whether a later function or class of the same name takes its place, so that it may as well be gone."""
    base = member.name.partition("#")[0]
    later = [each for each in members if each.name.partition("#")[0] == base and each.first_line > member.first_line]
    is_plain = isinstance(member.node, DEFINITIONS) and not member.node.decorator_list
    return is_plain and any(isinstance(each.node, DEFINITIONS) for each in later)


def changed_beside(before: Sequence[Member], after: Sequence[Member], given: Collection[str], prefix: str = "") -> str:
    """Return the first line of a member that is not in `after` as it was and not among `given`; "" for none."""
    unchanged = Counter(ast.dump(each.node) for each in after)
    for member in before:
        inner = f"{prefix}{member.name}."
        if any(name.startswith(inner) for name in given):
            same = next((each for each in after if each.name == member.name), None)
            if changed := changed_beside(member.members, same.members if same else [], given, inner):
                return changed
        elif f"{prefix}{member.name}" in given:
            continue
        elif not unchanged[ast.dump(member.node)]:
            return ast.unparse(member.node).partition("\n")[0][:80]
    return ""


def _by_base_name(members: Sequence[Member]) -> dict[tuple[str, str], list[Member]]:
    """Return the members by name and kind: a function is none of what is assigned to its name below it."""
    by_name: dict[tuple[str, str], list[Member]] = {}
    for member in members:
        if member.name:
            kind = "class" if isinstance(member.node, ast.ClassDef) else ""
            kind = "def" if isinstance(member.node, Function) else kind
            by_name.setdefault((member.name.partition("#")[0], kind), []).append(member)
    return by_name


def _counterpart(member: Member, candidates: Sequence[Member]) -> Member:
    for head in (ast.dump, function_head):
        alike = [each for each in candidates if head(each.node) == head(member.node)]
        if len(alike) == 1:
            return alike[0]
    if getattr(member.node, "decorator_list", None) or not candidates:
        raise AmbiguousMemberError(member.name)
    return candidates[-1]  # which is in force


def function_head(node: ast.stmt) -> str:
    """Return the decorators and parameters of a function, as text to compare; "" for anything else."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ""
    return "".join(ast.dump(each) for each in (*node.decorator_list, node.args))


def names(members: Sequence[Member]) -> set[str]:
    """Return the names that these statements bind."""
    return {member.name for member in members if member.name}


def methods(members: Sequence[Member], prefix: str = "") -> Iterator[tuple[str, Member]]:
    """Yield the functions inside of classes, each with the path of its class."""
    for member in members:
        if isinstance(member.node, ast.ClassDef):
            path = f"{prefix}{member.name}"
            yield from ((path, each) for each in member.members if isinstance(each.node, Function))
            yield from methods(member.members, f"{path}.")


def is_import(node: ast.stmt) -> bool:
    """Return whether a statement imports, in either form."""
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
