"""A wrong environment is told whole, before anything is done."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, environment
from mtor_action.errors import UsageError
from mtor_action.work.context import read_context

if TYPE_CHECKING:
    from pathlib import Path

    from work.workplace import Workplace


def _environ(folder: Path, **more: str) -> dict[str, str]:
    (folder / "output").touch()
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/widget",
        "GITHUB_SERVER_URL": "https://github.com/",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_RUN_ID": "77",
        "GITHUB_OUTPUT": str(folder / "output"),
        "MTOR_ISSUE": "12",
        "MTOR_TOKEN": "x",
        "MTOR_HANDOVER": str(folder / "handover"),
        **more,
    }


def test_what_the_workflow_says_is_read(tmp_path: Path) -> None:
    found = read_context(_environ(tmp_path, MTOR_MODEL_INSTALL='["a", "b"]', MTOR_JOB=" J.1 "))
    assert (found.issue, found.run_id, found.job, found.name, found.pins) == (12, 77, "J.1", "J.1", ())
    assert (found.server_url, found.model_install) == ("https://github.com", ("a", "b"))
    assert read_context(_environ(tmp_path)).name == "run-77"


def test_on_enterprise_server_nothing_is_spent_that_could_not_be_published(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_context(_environ(tmp_path, GITHUB_SERVER_URL="https://git.acme.example"))
    assert "upload-artifact v4" in caught.value.message
    assert "ghe.com" in caught.value.hint
    assert read_context(_environ(tmp_path, GITHUB_SERVER_URL="https://acme.ghe.com")).server_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_ACTIONS", "false"),
        ("GITHUB_REPOSITORY", "acme"),
        ("GITHUB_REPOSITORY", "acme/../x"),
        ("GITHUB_SERVER_URL", "github.com"),
        ("GITHUB_SERVER_URL", "https://me:secret@github.com"),
        ("GITHUB_API_URL", "file:///etc"),
        ("GITHUB_RUN_ID", "-1"),
        ("GITHUB_OUTPUT", "/nowhere/output"),
        ("MTOR_ISSUE", "0"),
        ("MTOR_ISSUE", "12; rm -rf /"),
        ("MTOR_TOKEN", " "),
        ("MTOR_JOB", ".."),
        ("MTOR_JOB", "a/b"),
        ("MTOR_JOB", "x" * 81),
        ("MTOR_SPEC", "{}"),
        ("MTOR_COACHING", "main"),
        ("MTOR_HANDOVER", "handover"),
        ("MTOR_HANDOVER", "/nowhere/handover"),
        ("MTOR_HANDOVER", "/etc"),
        ("MTOR_MODEL_INSTALL", "pip install x"),
        ("MTOR_MODEL_INSTALL", "[]"),
    ],
)
def test_a_value_that_cannot_be_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_context(_environ(tmp_path, **{name: value}))
    lines = caught.value.message.splitlines()
    assert len(lines) == 2
    assert lines[1].strip().startswith(name)


def test_every_mistake_is_listed_at_once_with_the_next_step(place: Path) -> None:
    command = [sys.executable, "-m", "mtor_action", "work"]
    done = subprocess.run(command, env=environment(), cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 64
    names = ("GITHUB_ACTIONS", "MTOR_TOKEN", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_OUTPUT", "MTOR_ISSUE")
    assert all(f"  {name} is not " in done.stderr for name in names)
    assert "mtor init" in done.stderr


@pytest.mark.parametrize("pipe", ["99", "x", "0"])
def test_a_pipe_that_is_none_is_a_usage_error(place: Path, pipe: str) -> None:
    command = [sys.executable, "-m", "mtor_action", "work"]
    env = environment(MTOR_PIPE=pipe)
    done = subprocess.run(command, env=env, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, b"MTOR_PIPE is not a pipe" in done.stderr) == (64, True)


@pytest.mark.parametrize("spoil", ["no repository", "dirty"])
def test_a_workspace_that_cannot_be_worked_in_is_an_error_that_is_handed_over(workplace: Workplace, spoil: str) -> None:
    if spoil == "dirty":
        (workplace.root / "a.py").write_text("changed\n")
    else:
        (workplace.root / ".git").rename(workplace.root / "git")
    done = workplace.work(workplace.issue(EDIT, test=["true"]))
    assert (done.code, done.outputs["outcome"]) == (3, "error"), done.log
    assert done.received.report.reason
