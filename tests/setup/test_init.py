"""`mtor init` as a process: what it writes, what it leaves alone, what it refuses."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import command_line
import mtor_action
from command_line import mtor
from mtor_action.setup.detection import look
from mtor_action.setup.guess import Guess
from mtor_action.setup.settings_text import read, render
from mtor_action.setup.workflow import PARTS
from setup_samples import ACTION, OTHER_ACTION, SETTINGS, WORKFLOW, everything
from standins.github.runner.queueless import without_queue


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A Go project, committed."""
    return command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"})


@pytest.fixture
def initialised(repo: Path) -> Path:
    """The same after `mtor init`."""
    assert mtor(repo, "init", "--action", ACTION).code == 0
    return repo


def test_both_files_are_written_and_the_next_steps_said(repo: Path) -> None:
    ended = mtor(repo, "init", "--action", ACTION)
    assert ended.code == 0, ended.err
    assert f"uses: {ACTION}" in (repo / WORKFLOW).read_text()
    settings, mistakes = read((repo / SETTINGS).read_bytes())
    assert (settings.test, mistakes) == (("go test ./...",), [])
    for said in (
        WORKFLOW,
        SETTINGS,
        "go test ./...",
        "go.mod is there",
        "gh secret set",
        "mtor init --github",
        f"action: {ACTION} (from: --action)",
    ):
        assert said in ended.out
    assert (repo / WORKFLOW).stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_second_time_there_is_nothing_to_do(initialised: Path) -> None:
    before = command_line.state(initialised)
    for options in ((), ("--force",), ("--check",), ("--action", ACTION, "--yes")):
        ended = mtor(initialised, "init", *options)
        assert (ended.code, ended.out.count("up to date")) == (0, 2), options
    assert command_line.state(initialised) == before


def test_an_outdated_workflow_is_shown_and_left_alone_without_force(initialised: Path) -> None:
    before = command_line.state(initialised)
    for options in ((), ("--check",)):
        ended = mtor(initialised, "init", "--action", OTHER_ACTION, *options)
        assert ended.code == 1
        assert f"-        uses: {ACTION}" in ended.out
        assert f"+        uses: {OTHER_ACTION}" in ended.out
        assert "--force updates it" in ended.out
    assert command_line.state(initialised) == before


def test_what_is_between_the_markers_is_the_persons_and_survives_an_update(initialised: Path) -> None:
    path = initialised / WORKFLOW
    for part in PARTS:
        line = f"\\g<0>{' ' * 4}# mine: {part} \\\\1\n"
        path.write_text(re.sub(rf"(?m)^ *# mtor: your {part} begins?\n", line, path.read_text()))
    assert mtor(initialised, "init", "--check").code == 0
    path.write_bytes(path.read_bytes().replace(b"timeout-minutes: 180", b"timeout-minutes: 7").replace(b"\n", b"\r\n"))
    assert mtor(initialised, "init", "--action", OTHER_ACTION, "--force").code == 0
    text = path.read_text()
    assert all(f"# mine: {part} \\1" in text for part in PARTS)
    assert "timeout-minutes: 7" in text
    assert text.count(OTHER_ACTION) == 4
    assert ACTION not in text


def test_a_part_without_its_markers_is_said_to_get_the_default(initialised: Path) -> None:
    path = initialised / WORKFLOW
    path.write_text(path.read_text().replace("# mtor: your keys end\n", "\n"))
    ended = mtor(initialised, "init", "--check")
    assert (ended.code, "`# mtor: your keys` are gone" in ended.out) == (1, True)
    assert mtor(initialised, "init", "--force").code == 0
    assert mtor(initialised, "init", "--check").code == 0


def test_settings_that_are_there_stay_unless_they_are_wrong(initialised: Path) -> None:
    path = initialised / SETTINGS
    mine = "test: [make it]\nbudget: {usd: 1}\n"
    path.write_text(mine)
    assert mtor(initialised, "init", "--force").code == 0
    assert path.read_text() == mine
    for text, said in (("tset: x\n", 'expected "test"'), ("timeout_minutes: 5\n", "no `test`")):
        path.write_text(text)
        ended = mtor(initialised, "init")
        assert (ended.code, said in ended.out, path.read_text()) == (1, True, text)
    assert mtor(initialised, "init", "--force", "--test", "make it").code == 0
    assert read(path.read_bytes())[0].test == ("make it",)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ada/mtor@" + "a" * 39, "not a full commit id"),
        ("ada/mtor@" + "A" * 40, "lower-case"),
        ("ada/mtor@abcdef1", "not a full commit id"),
        ("ada/mtor@--upload-pack=x", "not the name of a tag"),
        ("ada/mtor@a..b", "not the name of a tag"),
        ('ada/mtor@v1"', "not the name of a tag"),
        ("ada/mtor", "expected OWNER/REPO@COMMIT"),
        ("../mtor@" + "a" * 40, "expected OWNER/REPO@COMMIT"),
        ("ada/..@" + "a" * 40, "expected OWNER/REPO@COMMIT"),
        ("ada/mtor@" + "a" * 40 + "\n  run: evil", "expected OWNER/REPO@COMMIT"),
        ("ada/mtor@v1'; rm -rf /", "expected OWNER/REPO@COMMIT"),
    ],
)
def test_only_a_full_commit_or_a_tag_names_the_action(repo: Path, address: str, said: str) -> None:
    before = command_line.state(repo)
    ended = mtor(repo, "init", "--action", address)
    assert (ended.code, said in ended.err) == (64, True), ended.err
    assert command_line.state(repo) == before


