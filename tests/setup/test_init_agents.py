"""`mtor init --agents`: what agents read, beside a person's own text, checked like any spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from command_line import mtor, put
from mtor_action.setup.agent_files import BEGIN, END, agent_files
from setup_samples import ACTION

if TYPE_CHECKING:
    from pathlib import Path

PATHS = [file.path for file in agent_files()]
SKILL, AGENTS, COPILOT, CURSOR = PATHS
OWN = "# My rules\r\n\r\nBe kind. \xe9"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    files = {
        "go.mod": "module x\n",
        "src/greet.py": 'def greet(name):\n    return "Hello " + name\n',
        ".github/mtor.yml": "test: [go test]\n",
    }
    return command_line.repository(tmp_path / "repo", files)


def test_the_files_are_written_checked_and_removed_without_a_trace(repo: Path) -> None:
    before = command_line.state(repo)
    assert mtor(repo, "init", "--agents", "--check").code == 1
    assert mtor(repo, "init", "--agents", "--dry-run").code == 0
    assert command_line.state(repo) == before
    done = mtor(repo, "init", "--agents")
    assert (done.code, done.err) == (0, "")
    assert all((repo / path).is_file() for path in PATHS)
    written = command_line.state(repo)
    assert mtor(repo, "init", "--agents").code == 0
    assert mtor(repo, "init", "--agents", "--check").code == 0
    assert command_line.state(repo) == written
    assert mtor(repo, "init", "--remove", "--agents").code == 0
    assert command_line.state(repo) == before


@pytest.mark.parametrize("path", [SKILL, CURSOR])
def test_the_examples_in_a_file_are_a_spec_that_check_accepts(repo: Path, path: str) -> None:
    assert mtor(repo, "init", "--agents").code == 0
    done = mtor(repo, "check", path, "--json")
    assert (done.code, done.report["diagnostics"]) == (0, [])
    assert [operation["path"] for operation in done.report["operations"]] == ["src/greet.py", "docs/greet.md"]


def test_a_file_begins_as_its_agent_wants_it(repo: Path) -> None:
    assert mtor(repo, "init", "--agents").code == 0
    assert (repo / SKILL).read_text().startswith("---\nname: mtor\ndescription: ")
    assert (repo / CURSOR).read_text().startswith("---\ndescription: ")
    assert '\napplyTo: "**"\n---\n' in (repo / COPILOT).read_text()
    assert (repo / AGENTS).read_text().startswith(BEGIN)
    for path in (AGENTS, COPILOT):
        assert len((repo / path).read_text()) < 1_000, "agents load it with every task"


def test_a_persons_own_text_stays_byte_for_byte_around_the_section(repo: Path) -> None:
    (repo / AGENTS).write_bytes(OWN.encode("latin-1"))
    assert mtor(repo, "init", "--agents").code == 0
    written = (repo / AGENTS).read_bytes()
    assert written.startswith(OWN.encode("latin-1") + b"\r\n\r\n" + BEGIN.encode() + b"\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")
    (repo / AGENTS).write_bytes(written + b"Mine too.")
    assert mtor(repo, "init", "--agents", "--check").code == 0
    assert mtor(repo, "init", "--remove").code == 0
    assert (repo / AGENTS).read_bytes() == OWN.encode("latin-1") + b"\r\nMine too."
    assert not (repo / ".claude").exists()


def test_an_older_section_is_named_by_every_check_and_updated_between_its_marks_only(repo: Path) -> None:
    assert mtor(repo, "init", "--action", ACTION).code == 0
    assert mtor(repo, "init", "--agents").code == 0
    assert mtor(repo, "init", "--check").code == 0
    text = (repo / AGENTS).read_text()
    older = "Before.\n\n" + text.replace("Only when", "Whenever") + "After.\n"
    (repo / AGENTS).write_text(older)
    done = mtor(repo, "init", "--check")
    assert done.code == 1
    assert "AGENTS.md  outdated: mtor init --agents" in done.out
    assert mtor(repo, "init", "--force").code == 1, "only --agents writes these files"
    assert (repo / AGENTS).read_text() == older
    assert mtor(repo, "init", "--agents").code == 0
    assert (repo / AGENTS).read_text() == f"Before.\n\n{text}After.\n"


@pytest.mark.parametrize(
    "text", [f"{BEGIN}\nmine\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n{END}\n", f"x\n{END}\n{END}\n{BEGIN}\n"]
)
def test_marks_that_do_not_fit_are_reported_and_nothing_is_written_there(repo: Path, text: str) -> None:
    put(repo, {AGENTS: text})
    done = mtor(repo, "init", "--agents")
    assert (done.code, "its marks do not fit" in done.out) == (1, True)
    assert (repo / AGENTS).read_text() == text
    assert (repo / SKILL).exists()
    assert mtor(repo, "init", "--remove", "--agents").code == 1
    assert (repo / AGENTS).read_text() == text


def test_a_mark_within_a_line_is_a_persons_text(repo: Path) -> None:
    put(repo, {AGENTS: f"See `{BEGIN}` and `{END}`.\n"})
    assert mtor(repo, "init", "--agents").code == 0
    assert (repo / AGENTS).read_text().startswith(f"See `{BEGIN}` and `{END}`.\n\n{BEGIN}\n")


def test_nothing_is_written_through_a_symbolic_link(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("mine\n")
    (repo / AGENTS).symlink_to(outside)
    (tmp_path / "claude").mkdir()
    (repo / ".claude").symlink_to(tmp_path / "claude")
    done = mtor(repo, "init", "--agents")
    assert done.code == 1
    assert "AGENTS.md is a symbolic link" in done.out
    assert (outside.read_text(), list((tmp_path / "claude").iterdir())) == ("mine\n", [])
    assert mtor(repo, "init", "--action", ACTION).code == 0, "init itself has nothing to do with them"


def test_agents_and_github_do_not_go_together(repo: Path) -> None:
    assert mtor(repo, "init", "--agents", "--github").code == 64
