"""Zero means zero: without a red test no socket is opened and nothing is imported that could open one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, environment, spec
from mtor_action.cli.main import VERBS

if TYPE_CHECKING:
    from pathlib import Path

_WATCH = """
import json, sys
seen = {"sockets": [], "modules": [], "processes": []}
def hook(event, arguments):
    if event.startswith("socket."):
        seen["sockets"].append([event, repr(arguments)])
    if event == "subprocess.Popen":
        seen["processes"].append(arguments[0])
sys.addaudithook(hook)
from mtor_action.cli.main import main
code = main(sys.argv[2:])
seen["modules"] = sorted({name.partition(".")[0] for name in sys.modules})
seen["ours"] = sorted(name for name in sys.modules if name.startswith("mtor_action."))
seen["code"] = code
open(sys.argv[1], "w").write(json.dumps(seen))
"""
_VERBS = """
import json, sys
from mtor_action.cli.main import main
try:
    main(["--help"])
finally:
    print(json.dumps([name for name in sorted(sys.modules) if name.startswith("mtor_action.cli.")]), file=sys.stderr)
"""
_HEAVY = {"litellm", "githubkit", "httpx", "pydantic", "rich", "openai", "requests", "urllib3", "aiohttp", "asyncio"}
# What repairs, symbols, notes, a base that moved and GitHub need.
_NOT_OF_A_GREEN_RUN = (
    "mtor_action.implementer.", "mtor_action.architect.", "mtor_action.coaching.", "mtor_action.github.",
    "mtor_action.authoring.from_diff", "mtor_action.symbols.outline", "mtor_action.symbols.grammar",
    "mtor_action.plan.symbol_planning", "mtor_action.preparation.moved_base", "mtor_action.scope.scope",
    "mtor_action.order.", "mtor_action.repository.revisions.three_way", "mtor_action.manifest.bodies.unified_diff",
    "mtor_action.model.provider_client", "mtor_action.model.loading", "mtor_action.symbols.section",
    "mtor_action.symbols.key_tree", "mtor_action.test_output.", "mtor_action.manifest.symbol_",
)  # fmt: skip
# Slow to import, and needed for a width in columns, a digest or a table that a check does not look at.
_NOT_OF_A_CHECK = {
    "shutil",
    "hashlib",
    "tomllib",
    "mtor_action.report.report",
    "mtor_action.repository.restoring.journal",
}
# What only an unusual text takes, and what Python's own modules for classes, syntax and HTML bring with them.
_NOT_OF_A_USUAL_SPEC = {"markdown_it", "yaml", "dataclasses", "inspect", "ast", "html"}
_OF_THE_NETWORK = {"socket", "_socket", "ssl", "http"}


@pytest.mark.parametrize("verb", [("run",), ("run", "--json"), ("check",), ("apply",)])
@pytest.mark.parametrize("test", ["true", "grep 'return 1' a.py"])
def test_without_a_model_nothing_touches_the_network(
    repo: Path, tmp_path: Path, *, verb: tuple[str, ...], test: str
) -> None:
    path = spec(tmp_path / "s.md", EDIT, test=[test])
    command = [sys.executable, "-c", _WATCH, str(tmp_path / "seen"), *verb, path]
    done = subprocess.run(command, cwd=repo, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads((tmp_path / "seen").read_text())
    assert seen["code"] == (1 if verb[0] == "run" and test != "true" else 0)
    assert seen["sockets"] == []
    assert not (_HEAVY | _OF_THE_NETWORK) & set(seen["modules"])


@pytest.mark.parametrize(("verb", "processes", "most_modules"), [("check", 4, 84), ("run", 13, 144)])
def test_a_green_run_starts_few_processes_and_loads_few_modules(
    repo: Path, tmp_path: Path, verb: str, processes: int, most_modules: int
) -> None:
    path = tmp_path / "s.md"
    path.write_text(f"# Return two\n\n{EDIT}\n```yaml mtor\ntest:\n  - 'true'\n```\n")
    command = [sys.executable, "-c", _WATCH, str(tmp_path / "seen"), verb, str(path)]
    subprocess.run(command, cwd=repo, env=environment(), capture_output=True, check=True)
    seen = json.loads((tmp_path / "seen").read_text())
    assert len(seen["processes"]) <= processes, seen["processes"]
    assert len(seen["ours"]) <= most_modules
    assert not [name for name in seen["ours"] if name.startswith(_NOT_OF_A_GREEN_RUN)]
    assert not _NOT_OF_A_USUAL_SPEC & set(seen["modules"])
    if verb == "check":
        assert not _NOT_OF_A_CHECK & {*seen["ours"], *seen["modules"]}


def test_the_list_of_verbs_is_printed_without_loading_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _VERBS]
    shown = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    loaded = json.loads(shown.stderr)
    assert loaded == ["mtor_action.cli.main"]
    assert all(f"\n    {name} " in shown.stdout for name in VERBS)
