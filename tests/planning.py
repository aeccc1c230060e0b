"""Specs planned against trees in memory, in one line of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileMode, FileState
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.tree import Tree

Files = dict[str, FileState]


def files(**contents: str | bytes) -> Files:
    """`a_py=…` stands for a.py, `src__a_py=…` for src/a.py."""
    return {name.replace("__", "/").replace("_", "."): state(content) for name, content in contents.items()}


def state(content: str | bytes, mode: FileMode = "100644") -> FileState:
    return FileState(content.encode() if isinstance(content, str) else content, mode)


def read(text: str | bytes) -> Spec:
    spec = parse_spec([Part("spec.md", text.encode() if isinstance(text, str) else text)])
    assert [render(found) for found in spec.diagnostics] == []
    return spec


def plan(text: str | bytes, tree: Files | Tree) -> Plan:
    return make_plan(read(text), DictTree(tree) if isinstance(tree, dict) else tree)


def after(text: str | bytes, tree: Files) -> Files:
    """The tree after a plan without faults, which must be empty when it is made again with the first in its past."""
    made = plan(text, tree)
    assert [render(found) for found in made.faults] == []
    result = applied(made, tree)
    again = make_plan(read(text), DictTree(result), lambda path: [tree[path].content] if path in tree else [])
    assert (again.changes, again.faults) == ((), [])
    return result


def applied(made: Plan, tree: Files) -> Files:
    result = dict(tree)
    for change in made.changes:
        assert change.before == tree.get(change.path)
        result.pop(change.path, None)
        if change.after is not None:
            result[change.path] = change.after
    return result


def rules(text: str | bytes, tree: Files | Tree) -> list[str]:
    made = plan(text, tree)
    if made.diagnostics:
        assert made.changes == ()
    assert all(found.source for found in made.faults)
    return [found.rule for found in made.faults]


def edit(path: str, *hunks: tuple[str, str], attributes: str = "") -> str:
    body = "".join(f"<<<<<<<< SEARCH\n{old}========\n{new}>>>>>>>> REPLACE\n" for old, new in hunks)
    return f"```` edit={path} {attributes}\n{body}````\n"


def whole(kind: str, path: str, content: str, attributes: str = "") -> str:
    return f'```` {kind}="{path}" {attributes}\n{content}````\n'


def settings(text: str) -> str:
    return f"```yaml mtor\n{text}\n```\n"


def patch(text: str) -> str:
    return f"````diff patch\n{text}````\n"
