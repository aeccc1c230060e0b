"""`mtor explain RULE`: every rule that a diagnostic can name, and every page that a message refers to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import mtor_action
from command_line import mtor
from mtor_action.authoring.doc_pages import close_names, explanation, page_names
from mtor_action.manifest.rules import RULES

PACKAGE = Path(mtor_action.__file__).parent


def _strings() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_mistake_its_output_and_a_form_that_works(rule: str) -> None:
    explained = explanation(rule)
    assert explained is not None
    assert explained.meaning == RULES[rule]
    assert f"[{rule}]" in explained.text or rule == "too-large"
    assert "Right:" in explained.text or rule in {"too-large", "filter"}
    assert not re.search(r"<!-- (?:error|ok|output|file|part)", explained.text)
    assert not re.search(r"(?m)^##+ (?!src/)", re.sub(r"(?s)````.*?````", "", explained.text))


def test_every_rule_of_a_coaching_file_is_explained() -> None:
    rules = {text for text in _strings() if re.fullmatch(r"coaching-[a-z]+", text)} - {"coaching-notes"}
    assert len(rules) > 5
    for rule in rules:
        explained = explanation(rule)
        assert explained is not None
        assert f"`{rule}`" in explained.text or rule not in explanation("coaching").text  # type: ignore[union-attr]


def test_the_command_prints_the_entry_in_text_and_in_json(tmp_path: Path) -> None:
    done = mtor(tmp_path, "explain", "held-fence")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"held-fence: {RULES['held-fence']}\n\n")
    printed = mtor(tmp_path, "explain", "[held-fence]", "--json").report
    assert printed["name"] == "held-fence"
    assert done.out.endswith(printed["text"])


def test_the_list_has_every_rule_and_every_page(tmp_path: Path) -> None:
    lines = mtor(tmp_path, "explain", "--list").out.splitlines()
    assert [line.split()[0] for line in lines if "  " in line] == list(RULES)
    assert lines[-1] == f"Pages: {', '.join(page_names())}"
    assert mtor(tmp_path, "explain", "--list", "--json").report == {"rules": RULES, "pages": page_names()}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("near-mis", "near-miss"), ("HELD-FENCE", "held-fence"), ("not-found", "hunk-not-found"), ("stall", "stalls")],
)
def test_an_unknown_name_gets_the_nearest_ones(tmp_path: Path, name: str, nearest: str) -> None:
    done = mtor(tmp_path, "explain", name)
    assert (done.code, done.out) == (64, "")
    assert nearest in close_names(name)
    assert nearest in done.err


@pytest.mark.parametrize("name", ["", "../rules", "rules.md", "/etc/passwd", "\x1b[31m", "-"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    done = mtor(tmp_path, "explain", f"{name}")
    assert (done.code, done.out) == (64, "")
    assert "\x1b" not in done.err


def test_diagnostics_say_how_each_of_their_rules_is_explained_once(repo: Path, tmp_path: Path) -> None:
    blocks = "```python creat=a\n```\n\n```python creat=b\n```\n\n```python create=../c\n```\n"
    (tmp_path / "s.md").write_text(blocks)
    out = mtor(repo, "check", str(tmp_path / "s.md")).out
    assert re.findall(r"mtor explain ([a-z-]+)", out) == ["near-miss", "path"]
    report = mtor(repo, "check", "--json", str(tmp_path / "s.md")).report
    assert [fault["rule"] for fault in report["diagnostics"]] == ["near-miss", "near-miss", "path"]
