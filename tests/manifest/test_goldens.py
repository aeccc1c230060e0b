"""Specs beside what is said about them: err/NAME.md → err/NAME.out, ok/NAME.md → ok/NAME.json.

After a wanted change: MTOR_WRITE_GOLDENS=1 .venv/bin/pytest tests/manifest/test_goldens.py, then read the difference.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from goldens import assert_golden
from mtor_action.diagnostics import render
from mtor_action.manifest.file_blocks.operations import EditFile, SubstFiles, SymbolOperation, WriteFile, kind_of_symbol
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from mtor_action.manifest.file_blocks.operations import Operation

HERE = Path(__file__).parent


def cases(folder: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((HERE / folder).glob("*.md"))]


def parse(path: Path) -> Spec:
    return parse_spec([Part("spec.md", path.read_bytes())])


@pytest.mark.parametrize("path", cases("err"))
def test_a_wrong_spec_says_what_is_wrong_where_and_what_was_expected(path: Path) -> None:
    spec = parse(path)

    assert spec.diagnostics
    assert_golden(path.with_suffix(".out"), "\n\n".join(map(render, spec.diagnostics)) + "\n")


@pytest.mark.parametrize("path", cases("ok"))
def test_a_right_spec_is_silent_and_reads_as_meant(path: Path) -> None:
    spec = parse(path)

    assert [render(found) for found in spec.diagnostics] == []
    assert_golden(path.with_suffix(".json"), json.dumps(described(spec), indent=1, ensure_ascii=False) + "\n")


def described(spec: Spec) -> dict[str, Any]:
    settings = spec.settings
    return {
        "title": spec.title,
        "base": settings.base,
        **({"after": [name.text for name in settings.after]} if settings.after else {}),
        "setup": settings.setup,
        "test": settings.test,
        "allow": settings.allow,
        "protect": settings.protect,
        "implementer": settings.implementer,
        "budget": [settings.budget.turns, settings.budget.tokens, settings.budget.usd, settings.budget.minutes],
        "timeout_minutes": settings.timeout_minutes,
        "moves": [[move.old, move.new, move.place.line, move.place.column] for move in spec.moves],
        "deletes": [[delete.path, delete.place.line, delete.place.column] for delete in spec.deletes],
        "operations": [described_operation(operation) for operation in spec.operations],
        "prose_fences": [place.line for place in spec.prose_fences],
    }


def described_operation(operation: Operation) -> list[Any]:
    where = f"{operation.place.line}:{operation.place.column}"
    if isinstance(operation, WriteFile):
        return [where, operation.kind, operation.path, operation.mode, operation.content.decode()]
    if isinstance(operation, EditFile):
        hunks = [[texts(hunk.search), texts(hunk.replace)] for hunk in operation.hunks]
        return [where, "edit", operation.path, operation.count, hunks]
    if isinstance(operation, SubstFiles):
        hunks = [[texts(hunk.search), texts(hunk.replace)] for hunk in operation.hunks]
        return [where, "subst", operation.glob, operation.count, operation.is_regex, hunks]
    if isinstance(operation, SymbolOperation):
        return [where, kind_of_symbol(operation), *(str(value) for value in astuple(operation)[:-1])]
    patch = operation.patch
    lines = [
        [f"{sign}{text.decode()}" for sign, text in hunk.lines]
        + [hunk.old_ends_without_newline, hunk.new_ends_without_newline]
        for hunk in patch.hunks
    ]
    return [where, "patch", patch.old, patch.new, patch.old_mode, patch.new_mode, lines]


def texts(lines: tuple[bytes, ...]) -> list[str]:
    return [line.decode() for line in lines]
