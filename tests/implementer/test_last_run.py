"""The last run judges what will be committed, not what earlier runs left beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command_line import FORKED_PYTEST as PYTEST
from command_line import git, put
from scripted_runs import block, spec, without_keys
from standins.model import Answer, call, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripted_runs import Run, Runner

REFLECTION = say("{}")
FINISH = call("finish")
RUN = call("run_tests")
WRONG = "def g():\n    return 3\n"
RIGHT = WRONG.replace("3", "2")
TESTS = "from b import g\n\n\ndef test_g():\n    assert g() == 2\n\n\ndef test_h():\n    assert g() != 4\n"
BASE = {
    "tests/conftest.py": "import pathlib, sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n",
    ".gitignore": "__pycache__/\n.venv/\nnode_modules/\n.cache/\nstate.db\nbuild/\n.tool/\n",
}
NEEDS_GO = pytest.mark.skipif(not shutil.which("go"), reason="go is not installed")
NEEDS_NODE = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
NEEDS_CARGO = pytest.mark.skipif(not shutil.which("cargo"), reason="cargo is not installed")
PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")


def write(content: str, path: str = "b.py") -> Answer:
    return call("write", path=path, content=content)


def run(
    runner: Runner, *script: Answer, env: Mapping[str, str] | None = None, root: Path | None = None, **how: Any
) -> Run:
    blocks = [block("create", "b.py", WRONG), block("create", "tests/test_b.py", TESTS)]
    text = spec(None, blocks=blocks, **{"test": [PYTEST], **how})
    return runner.run([*script, REFLECTION], text=text, root=root or runner.repository(BASE), env=env)


def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home/.config").mkdir(parents=True)
    return {"HOME": str(tmp_path / "home")}


def once(marker: str, rest: str = WRONG) -> str:
    """Code that is right from the second time on that it is imported: it leaves `marker` behind."""
    return (
        f"import os\nimport pathlib\n\nmarker = pathlib.Path(os.path.expanduser({marker!r}))\n"
        "seen = marker.exists()\nmarker.parent.mkdir(parents=True, exist_ok=True)\nmarker.touch()\n\n\n"
        f"{rest.replace('return 3', 'return 2 if seen else 3')}"
    )


PLANT_PYC = (
    "import importlib.util\nimport marshal\nimport pathlib\nimport sys\n\n"
    "tests = pathlib.Path(__file__).parent / 'tests'\n"
    "source = 'def test_g():\\n    pass\\n\\n\\ndef test_h():\\n    pass\\n'\n"
    "code = compile(source, str(tests / 'test_b.py'), 'exec')\n"
    "hashed = importlib.util.source_hash((tests / 'test_b.py').read_bytes())\n"
    "data = hashed + marshal.dumps(code)\n"
    "(tests / '__pycache__').mkdir(exist_ok=True)\n"
    "tag, version = sys.implementation.cache_tag, sys.modules['pytest'].__version__\n"
    # Python asks no source about a hash that is not to be checked (PEP 552); pytest checks the one it has.
    "for name, flags in ((f'test_b.{tag}.pyc', 1), (f'test_b.{tag}-pytest-{version}.pyc', 3)):\n"
    "    place = tests / '__pycache__' / name\n"
    "    place.write_bytes(importlib.util.MAGIC_NUMBER + flags.to_bytes(4, 'little') + data)\n\n\n"
) + WRONG
PLANTED = {
    "bytecode of a test": PLANT_PYC,
    "a marker that is ignored": once(".cache/seen"),
    "an ignored folder that is there": once("node_modules/seen"),
    "a time of a tracked file": once(".gitignore")
    .replace(".exists()", ".stat().st_mtime == 1")
    .replace("marker.touch()", "os.utime(marker, (1, 1))"),
    "rights of a tracked file": once(".gitignore")
    .replace(".exists()", ".stat().st_mode & 0o77 == 0")
    .replace("marker.touch()", "marker.chmod(0o600)"),
    "a marker in the home folder": once("~/.seen"),
    "a marker in a folder of the home that is there": once("~/.config/seen"),
    "a marker in the folder for temporary files": once("$TMPDIR").replace(
        "os.path.expanduser('$TMPDIR')", "__import__('tempfile').gettempdir() + '/seen-by-mtor'"
    ),
}


@pytest.mark.parametrize("setup", [[], ["true"]], ids=["in place", "fresh"])
@pytest.mark.parametrize("name", PLANTED)
def test_what_the_code_planted_beside_the_tree_does_not_make_it_fixed(
    runner: Runner, tmp_path: Path, name: str, setup: list[str]
) -> None:
    root = runner.repository(BASE)
    put(root, {"node_modules/a/index.js": "1\n", "state.db": "1\n"})
    (tmp_path / "tmp").mkdir()
    env = {**home(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    ended = run(runner, write(PLANTED[name]), RUN, FINISH, env=env, root=root, setup=setup)
    assert (ended.outcome, ended.code, ended.report["verified"]) == ("failing", 1, ""), ended.report["commands"]
    where = "in a fresh checkout" if setup else "with ignored files as they were before the first edit"
    assert ended.report["reason"].startswith(f"green in the job's tree, red {where}: `{PYTEST}`: exit code 1")
    assert ended.report["next_step"]
    # The person's own files are where they were, and nothing planted is where code is loaded from.
    assert (root / "node_modules/a/index.js").read_text() == "1\n"
    assert (root / "state.db").read_text() == "1\n"
    assert not (root / ".git/mtor/aside.json").exists()


@pytest.mark.parametrize("setup", [[], ["true"]], ids=["in place", "fresh"])
def test_an_honest_repair_stays_fixed_and_says_how_it_was_verified(
    runner: Runner, tmp_path: Path, setup: list[str]
) -> None:
    root = runner.repository(BASE)
    put(root, {"node_modules/a/index.js": "1\n", "state.db": "1\n", ".cache/big": "x" * 100})
    before = sorted(str(path) for path in root.rglob("*") if ".git" not in path.parts)
    ended = run(runner, write(RIGHT), env=home(tmp_path), root=root, setup=setup)
    how = "fresh" if setup else "in place"
    assert (ended.outcome, ended.code, ended.report["verified"]) == ("fixed", 0, how), ended.report["reason"]
    assert [each["stage"] for each in ended.report["commands"]][-1] == "verify"
    assert sorted(str(path) for path in root.rglob("*") if ".git" not in path.parts) == before
    report = (root / ".git/mtor/jobs" / ended.report["job"] / "report.md").read_text()
    assert "Verified: the last run judged what is committed" in report
    assert not list((root / ".git/mtor/jobs" / ended.report["job"]).glob("before"))


def test_without_a_model_nothing_is_verified(runner: Runner) -> None:
    blocks = [block("create", "b.py", RIGHT), block("create", "tests/test_b.py", TESTS)]
    ended = runner.run([], text=spec(None, blocks=blocks, test=[PYTEST]), root=runner.repository(BASE))
    assert (ended.outcome, ended.report["verified"]) == ("clean", "")


EXIT_0 = "import atexit\nimport os\n\natexit.register(getattr(os, '_ex' + 'it'), 0)\n\n\n" + WRONG
FAKE = EXIT_0.replace("\n\n\n", "\natexit.register(print, '\\n2 passed in 0.01s', flush=True)\n\n\n")


@pytest.mark.parametrize("code", [EXIT_0, FAKE], ids=["ends with 0", "and prints a summary"])
def test_a_process_that_ends_with_0_under_failures_is_no_fix(runner: Runner, code: str) -> None:
    ended = run(runner, write(code), FINISH)
    assert (ended.outcome, ended.code) == ("failing", 1)
    assert "exit code 0, but its log says 1 failed" in ended.report["reason"]
    assert "its log says 1 failed" in ended.observations[-1] or "1 failed" in ended.asked[-1][-1]["content"]


GO = {
    "go.mod": "module m\n\ngo 1.20\n",
    "b_test.go": 'package m\n\nimport "testing"\n\nfunc TestG(t *testing.T) { if G() != 2 { t.Error(G()) } }\n',
}
GO_CODE = "package m\n\nfunc G() int { return 3 }\n"
GO_CHEAT = GO_CODE.replace("m\n", 'm\n\nimport "os"\n\nfunc init() { os.Args = append(os.Args, "-test.run=^$") }\n', 1)


@NEEDS_GO
@pytest.mark.parametrize(("code", "outcome"), [(GO_CHEAT, "failing"), (GO_CODE.replace("3", "2"), "fixed")])
def test_go_that_runs_no_test_is_no_fix(runner: Runner, code: str, outcome: str) -> None:
    text = spec(None, blocks=[block("create", "b.go", GO_CODE)], test=["go test ./..."])
    ended = runner.run([write(code, "b.go"), FINISH, REFLECTION], text=text, root=runner.repository(GO))
    assert ended.outcome == outcome, ended.report["reason"]
    assert ("fewer tests ran than before the fix: none of 1" in ended.report["reason"]) is (outcome == "failing")


VENV = [f"{PYTHON} -m venv --without-pip .venv"]
IN_VENV = ".venv/bin/python -m unittest tests.test_b"
UNIT = (
    "import unittest\n\nfrom b import g\n\n\n"
    "class T(unittest.TestCase):\n    def test_g(self):\n        self.assertEqual(g(), 2)\n"
)
PTH = (
    "import pathlib\nimport sysconfig\n\n"
    "place = pathlib.Path(sysconfig.get_path('purelib')) / 'x.pth'\n"
    "place.write_text('import unittest; unittest.TestCase.assertEqual = lambda *a: None\\n')\n\n\n"
) + WRONG


@pytest.mark.parametrize("setup", [VENV, []], ids=["fresh", "in place"])
@pytest.mark.parametrize(("code", "outcome"), [(PTH, "failing"), (RIGHT, "fixed")], ids=["planted", "honest"])
def test_a_pth_in_the_virtual_environment_does_not_make_it_fixed(
    runner: Runner, code: str, outcome: str, setup: list[str]
) -> None:
    root = runner.repository({**BASE, "tests/__init__.py": ""})
    if not setup:
        subprocess.run(VENV[0].split(), cwd=root, check=True)
    blocks = [block("create", "b.py", WRONG), block("create", "tests/test_b.py", UNIT)]
    text = spec(None, blocks=blocks, test=[IN_VENV], setup=setup)
    ended = runner.run([write(code), RUN, FINISH, REFLECTION], text=text, root=root)
    assert ended.outcome == outcome, ended.report["reason"]
    assert ended.report["verified"] == (("fresh" if setup else "in place") if outcome == "fixed" else "")
    # It must not wait there for the next job, which would start with it.
    assert not list((root / ".venv").rglob("x.pth"))
    assert (root / ".venv/bin/python").exists()


USER_SITE = (
    "import os\nimport pathlib\nimport site\n\n"
    "place = pathlib.Path(site.getusersitepackages())\nplace.mkdir(parents=True, exist_ok=True)\n"
    "(place / 'usercustomize.py').write_text("
    "'import unittest\\nunittest.TestCase.assertEqual = lambda *a: None\\n')\n\n\n"
) + WRONG


@pytest.mark.parametrize("is_there", [True, False], ids=["a user site that is there", "none before"])
def test_a_module_in_the_user_site_does_not_make_it_fixed(runner: Runner, tmp_path: Path, is_there: bool) -> None:
    env = home(tmp_path)
    if is_there:
        site = tmp_path / "home/.local/lib" / PYTHON.name / "site-packages"
        put(site, {"other.py": "x = 1\n"})
    root = runner.repository({**BASE, "tests/__init__.py": ""})
    tests = UNIT if not is_there else "import other\n" + UNIT
    blocks = [block("create", "b.py", WRONG), block("create", "tests/test_b.py", tests)]
    text = spec(None, blocks=blocks, test=[f"{PYTHON} -m unittest tests.test_b"])
    ended = runner.run([write(USER_SITE), RUN, FINISH, REFLECTION], text=text, root=root, env=without_keys() | env)
    assert (ended.outcome, ended.report["verified"]) == ("failing", ""), ended.report["commands"]


def test_a_module_on_the_path_that_is_ignored_does_not_make_it_fixed(runner: Runner) -> None:
    plant = (
        "import pathlib\n\nbuild = pathlib.Path('build')\nbuild.mkdir(exist_ok=True)\n"
        "(build / 'plugin.py').write_text('import unittest\\nunittest.TestCase.assertEqual = lambda *a: None\\n')\n\n\n"
    ) + WRONG
    root = runner.repository({**BASE, "tests/__init__.py": ""})
    command = (
        f'PYTHONPATH=build {PYTHON} -c \'import importlib.util as u; u.find_spec("plugin") and __import__("plugin")'
    )
    command += '; import unittest; unittest.main("tests.test_b")\''
    blocks = [block("create", "b.py", WRONG), block("create", "tests/test_b.py", UNIT)]
    text = spec(None, blocks=blocks, test=[command])
    ended = runner.run([write(plant), RUN, FINISH, REFLECTION], text=text, root=root)
    assert (ended.outcome, ended.report["verified"]) == ("failing", ""), ended.report["commands"]


def test_an_ignored_file_that_the_tests_change_is_as_before_for_the_last_run(runner: Runner) -> None:
    root = runner.repository(BASE)
    put(root, {"state.db": "0"})
    # Green from the third run on, as a counter in an ignored file says.
    code = (
        "import pathlib\n\ndb = pathlib.Path('state.db')\nruns = int(db.read_text())\n"
        "db.write_text(str(runs + 1))\n\n\n"
        "def g():\n    return 2 if runs >= 2 else 3\n"
    )
    ended = run(runner, write(code), RUN, RUN, FINISH, root=root)
    assert (ended.outcome, ended.report["verified"]) == ("failing", "")
    assert ended.report["commands"][-1]["stage"] == "verify"


def test_an_ignored_file_that_was_removed_and_cannot_be_put_back_is_no_proof(runner: Runner) -> None:
    root = runner.repository(BASE)
    put(root, {"state.db": b"x" * (1024 * 1024 + 1)})
    code = "import pathlib\n\npathlib.Path('state.db').unlink(missing_ok=True)\n\n\n" + RIGHT
    ended = run(runner, write(code), FINISH, root=root)
    assert (ended.outcome, ended.report["verified"]) == ("failing", "")
    assert "a command removed state.db, which cannot be put back" in ended.report["reason"]


def test_small_files_and_links_that_a_command_removed_are_put_back(runner: Runner) -> None:
    root = runner.repository(BASE)
    put(root, {"state.db": "1\n"})
    (root / ".cache").mkdir()
    (root / ".cache/link").symlink_to("../state.db")
    code = "import pathlib\n\nfor name in ('state.db', '.cache/link'):\n"
    code += "    pathlib.Path(name).unlink(missing_ok=True)\n\n\n"
    ended = run(runner, write(code + RIGHT), root=root)
    assert (ended.outcome, ended.report["verified"]) == ("fixed", "in place"), ended.report["reason"]


def test_tests_that_need_a_file_that_is_not_committed_are_not_fixed_in_a_fresh_checkout(runner: Runner) -> None:
    root = runner.repository(BASE)
    put(root, {"state.db": "needed\n"})
    ended = run(runner, write(RIGHT), root=root, setup=["true"], test=[f"grep needed state.db && {PYTEST}"])
    assert (ended.outcome, ended.report["verified"]) == ("failing", "")
    assert "green in the job's tree, red in a fresh checkout: `grep needed state.db" in ended.report["reason"]
    assert "commit what the tests need" in ended.report["next_step"]
    assert (root / "state.db").read_text() == "needed\n"


@pytest.mark.parametrize("setup", [[], ["true"]], ids=["in place", "fresh"])
def test_a_file_that_git_does_not_look_at_keeps_its_local_text(runner: Runner, setup: list[str]) -> None:
    root = runner.repository({**BASE, "local.cfg": "theirs\n"})
    git(root, "update-index", "--skip-worktree", "local.cfg")
    put(root, {"local.cfg": "mine\n"})
    code = "import os\n\nos.utime('local.cfg', (1, 1))\n\n\n" + RIGHT
    ended = run(runner, write(code), root=root, setup=setup)
    assert ended.outcome == "fixed", ended.report["reason"]
    assert (root / "local.cfg").read_text() == "mine\n"


def test_a_setup_that_fails_in_the_fresh_checkout_is_no_proof(runner: Runner) -> None:
    ended = run(runner, write(RIGHT), setup=["test ! -e .cache/x; mkdir -p .cache; test ! -e ../stop; touch ../stop"])
    assert ended.outcome == "failing"
    assert "red in a fresh checkout: `test ! -e" in ended.report["reason"]


@NEEDS_NODE
def test_npm_and_its_packages_are_installed_again(runner: Runner) -> None:
    files = {
        "package.json": '{"name": "m", "version": "1.0.0", "dependencies": {"dep": "file:dep"}}\n',
        "dep/package.json": '{"name": "dep", "version": "1.0.0", "main": "index.js"}\n',
        "dep/index.js": "module.exports = 2;\n",
        ".gitignore": "node_modules/\n",
    }
    root = runner.repository(files)
    setup = ["npm install --no-audit --no-fund --offline"]
    test = "const same = require('node:assert').strictEqual;\n"
    test += "require('node:test')('b', () => same(require('./b'), require('dep')));\n"
    blocks = [block("create", "b.js", "module.exports = 3;"), block("create", "b.test.js", test)]
    text = spec(None, blocks=blocks, setup=setup, test=["node --test"])
    script = [write("module.exports = 2;\n", "b.js"), REFLECTION]
    ended = runner.run(script, text=text, root=root)
    assert (ended.outcome, ended.report["verified"]) == ("fixed", "fresh"), ended.report["commands"]
    assert (root / "node_modules/dep").exists()


@NEEDS_CARGO
@pytest.mark.parametrize("setup", [[], ["cargo --version"]], ids=["in place", "fresh"])
def test_cargo_and_rustup_work_from_the_home_of_the_last_run(runner: Runner, setup: list[str]) -> None:
    code = "pub fn g() -> i32 { 3 }\n"
    tests = "#[test]\nfn g() { assert_eq!(m::g(), 2); }\n"
    files = {
        "Cargo.toml": '[package]\nname = "m"\nversion = "0.1.0"\nedition = "2021"\n', "tests/b.rs": tests,
        ".gitignore": "target/\nCargo.lock\n",
    }  # fmt: skip
    text = spec(None, blocks=[block("create", "src/lib.rs", code)], test=["cargo test -q --offline"], setup=setup)
    script = [write(code.replace("{ 3 }", "{ 2 }"), "src/lib.rs"), REFLECTION]
    ended = runner.run(script, text=text, root=runner.repository(files))
    assert (ended.outcome, ended.report["verified"]) == ("fixed", "fresh" if setup else "in place"), ended.report
