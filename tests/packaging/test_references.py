"""What messages refer to is in the wheel: installed in an empty folder, every reference leads somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mtor_action.authoring.doc_pages import page_names
from mtor_action.manifest.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
FILES = re.compile(r"(?<![\w/.])(?:docs/[\w-]+\.md|README\.md|SECURITY\.md|CHANGELOG\.md)")
EXPLAIN_EACH = """
import contextlib, io, sys
from mtor_action.cli.main import main
for name in sys.argv[1:]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["explain", name])
    print(name, code, len(printed.getvalue()) > 200)
"""


def messages() -> set[str]:
    """Every string of the programs that is not a docstring."""
    texts: set[str] = set()
    for path in [*(ROOT / "action").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings]
        texts |= {node.value for node in constants if isinstance(node.value, str)}
    return texts


def referred() -> set[str]:
    """The names after `mtor explain` in messages."""
    return {name for text in messages() for name in re.findall(r"mtor explain ([a-z][\w-]*)", text)}


def test_no_message_names_a_page_by_a_path_that_only_this_repository_has() -> None:
    assert [text for text in messages() if FILES.search(text)] == ["README.md"]  # where a checkout has it


def test_messages_refer_to_pages_and_rules_that_exist() -> None:
    assert {"stalls", "manifest", "bot", "readme"} <= referred()
    assert referred() - set(RULES) - set(page_names()) == set()


def test_every_page_of_the_documentation_is_one_that_explain_knows() -> None:
    assert page_names() == sorted({"readme"} | {path.stem for path in (ROOT / "docs").glob("*.md")})


@pytest.mark.install
@pytest.mark.timeout(300)
def test_a_wheel_installed_elsewhere_explains_everything_that_messages_refer_to(tmp_path: Path) -> None:
    wheels, target = tmp_path / "wheels", tmp_path / "installed"
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", str(wheels), "."], cwd=ROOT, check=True)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(target), str(wheel)], cwd=tmp_path, check=True)
    names = sorted(referred() | set(RULES) | set(page_names()))
    script = f"import sys; sys.path.insert(0, {str(target)!r})\n{EXPLAIN_EACH}"
    script += "import mtor_action; print(mtor_action.__file__)\n"
    line = [sys.executable, "-P", "-c", script, *names]
    done = subprocess.run(line, cwd="/", capture_output=True, text=True, check=True)
    *answers, place = done.stdout.splitlines()
    assert place.startswith(str(target))
    assert answers == [f"{name} 0 True" for name in names]
    for page in (target / "mtor_action/docs").glob("*.md"):
        source = ROOT / "README.md" if page.stem == "readme" else ROOT / "docs" / page.name
        assert page.read_bytes() == source.read_bytes()
        if page.stem == "readme":
            continue  # its links lead around the repository, which has them all
        linked = re.findall(r"\]\(([\w-]+\.md)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
        assert [name for name in linked if not (page.parent / name).exists()] == []
