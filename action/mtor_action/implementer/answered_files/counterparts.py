"""What of a Python file the definitions of an answer replace: by their names, and by what was asked for."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.elided_code import bound_names
from mtor_action.implementer.answered_files.refusals import AnswerRefused
from mtor_action.implementer.source_code.statements_by_name import Function, function_head, methods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.implementer.source_code.statements_by_name import Member


@dataclass(frozen=True, slots=True)
class Counterparts:
    """The members of a file, and what of them an answer is about."""

    file: Sequence[Member]
    inside: str  # the class that the answer's definitions belong to, "" for none
    gives_inside: bool  # the answer gives a method that this class has; others that it does not have are new there
    asked_member: Member | None  # the definition that was asked for
    bare_names: frozenset[str]  # that the answer reads
    attributes: frozenset[str]

    def of(self, member: Member, before: Sequence[Member], prefix: str) -> tuple[Member | None, str]:
        """Return what a member replaces, and the path of the class that this is in. Raises AnswerRefused.

        `before` are the members of the file or, if the answer gives a class, of the one at the path `prefix`.
        """
        is_there = prefix.rstrip(".") in ("", self.inside)
        if self.asked_member is not None and is_there and _is_asked(member, self.asked_member):
            return self.asked_member, f"{self.inside}." if self.inside else ""
        own = next((each for each in before if each.name == member.name), None)
        attribute = self._attribute(member) if own is None and not prefix else None
        if attribute is not None:
            return attribute, f"{self.inside}."
        is_at_its_place = own is not None and not self.inside and own.is_method == member.is_method
        if prefix or not isinstance(member.node, Function) or is_at_its_place:
            return own, prefix
        alike = _alike(member, self.file)
        inside = [pair for pair in alike if pair[0] == self.inside]
        is_of_a_class = own is None or member.is_method
        if inside or (is_of_a_class and len(alike) == 1 and not self.gives_inside):
            path, method = (inside or alike)[0]
            return method, f"{path}."
        if is_of_a_class and len(alike) > 1 and not self.gives_inside:
            classes = ", ".join(path for path, _ in alike)
            raise AnswerRefused(f"{member.name} is in {classes}; give it inside of its class")
        is_new = own is not None and self.gives_inside and member.is_method and not own.is_method
        return None if is_new else own, ""

    def _attribute(self, member: Member) -> Member | None:
        """Return the attribute or inner class that an answer gives without the class which it is in."""
        if isinstance(member.node, Function) or not self.inside or self.is_of_module(member):
            return None
        return next((each for each in _members_at(self.file, self.inside) if each.name == member.name), None)

    def is_of_module(self, member: Member) -> bool:
        """Return whether a new member that an answer gives beside methods goes outside of their class.

        What a method reads by its bare name is no attribute of its class.
        """
        if member.node.col_offset or member.is_method:
            return False
        bound = set(bound_names(member.node))
        is_plain = isinstance(member.node, Function) and not member.node.decorator_list
        return bool(bound & self.bare_names) or not (bound & self.attributes or (self.inside and not is_plain))


def counterparts(file: Sequence[Member], answer: Sequence[Member], inside: str, asked_line: int) -> Counterparts:
    """Return what an answer's members are compared with. Raises AnswerRefused if its methods are of several classes.

    `asked_line` is the first line, from 1, of the definition that was asked for; 0 for the file.
    """
    owners = _owners(file, answer)
    gives_inside = any(inside in paths for paths in owners.values())
    single = {paths[0]: name for name, paths in owners.items() if len(paths) == 1}
    if len(single) > 1 and not gives_inside:
        owned = ", ".join(f"{name} is in {path}" for path, name in single.items())
        raise AnswerRefused(f"{owned}; give each inside of its class")
    places = [*methods(file), *(("", each) for each in file)]
    asked_member = next((each for path, each in places if path == inside and each.first_line == asked_line), None)
    nodes = [node for each in answer for node in ast.walk(each.node)]
    attributes = frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))
    return Counterparts(file, inside, gives_inside, asked_member, _bare_names(answer), attributes)


def _owners(file: Sequence[Member], answer: Sequence[Member]) -> dict[str, list[str]]:
    """Return the classes that have a function of the name, for each that an answer gives without a class."""
    present = {each.name for each in file if not each.is_method}
    functions = [each for each in answer if isinstance(each.node, Function)]
    loose = [each for each in functions if each.is_method or each.name not in present]
    return {each.name: [path for path, _ in _alike(each, file)] for each in loose}


def _members_at(file: Sequence[Member], path: str) -> Sequence[Member]:
    """Return the members of the class at a path."""
    members = file
    for name in path.split("."):
        members = next((each.members for each in members if each.name == name), [])
    return members


def _bare_names(answer: Sequence[Member]) -> frozenset[str]:
    """Return the names that an answer reads and that are not variables of the function that reads them."""
    names: set[str] = set()
    for member in (*answer, *(method for _, method in methods(answer))):
        nodes = list(ast.walk(member.node)) if not isinstance(member.node, ast.ClassDef) else []
        read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        names |= read - stored - {node.arg for node in nodes if isinstance(node, ast.arg)}
    return frozenset(names)


def _alike(member: Member, file: Sequence[Member]) -> list[tuple[str, Member]]:
    return [(path, each) for path, each in methods(file) if each.name == member.name]


def _is_asked(member: Member, asked: Member) -> bool:
    """Return whether a function is the one that was asked for, of all that have its name.

    It has the same head, or none of the decorators that tell one of a name from another.
    """
    if not (isinstance(member.node, Function) and isinstance(asked.node, Function)):
        return False
    if member.node.name != asked.node.name:
        return False
    if function_head(member.node) == function_head(asked.node):
        return True
    is_overload = any(ast.unparse(each).endswith("overload") for each in asked.node.decorator_list)
    return not member.node.decorator_list and not is_overload and _arity(member.node) == _arity(asked.node)


def _arity(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return len(node.args.posonlyargs) + len(node.args.args)