def test_without_a_place_for_the_action_the_person_is_asked_to_name_it(repo: Path) -> None:
    ended = mtor(repo, "init")
    assert (ended.code, "mtor init --action OWNER/REPO@TAG" in ended.err) == (64, True)
    ended = mtor(repo, "init", "--check", "--json")
    assert [each["state"] for each in ended.report["files"]] == ["missing", "missing"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/ada/mtor.git", "ada/mtor"),
        ("https://token@ghes.example.org/ada/mtor", "ada/mtor"),
        ("ssh://git@github.com/ada/mtor.git", "ada/mtor"),
        ("file:///home/ada/mtor", None),
        ("https://evil.example.org/a b/c", None),
    ],
)
def test_the_action_is_where_this_program_was_installed_from(
    repo: Path, tmp_path: Path, url: str, found: str | None
) -> None:
    commit = "b" * 40
    origin = f'{{"url": "{url}", "vcs_info": {{"vcs": "git", "commit_id": "{commit}"}}}}'
    info = "mtor_bot-9.dist-info"
    command_line.put(tmp_path, {f"{info}/direct_url.json": origin, f"{info}/METADATA": "Name: mtor-bot\nVersion: 9\n"})
    ended = mtor(repo, "init", "--json", env=command_line.environment(PYTHONPATH=str(tmp_path)))
    assert (ended.code, ended.out and ended.report["action"]) == ((0, f"{found}@{commit}") if found else (64, ""))


@pytest.mark.parametrize(
    ("line", "uses"),
    [
        (f"{OTHER_ACTION} # v1.2.3\n", f"uses: {OTHER_ACTION} # v1.2.3\n"),
        (f"{OTHER_ACTION}\n", f"uses: {OTHER_ACTION}\n"),
        (f"{OTHER_ACTION} # v1\n  run: evil\n", None),
        ("ada/mtor@v1", None),
    ],
)
def test_an_installed_release_knows_its_own_address(repo: Path, tmp_path: Path, line: str, uses: str | None) -> None:
    shutil.copytree(Path(mtor_action.__file__).parent, tmp_path / "release/mtor_action")
    (tmp_path / "release/mtor_action/setup/release.txt").write_text(line)
    ended = mtor(repo, "init", env=command_line.environment(PYTHONPATH=str(tmp_path / "release")))
    assert ended.code == (0 if uses else 64), ended.err
    if uses:
        assert (repo / WORKFLOW).read_text().count(uses) == 4
        assert "(from: the release that is installed)" in ended.out


@pytest.mark.parametrize("options", [(), ("--yes",), ("--json",)])
def test_unsure_and_without_a_terminal_nothing_is_written(tmp_path: Path, options: tuple[str, ...]) -> None:
    repo = command_line.repository(tmp_path / "repo", {"Makefile": "check:\n\ttrue\n"})
    before = command_line.state(repo)
    ended = mtor(repo, "init", "--action", ACTION, *options)
    assert ended.code == 64
    assert 'mtor init --test "COMMAND"' in ended.err
    assert "Makefile has `check:`" in ended.err
    assert command_line.state(repo) == before


def test_unsure_it_needs_no_test_for_settings_that_stay(tmp_path: Path) -> None:
    repo = command_line.repository(tmp_path / "repo", {SETTINGS: "test: [make it]\n"})
    assert mtor(repo, "init", "--action", ACTION, "--force").code == 0
    (repo / SETTINGS).write_text("tset: x\n")
    assert mtor(repo, "init", "--force").code == 64
    assert (repo / SETTINGS).read_text() == "tset: x\n"


@pytest.mark.parametrize(
    ("typed", "code", "test"), [("\n", 0, "make check"), ("./run-tests\n", 0, "./run-tests"), ("\x04", 64, None)]
)
def test_unsure_on_a_terminal_it_asks(tmp_path: Path, typed: str, code: int, test: str | None) -> None:
    makefile = "check:\n\ttrue\n" if test == "make check" else ""
    repo = command_line.repository(tmp_path / "repo", {"Makefile": makefile})
    ours, theirs = pty.openpty()
    process = command_line.start_anew(repo, "init", "--action", ACTION, stdin=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, typed.encode())
    out, _ = process.communicate(timeout=60)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert (process.returncode, "Which command tests it?" in said) == (code, True), (out, said)
    assert (read((repo / SETTINGS).read_bytes())[0].test if test else None) == ((test,) if test else None)


