"""mtor as a plain install has it, without an extra: what needs one says which, and is not taken for a bug."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from command_line import EDIT, Ended, ended, environment, git, put, spec, state

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
EXTRA_OF = {
    "plan Greet": "model",
    "plan 12": "model",
    "submit spec.md": "publish",
    "night": "publish",
    "outcomes": "publish",
    "init --github --yes --dry-run --action octo/mtor@v1": "publish",
    "show a.py": "symbols",
}
ALL_IN_ONE_PROCESS = """
import json, sys
from mtor_action.cli.main import main
codes = []
for line in sys.argv[1:]:
    codes.append(main(line.split()))
    print("###", file=sys.stderr, flush=True)
print(json.dumps(codes))
"""


def needed(name: str) -> Iterator[str]:
    """The distributions that `name` brings without an extra."""
    for line in requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
            yield from needed(requirement.name)


@pytest.fixture
def base_packages(tmp_path: Path) -> Path:
    """A folder with what a plain install would import, and nothing else."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in {*needed("mtor-bot")}:
        for file in distribution(name).files or ():
            top = file.parts[0]
            if not top.startswith(("..", "__pycache__")) and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    (folder / "mtor_action").symlink_to(ROOT / "action/mtor_action")
    (folder / "mtor_bot").symlink_to(ROOT / "bot/mtor_bot")
    return folder


def run(packages: Path, root: Path, module: str, *arguments: str) -> Ended:
    """The console script of `module` with no other packages than these."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", f"from {module}.cli.main import entry; entry()", *arguments],
        cwd=root,
        env=environment(PYTHONPATH=str(packages)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return ended(process)


def test_a_red_run_that_names_a_model_says_that_the_extra_is_missing(
    base_packages: Path, repo: Path, tmp_path: Path
) -> None:
    red = spec(tmp_path / "spec.md", EDIT, test=["grep 'return 1' a.py"])
    before = state(repo)
    done = run(base_packages, repo, "mtor_action", "run", red, "--model", "openai/x")

    assert done.code == 3
    assert "is not installed" in done.out
    assert "install mtor with the extra `model`" in done.out
    assert "Traceback" not in done.out + done.err
    assert state(repo) == before


def test_a_green_run_that_names_a_model_needs_no_extra(base_packages: Path, repo: Path, tmp_path: Path) -> None:
    green = spec(tmp_path / "spec.md", EDIT, test=["grep 'return 2' a.py"])
    assert run(base_packages, repo, "mtor_action", "run", green, "--model", "openai/x").code == 0


def test_headings_and_keys_need_no_extra(base_packages: Path, repo: Path, tmp_path: Path) -> None:
    put(repo, {"a.md": "# A\n\nx\n\n# B\n\nx\n", "b.yml": "a:\n  x: 1\nb:\n  x: 1\n"})
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "texts")
    hunk = "<<<<<<< SEARCH\n{0}1\n=======\n{0}2\n>>>>>>> REPLACE\n"
    blocks = [
        f'```edit=a.md in="# B"\n{hunk.format("x").replace("x1", "x").replace("x2", "y")}```',
        f"```edit=b.yml in=b\n{hunk.format('  x: ')}```",
    ]
    named = spec(tmp_path / "spec.md", *blocks, test=["grep y a.md", "grep 2 b.yml"])
    assert run(base_packages, repo, "mtor_action", "run", named).code == 0


@pytest.mark.parametrize("verb", ["serve", "jobs", "doctor"])
def test_each_verb_of_the_bot_says_that_the_extra_is_missing(base_packages: Path, tmp_path: Path, verb: str) -> None:
    done = run(base_packages, tmp_path, "mtor_bot", verb)

    assert done.code == 3
    assert done.err.startswith("mtor-bot: mtor-bot needs ")
    assert "install mtor with the extra `bot`" in done.err


def test_each_verb_that_needs_an_extra_names_it(base_packages: Path, repo: Path, tmp_path: Path) -> None:
    spec(repo / "spec.md", EDIT, test=["true"])
    git(repo, "remote", "add", "origin", "https://github.com/octo/widget.git")
    process = subprocess.run(
        [sys.executable, "-S", "-c", ALL_IN_ONE_PROCESS, *EXTRA_OF],
        cwd=repo,
        env=environment(PYTHONPATH=str(base_packages), GITHUB_TOKEN="t", HOME=str(tmp_path)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    complaints = process.stderr.split("###\n")[:-1]
    named = [f"extra `{extra}`" in complaint for extra, complaint in zip(EXTRA_OF.values(), complaints, strict=True)]

    assert "this is a bug" not in process.stderr
    assert json.loads(process.stdout) == [3] * len(EXTRA_OF), process.stderr
    assert all(named), process.stderr
