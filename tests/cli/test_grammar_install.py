"""On a runner, a grammar is installed the moment a spec names a definition in its language, and never before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# In a process of its own, in which no package of the extra can be imported before the installer has put it there.
BEGINNING = """
import json, os, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("tree_sitter") and not os.path.exists(os.environ["INSTALLED"]):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from mtor_action.cli.grammar_install import install_named_grammars
install_named_grammars(os.environ)
"""
PROGRAM = (
    BEGINNING
    + """
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault, outline_of
result = outline_of("a.go", [b"package a", b"func f() {}"], ParsingEffort())
print(json.dumps(["MTOR_SYMBOLS_INSTALL" in os.environ, isinstance(result, SymbolFault) and result.rule]))
"""
)
QUESTION = (
    BEGINNING
    + """
from mtor_action.implementer.prompts.question import Guidance, questions_about
texts = {"a.go": "package a\\n\\nfunc Total() int {\\n\\treturn 1\\n}\\n" + int(sys.argv[1]) * "\\n// more"}
questions = questions_about(["a.go"], "a.go:4: Total() is 1", texts.get, {}, Guidance())
print(json.dumps([item.part and item.part.name for question in questions for item in question.shown]))
"""
)


def _ends(tmp_path: Path, command: list[str] | None, program: str = PROGRAM, *words: str) -> list[object] | str:
    environment = {"PATH": "/usr/bin:/bin", "INSTALLED": str(tmp_path / "asked"), "SECRET_TOKEN": "s3cret"}
    if command is not None:
        environment["MTOR_SYMBOLS_INSTALL"] = json.dumps(command)
    ended = subprocess.run(
        [sys.executable, "-c", program, *words], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        return ended.stderr
    found: list[object] = json.loads(ended.stdout)
    return found


def test_the_package_of_the_language_is_asked_for_without_any_key(tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    installer.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nenv > {tmp_path}/environment\n')
    installer.chmod(0o755)
    assert _ends(tmp_path, [str(installer), "symbols", "folder"]) == [False, False]
    assert (tmp_path / "asked").read_text() == "symbols folder tree-sitter-go\n"
    assert "s3cret" not in (tmp_path / "environment").read_text()


def test_without_an_installer_the_package_is_named(tmp_path: Path) -> None:
    assert _ends(tmp_path, None) == [False, "symbol-language"]


def test_an_installation_that_fails_is_an_error_of_the_machine(tmp_path: Path) -> None:
    assert "MtorError: the package tree-sitter-go cannot be installed" in str(_ends(tmp_path, ["false"]))


def test_before_a_model_is_asked_about_a_long_file_its_grammar_is_installed(tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    installer.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    installer.chmod(0o755)
    for command in (["false"], None):
        assert _ends(tmp_path, command, QUESTION, "200") == []
    assert _ends(tmp_path, [str(installer), "symbols", "folder"], QUESTION, "20") == [None]  # the whole file
    assert not (tmp_path / "asked").exists()
    assert _ends(tmp_path, [str(installer), "symbols", "folder"], QUESTION, "200") == ["Total"]
    assert (tmp_path / "asked").read_text() == "symbols folder tree-sitter-go\n"