def test_commands_from_the_command_line_come_in_order_and_as_they_are(repo: Path) -> None:
    commands = ["ruff check .", "FOO='a: b' pytest -q # all", "no", "- x", '"a" \\b', "é && {x} | y"]
    ended = mtor(
        repo, "init", "--action", ACTION, "--test", *commands[:2], "--test", *commands[2:3], f"--test={commands[3]}"
    )
    assert ended.code == 0, ended.err
    assert read((repo / SETTINGS).read_bytes())[0].test == tuple(commands[:4])
    text = render([Guess(command, "why") for command in commands], [Guess(commands[0], "")])
    assert read(text.encode())[0].setup == tuple(commands)


@pytest.mark.parametrize("command", ["", "  ", "a\nb", "a\x1b[2J", "a\udcff"])
def test_a_command_that_is_no_line_of_text_is_refused(repo: Path, command: str) -> None:
    assert mtor(repo, "init", "--action", ACTION, "--test", command).code == 64
    assert not (repo / ".github").exists()


@pytest.mark.parametrize("link", [".github", ".github/workflows", WORKFLOW, SETTINGS])
def test_nothing_is_written_through_a_symbolic_link(repo: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo / link).parent.mkdir(parents=True, exist_ok=True)
    (repo / link).symlink_to(outside / "file" if link.endswith(".yml") else outside)
    ended = mtor(repo, "init", "--action", ACTION, "--force")
    assert (ended.code, f"{link} is a symbolic link" in ended.err) == (3, True)
    assert list(outside.iterdir()) == []


def test_a_file_too_large_to_be_one_of_ours_is_not_read(repo: Path) -> None:
    (repo / ".github").mkdir()
    (repo / ".github/mtor.yml").touch()
    os.truncate(repo / ".github/mtor.yml", 8 << 30)
    ended = mtor(repo, "init", "--action", ACTION)
    assert (ended.code, ".github/mtor.yml has more than 1 MiB" in ended.err) == (3, True)


def test_it_works_from_a_folder_below_the_top_and_prints_one_object_as_json(repo: Path) -> None:
    (repo / "below").mkdir()
    ended = mtor(repo / "below", "init", "--action", ACTION, "--json")
    assert [(each["path"], each["state"], each["written"]) for each in ended.report["files"]] == [
        (WORKFLOW, "missing", True),
        (SETTINGS, "missing", True),
    ]
    assert ended.report["test"] == [{"command": "go test ./...", "why": "go.mod is there"}]
    assert (repo / WORKFLOW).exists()


@pytest.mark.parametrize("linter", [("actionlint",), ("zizmor", "--quiet", "--persona=pedantic", "--offline")])
@pytest.mark.parametrize("project", ["go", "everything"])
def test_linters_have_nothing_to_say_about_the_workflow(tmp_path: Path, linter: tuple[str, ...], project: str) -> None:
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    program = shutil.which(linter[0], path=places)
    if program is None:
        pytest.skip(f"{linter[0]} is not installed")
    repo = command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"} if project == "go" else everything())
    assert mtor(repo, "init", "--action", ACTION).code == 0
    if linter[0] == "actionlint":  # which does not know `queue` yet
        (repo / WORKFLOW).write_text(without_queue((repo / WORKFLOW).read_text()))
    done = subprocess.run([program, *linter[1:], WORKFLOW], cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout + done.stderr


def test_every_action_is_pinned_by_commit_and_no_input_reaches_a_shell(tmp_path: Path) -> None:
    repo = command_line.repository(tmp_path / "repo", everything())
    assert len(look(repo).steps) >= 5
    assert mtor(repo, "init", "--action", ACTION).code == 0
    text = (repo / WORKFLOW).read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert len(used) == 8
    for name, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)
        assert name == ACTION or re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    assert not re.findall(r"run: .*\$\{\{", text)
    assert text.count("\npermissions: {}\n") == 1


def test_keys_reach_only_the_step_that_works() -> None:
    import yaml

    from mtor_action.setup.workflow import keys_part
    from mtor_action.setup.workflow import render as render_workflow

    jobs = yaml.safe_load(render_workflow(ACTION, (), {"keys": keys_part(["XAI_API_KEY", "ZAI_API_KEY"])}))["jobs"]
    holding = [step["name"] for job in jobs.values() for step in job["steps"] if "_API_KEY" in str(step)]
    assert holding == ["Work"]
    assert "_API_KEY" not in str([{**job, "steps": []} for job in jobs.values()])
    # Who answers and who publishes also read the state of checks, for the issue of the night.
    rights = [{name: level for name, level in job["permissions"].items() if name != "checks"} for job in jobs.values()]
    assert [set(levels.values()) for levels in rights] == [{"write"}, {"write"}, {"read"}, {"write"}]
    assert [job["permissions"].get("checks") for job in jobs.values()] == ["read", None, None, "read"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
