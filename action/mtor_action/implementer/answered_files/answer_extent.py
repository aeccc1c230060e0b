"""How much of a Python file an answer gives: all of it, all but statements without a name, or some definitions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.elided_code import first_new_dots, is_stub, loses_statements
from mtor_action.implementer.source_code.code_cleanup import python_in
from mtor_action.implementer.source_code.statements_by_name import (
    Function,
    Member,
    is_constant,
    is_superseded,
    methods,
    module_members,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def may_be_cut(text: str, block: str) -> bool:
    """Return whether a block that is not closed may lack lines: unless it ends as a function does, or as the file."""
    answer = python_in(block)
    members = module_members(answer) if answer is not None else None
    if not members:
        return True
    node = members[-1].node
    while isinstance(node, (Function, ast.ClassDef)):
        node = node.body[-1]
    if isinstance(node, (ast.Return, ast.Raise)):
        return False
    return not text.rstrip().endswith(block.rstrip().rpartition("\n")[2].strip())


def is_complete(before: Sequence[Member], after: Sequence[Member], *, with_pass: bool) -> bool:
    """Return whether `after` has, with bodies, everything that `before` binds and does, in classes too."""
    if loses_statements(before, after):
        return False
    given = {member.name: member for member in after if member.name}
    given |= {old.name: new for old, new in renamed_function(before, after)}
    for member in before:
        same = given.get(member.name)
        if same is None and is_superseded(member, before):
            continue
        if member.name and (same is None or is_stub(same, member, with_pass=with_pass)):
            return False
        if same and member.members and not is_complete(member.members, same.members, with_pass=with_pass):
            return False
    return True


def renamed_function(before: Sequence[Member], after: Sequence[Member]) -> list[tuple[Member, Member]]:
    """Return a function that has only another name than the one in its place before, as that one and itself."""
    old, new = ([each for each in members if isinstance(each.node, Function)] for members in (before, after))
    differing = [pair for pair in zip(old, new, strict=False) if pair[0].name != pair[1].name]
    if len(old) != len(new) or len(differing) != 1:
        return []
    bodies = [[ast.dump(line) for line in each.node.body] for each in differing[0] if isinstance(each.node, Function)]
    return differing if bodies[0] == bodies[1] else []


def is_whole(before: Sequence[Member], after: Sequence[Member]) -> bool:
    """Return whether `after` is all of the file, so that what it lacks is meant to go."""
    if not is_complete(before, after, with_pass=says_more(before, after)):
        return False
    for member in after:
        same = next((each for each in before if each.name and each.name == member.name), None)
        if first_new_dots(member, same) and not is_constant(member.node):
            return False
    # An answer of definitions alone does not mean that what it lacks goes: imports, calls, decorators, bases.
    return any(not (isinstance(each.node, (Function, ast.ClassDef)) or is_constant(each.node)) for each in after)


def only_lacks(before: Sequence[Member], after: Sequence[Member], put_in: Sequence[Member]) -> bool:
    """Return whether all that an answer can mean is that a statement without a name goes, before the file's end."""
    old, given, new = ([ast.dump(each.node) for each in members] for members in (before, after, put_in))
    lost = [each for each in before if ast.dump(each.node) not in given]
    are_nameless = all(isinstance(each.node, (ast.Expr, ast.Delete, ast.AugAssign)) for each in lost)
    return old == new and old[-1] == given[-1] and are_nameless and not any(is_constant(each.node) for each in lost)


def says_more(before: Sequence[Member], after: Sequence[Member]) -> bool:
    """Return whether something else than `pass` differs: then a body of `pass` stands for the original's."""
    old = {(path, each.name): each for path, each in (*methods(before), *(("", each) for each in before))}
    new = (*methods(after), *(("", each) for each in after))
    for path, member in new:
        same = old.get((path, member.name))
        if isinstance(member.node, ast.ClassDef) or not member.name or same is None:
            continue
        if ast.dump(member.node) != ast.dump(same.node) and not is_stub(member, same, with_pass=True):
            return True
    return False
