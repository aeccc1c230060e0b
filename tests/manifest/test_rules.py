"""Every rule has a name in the table, an example among the tests, and a heading in the documentation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mtor_action
from mtor_action.manifest.rules import RULES

PACKAGE = Path(mtor_action.__file__).parent
TESTS = Path(__file__).parents[1]
DOCUMENTATION = TESTS.parent / "docs" / "rules.md"
ADDERS = {"add", "fault", "_fault", "_fail", "Miss", "SymbolFault", "Diagnostic", "_diagnostic", "_binary"}


def rules_used() -> set[str]:
    """Strings given as the rule of a diagnostic: the first argument, `rule=`, or its default."""
    used: set[str] = set()
    for folder in ("tree", "manifest", "order", "symbols", "plan", "authoring", "preparation"):
        for path in (PACKAGE / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    given = [word.value for word in node.keywords if word.arg == "rule"]
                    used |= strings([*given, *(node.args[:1] if name in ADDERS else [])])
                elif isinstance(node, ast.FunctionDef) and "rule" in [arg.arg for arg in node.args.args]:
                    used |= strings(node.args.defaults[-1:])
    return {rule for rule in used if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule)}


def strings(nodes: list[ast.expr]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def rules_shown() -> set[str]:
    """Rules in the goldens, and those that the planner's tests expect."""
    shown = {
        rule
        for folder in ("manifest", "order")
        for golden in (TESTS / folder / "err").glob("*.out")
        for rule in re.findall(r"^spec.md:.* \[([a-z0-9-]+)\]$", golden.read_text(encoding="utf-8"), re.MULTILINE)
    }
    of_commands = [TESTS / "cli" / name for name in ("test_run.py", "test_moved_base.py")]
    tests = [*(TESTS / "plan").glob("test_*.py"), *of_commands]
    planned = "".join(path.read_text(encoding="utf-8") for path in tests)
    return shown | {rule for rule in RULES if f'"{rule}"' in planned}


def test_every_rule_that_the_code_uses_is_in_the_table() -> None:
    assert sorted(rules_used() - set(RULES)) == []


def test_every_rule_of_the_table_is_shown_by_a_golden_or_a_planner_test() -> None:
    assert sorted(set(RULES) - rules_shown()) == []


def test_no_golden_shows_a_rule_that_is_not_in_the_table() -> None:
    assert sorted(rules_shown() - set(RULES)) == []


def test_every_rule_has_a_heading_in_the_documentation() -> None:
    headings = set(re.findall(r"^#+ +`?([a-z0-9-]+)`?", DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE))

    assert sorted(set(RULES) - headings) == []
