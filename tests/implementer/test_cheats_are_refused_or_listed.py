"""Real ways to satisfy tests without repairing anything: each is refused, or a reviewer is told to look there first."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import block, spec
from standins.model import call, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripted_runs import Run, Runner

REFLECTION = say("{}")
CODE = "def double(n):\n    return n\n"
TESTS = (
    "from b import double\n\n\ndef test_small():\n    assert double(2) == 4\n\n\n"
    "def test_large():\n    assert double(21) == 42\n"
)
BASE = {
    "tests/conftest.py": "import pathlib\nimport sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n"
}


@dataclass(frozen=True, slots=True)
class Cheat:
    """What the model writes into `path`; `why` it is listed, or "" where it is refused."""

    content: str
    why: str = ""
    path: str = "b.py"
    test: str = PYTEST
    files: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=lambda: {"b.py": CODE, "tests/test_b.py": TESTS})


CHEATS = {
    name: Cheat(**values)
    for name, values in tomllib.loads((Path(__file__).parent / "cheats.toml").read_text(encoding="utf-8")).items()
}


def run(runner: Runner, cheat: Cheat) -> Run:
    blocks = [block("create", path, body) for path, body in cheat.blocks.items()]
    text = spec(None, blocks=blocks, test=[cheat.test], allow=["**"])
    script = [call("write", path=cheat.path, content=cheat.content), call("finish"), call("finish"), REFLECTION]
    return runner.run(script, text=text, root=runner.repository({**BASE, **cheat.files}))


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_refused_or_listed(runner: Runner, name: str) -> None:
    cheat = CHEATS[name]
    program = {"go": "go", "node": "node", "npm": "npm"}.get(cheat.test.split()[0])
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    ended = run(runner, cheat)
    if not cheat.why:
        assert re.search("protected|holds tests in itself", ended.observations[0]), ended.observations
        assert ended.outcome != "fixed"
        assert ended.report["look_first"] == []
        return
    looks = ended.report["look_first"]
    assert cheat.why in {look["why"] for look in looks}, (ended.outcome, looks, ended.observations)
    lines = cheat.content.splitlines()
    assert all(look["path"] == cheat.path and lines[look["line"] - 1].strip() == look["text"] for look in looks)


def test_an_honest_repair_lists_nothing(runner: Runner) -> None:
    ended = run(runner, Cheat(CODE.replace("return n", "return 2 * n")))
    assert (ended.outcome, ended.report["look_first"]) == ("fixed", [])
    assert [row["changed_by_model"] for row in ended.report["operations"]] == [True, False]


def test_an_expectation_changed_where_a_setting_opened_tests_is_listed(runner: Runner) -> None:
    blocks = [block("create", "b.py", CODE), block("create", "tests/test_b.py", TESTS)]
    text = spec(None, blocks=blocks, test=[PYTEST.replace("-q", "-q -k small")], protect=[])
    weaker = TESTS.replace("double(2) == 4", "double(2) == 2")
    script = [call("write", path="tests/test_b.py", content=weaker), REFLECTION]
    ended = runner.run(script, text=text, root=runner.repository(BASE, specs_may=["protect"]))
    assert ended.outcome == "fixed"
    told = [(look["line"], look["text"], look["why"]) for look in ended.report["look_first"]]
    assert told == [
        (5, "assert double(2) == 2", "an expectation of a test changed"),
        (5, "assert double(2) == 4", "an expectation of a test changed"),
    ]


def test_a_path_that_is_spelled_another_way_is_the_same_path(runner: Runner) -> None:
    root = runner.repository({**BASE, "src/b.py": CODE})
    text = spec(None, blocks=[block("create", "app.py", "x = 1\n")], test=["grep -q 3 app.py"])
    script = [
        call("write", path="./app.py", content="x = 2\n"),
        call("write", path=f"{root}/app.py", content="x = 4\n"),
        call("read", path="./src//b.py"),
        call("write", path="src/../app.py", content="x = 5\n"),
        call("write", path="./././app.py", content="x = 3\n"),
        REFLECTION,
    ]
    ended = runner.run(script, text=text, root=root)
    assert (ended.outcome, ended.signals) == ("fixed", [])
    assert ended.committed("app.py") == "x = 3\n"


def test_a_path_in_a_form_that_no_file_has_is_an_error_but_no_tampering(runner: Runner) -> None:
    paths = ["app.py/", "a\\app.py", "a\u200bpp.py", "-app.py"]
    script = [
        *[call("write", path=path, content="one = 1\n") for path in paths],
        call("finish"),
        call("finish"),
        REFLECTION,
    ]
    ended = runner.run(script)
    assert "tampering" not in [kind for kind, _, _ in ended.signals]
    assert all("expected" in text for text in ended.observations[: len(paths)])
