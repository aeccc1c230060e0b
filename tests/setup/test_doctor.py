"""`mtor doctor` as a process: in real repositories, against the stand-ins for GitHub and for a model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

import command_line
from command_line import Ended, mtor
from scripted_runs import WARM_UP
from setup_samples import ACTION, OTHER_ACTION, SETTINGS, WORKFLOW
from standins.github import GitHubSandbox
from standins.model import ModelServer, fault, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Repository

MODEL = "deepseek/deepseek-chat"
SECRET = "sk-nobody-may-see-this"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A Go project that was set up and committed."""
    root = command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"})
    assert mtor(root, "init", "--action", ACTION).code == 0
    return committed(root)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def there(repo: Path, github: GitHubSandbox) -> Repository:
    """The repository on GitHub, as `repo`'s origin, with nothing wrong."""
    files = {name: (repo / name).read_text() for name in ("go.mod", WORKFLOW, SETTINGS)}
    made = github.repository("acme/widget", files, roles={"alice": "admin"})
    made.actions_may_create_pulls = True
    made.issue("x", by="alice").label("mtor", by="alice")
    command_line.git(repo, "remote", "add", "origin", made.clone_url)
    return made


def committed(root: Path) -> Path:
    command_line.git(root, "add", "-A")
    command_line.git(root, "commit", "-q", "--allow-empty", "-m", "more")
    return root


def on_github(repo: Path, github: GitHubSandbox, token: str, *options: str, **more: str) -> Ended:
    known = {"GITHUB_SERVER_URL": github.url, "GITHUB_API_URL": github.api_url, "GH_TOKEN": token}
    return doctor(repo, *options, **known, **more)


def doctor(repo: Path, *options: str, **more: str) -> Ended:
    """`mtor doctor OPTIONS` by a process that has loaded the model library already."""
    return command_line.forked(WARM_UP, repo, ["doctor", *options], environment(**more))


def environment(**more: str) -> dict[str, str]:
    """Without anybody's keys and tokens."""
    kept = command_line.environment(**more)
    return {name: value for name, value in kept.items() if name in more or not name.endswith(("_KEY", "_TOKEN"))}


def findings(ended: Ended, name: str) -> list[tuple[str, str]]:
    """Verdict and words of the findings of that name."""
    rows: list[dict[str, Any]] = ended.report["findings"]
    return [(row["verdict"], row["what"] + " → " + row["next_step"]) for row in rows if row["name"] == name]


def test_a_repository_that_was_set_up_has_nothing_wrong(repo: Path) -> None:
    before = command_line.state(repo)
    ended = mtor(repo, "doctor", env=environment())
    assert ended.code == 0, ended.out
    assert "✗" not in ended.out
    assert "no problems" in ended.out
    for said in ("go test ./...", "on HEAD, up to date", "clean, on main", "none is named"):
        assert said in ended.out
    assert command_line.state(repo) == before


def test_every_fault_is_found_in_one_go_each_with_its_next_step(repo: Path) -> None:
    command_line.put(repo, {SETTINGS: "tset: x\nbudget: 5\n", WORKFLOW: (repo / WORKFLOW).read_text() + "# more\n"})
    committed(repo)
    command_line.put(repo, {"go.mod": "module y\n"})
    ended = mtor(repo, "doctor", "--json", env=environment())
    wrong = [row for row in ended.report["findings"] if row["verdict"] == "wrong"]
    assert (ended.code, [row["name"] for row in wrong]) == (1, ["working tree", "workflow", "settings", "settings"])
    assert all(row["next_step"] for row in wrong)
    assert "modified: go.mod" in wrong[0]["what"]
    assert f"{SETTINGS}:1:1" in wrong[2]["what"]
    assert [verdict for verdict, _ in findings(ended, "keys")] == ["unknown"]


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ("base: main\n", "wrong", "no `test`"),
        ("test: []\n", "unknown", "untested"),
        ("test: [a, b]\n", "fine", "a; b"),
    ],
)
def test_the_settings_must_say_how_to_test(repo: Path, settings: str, verdict: str, said: str) -> None:
    command_line.put(repo, {SETTINGS: settings})
    ended = mtor(committed(repo), "doctor", "--json", env=environment())
    ((found, what),) = findings(ended, "tests")
    assert (found, said in what, ended.code) == (verdict, True, int(verdict == "wrong"))


def test_fix_ci_without_a_workflow_that_listens_is_said(repo: Path) -> None:
    settings = (repo / SETTINGS).read_text()
    assert " fix_ci " not in doctor(repo).out
    (repo / SETTINGS).write_text(f"{settings}fix_ci: true\n")
    committed(repo)
    assert "only the App would hear them" in doctor(repo).out
    text = (repo / WORKFLOW).read_text()
    for line in ("workflow_run:", "  workflows: [CI]", "  types: [completed]"):
        text = text.replace(f"  # {line}", f"  {line}")
    (repo / WORKFLOW).write_text(text)
    committed(repo)
    assert "the workflow listens to checks" in doctor(repo).out
    assert mtor(repo, "init", "--check", "--action", ACTION).code == 0


def test_the_workflow_counts_where_the_default_branch_is(repo: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    command_line.git(tmp_path, "clone", "-q", str(repo), str(clone))
    ended = mtor(clone, "doctor", "--json", env=environment())
    assert findings(ended, "workflow") == [("fine", "on origin/main, up to date → ")]
    command_line.git(repo, "rm", "-q", "-r", ".github/workflows")
    committed(repo)
    command_line.git(clone, "fetch", "-q")
    ended = mtor(clone, "doctor", "--json", env=environment())
    assert findings(ended, "workflow") == [
        ("wrong", f"{WORKFLOW} is not on origin/main → commit it and push it to origin/main")
    ]


def test_outside_a_repository_it_still_looks_at_the_machine(tmp_path: Path) -> None:
    ended = mtor(tmp_path, "doctor", "--json", env=environment())
    assert ended.code == 1
    assert [verdict for verdict, _ in findings(ended, "git")] == ["fine"]
    assert "not in a git repository" in findings(ended, "repository")[0][1]


@pytest.mark.parametrize("said", ["git version 2.30.1", "", "git version x"])
def test_an_old_git_is_wrong(tmp_path: Path, said: str) -> None:
    program = tmp_path / "bin/git"
    command_line.put(tmp_path, {"bin/git": f"#!/bin/sh\necho '{said}'\n"})
    program.chmod(0o755)
    env = environment(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    ((verdict, what),) = findings(mtor(tmp_path, "doctor", "--json", env=env), "git")
    assert (verdict, "install git 2.39 or later" in what) == ("wrong", True)


def test_without_git_without_useradd_and_sudo_it_says_so(tmp_path: Path) -> None:
    ended = mtor(tmp_path, "doctor", "--json", env=environment(PATH=str(tmp_path)))
    assert findings(ended, "git")[0][0] == "wrong"
    assert [verdict for verdict, _ in findings(ended, "isolation")] in (["unknown"], ["fine"])


def with_model(repo: Path, model: str = MODEL) -> Path:
    command_line.put(repo, {SETTINGS: f"test: [go test]\nimplementer: {model}\n"})
    assert mtor(repo, "init", "--force").code == 0
    return committed(repo)


def test_a_key_that_github_has_and_the_workflow_does_not_pass_on_is_wrong(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    without_key = (repo / WORKFLOW).read_text()
    with_model(repo)
    command_line.put(repo, {WORKFLOW: without_key})
    committed(repo)
    there.secrets.append("DEEPSEEK_API_KEY")
    ended = on_github(repo, github, there.token("alice").value, "--json")
    ((verdict, said),) = findings(ended, "secrets")
    assert (verdict, "does not pass on DEEPSEEK_API_KEY" in said, "mtor init --force" in said) == ("wrong", True, True)


def test_a_model_needs_its_key_and_the_key_is_never_shown(repo: Path) -> None:
    with_model(repo, "[deepseek/deepseek-chat, zai/glm-4.6]")
    ended = doctor(repo, "--json", DEEPSEEK_API_KEY=SECRET)
    first, second = findings(ended, "model")
    assert (ended.code, first[0], second[0]) == (1, "fine", "wrong")
    assert "gh secret set ZAI_API_KEY" in second[1]
    assert findings(ended, "answers")[0][0] == "unknown"
    assert SECRET not in ended.out + ended.err


def test_a_model_that_nobody_has_is_wrong(repo: Path) -> None:
    ended = doctor(with_model(repo, "nobody/nothing"), "--json")
    assert (ended.code, findings(ended, "model")[0][0]) == (1, "wrong")


def test_online_each_model_is_asked_one_tiny_thing(repo: Path) -> None:
    with_model(repo, "[deepseek/deepseek-chat, deepseek/deepseek-reasoner]")
    with ModelServer([say("OK"), fault(401, "bad key")]) as server:
        options = ("--online", "--json", "--api-base", server.api_base)
        ended = doctor(repo, *options, DEEPSEEK_API_KEY=SECRET)
    assert [verdict for verdict, _ in findings(ended, "answers")] == ["fine", "wrong"]
    assert [request.body["max_tokens"] for request in server.requests] == [64, 64]
    assert ended.code == 1
    assert SECRET not in ended.out + ended.err


def test_on_github_everything_is_looked_at(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    with_model(repo)
    there.organization_secrets.append("DEEPSEEK_API_KEY")
    there.rules_elsewhere.append("deletion")
    ended = on_github(repo, github, there.token("alice").value, "--json")
    names = [row["name"] for row in ended.report["findings"] if row["section"] == "on GitHub"]
    assert " ".join(names) == (
        "GitHub server workflow inputs run-name action Actions publishing label branches signatures secrets"
    )
    assert [row["what"] for row in ended.report["findings"] if row["verdict"] == "wrong"] == []
    # The key is not set here, but GitHub has it.
    assert findings(ended, "model")[0][0] == "unknown"
    assert "GITHUB_TOKEN" in findings(ended, "publishing")[0][1]
    assert {each.method for each in github.requests if not each.path.endswith("/graphql")} == {"GET"}
    assert all(each.body["query"].startswith("query") for each in github.requests if each.method == "POST")


def test_on_github_every_fault_has_its_next_step(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    with_model(repo)
    there.actions_may_create_pulls = False
    there.labels.clear()
    there.rules_elsewhere.append("pull_request")
    there.disabled_workflows.add(WORKFLOW)
    ended = on_github(repo, github, there.token("alice").value, "--json")
    wrong = {row["name"]: row["next_step"] for row in ended.report["findings"] if row["verdict"] == "wrong"}
    assert wrong == {
        "workflow": "gh workflow enable mtor.yml",
        "publishing": "Settings → Actions → General: allow GitHub Actions to create pull requests",
        "label": "gh label create mtor",
        "branches": "Settings → Rules: exempt mtor/** there, or let the App bypass it",
        "secrets": "gh secret set DEEPSEEK_API_KEY",
    }
    with_model(repo, "[]")
    there.actions_enabled = False
    there.actions_may_create_pulls = True
    there.variables["MTOR_BOT_URL"] = "https://mtor.example.org"
    ended = on_github(repo, github, there.token("alice").value, "--json")
    assert findings(ended, "publishing")[0] == ("fine", "with the App at https://mtor.example.org → ")
    assert findings(ended, "Actions")[0][0] == "wrong"


def test_what_a_token_may_not_see_is_said_and_is_not_wrong(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    with_model(repo)
    token = there.token("github-actions[bot]", {"contents": "read", "issues": "read", "actions": "read"})
    ended = on_github(repo, github, token.value, "--json")
    hidden = [row for row in ended.report["findings"] if row["what"] == "this token may not see it"]
    assert {row["name"] for row in hidden} >= {"Actions", "publishing", "secrets"}
    assert all("Settings" in row["next_step"] for row in hidden)
    assert ended.code == 0


@pytest.mark.parametrize("token", ["", "ghp_expired"])
def test_without_a_good_token_github_is_not_looked_at_further(
    repo: Path, there: Repository, github: GitHubSandbox, token: str
) -> None:
    ended = on_github(repo, github, token, "--json")
    (found,) = [row for row in ended.report["findings"] if row["section"] == "on GitHub"]
    assert (found["verdict"], ended.code) == (("wrong", 1) if token else ("unknown", 0))
    assert there.full_name in found["what"]
    assert len(github.requests) == (1 if token else 0)


def test_a_github_that_does_not_answer_is_said_in_one_line(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    url, token = there.world.url, there.token("alice").value
    with GitHubSandbox(repo.parent / "gone") as gone:
        closed = gone.api_url
    env = environment(GITHUB_SERVER_URL=url, GITHUB_API_URL=closed, GITHUB_TOKEN=token)
    ended = mtor(repo, "doctor", "--json", env=env)
    ((verdict, what),) = findings(ended, "GitHub")
    assert (ended.code, verdict, "cannot be reached" in what) == (1, "wrong", True)
    assert token not in ended.out + ended.err
    assert github.requests == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@github.com:ada/mtor.git", "ada/mtor"),
        ("https://token@github.com/ada/mtor", "ada/mtor"),
        ("ssh://git@github.com:22/ada/mtor.git", "ada/mtor"),
        ("https://github.com.evil.example.org/ada/mtor", ""),
        ("git@evil.example.org:ada/mtor", ""),
        ("https://github.com/ada/mtor/../../x", ""),
        ("/srv/git/mtor.git", ""),
        ("https://[broken/ada/mtor", ""),
    ],
)
def test_the_repository_is_that_of_origin_on_the_server_that_is_talked_to(repo: Path, url: str, name: str) -> None:
    command_line.git(repo, "remote", "add", "origin", url)
    ended = mtor(repo, "doctor", "--json", env=environment())
    ((verdict, what),) = findings(ended, "GitHub")
    assert verdict == "unknown"
    assert what.startswith(f"{name} was not checked" if name else "the remote `origin` is not a repository at https")


def test_hostile_text_reaches_no_terminal_as_it_is(repo: Path) -> None:
    command_line.put(repo, {SETTINGS: 'test: ["\x1b[2Jclear", "::set-env name=x::y"]\n\x1b]0;title\x07: 1\n'})
    ended = mtor(committed(repo), "doctor", env=environment())
    assert "\x1b" not in ended.out
    assert "\n::" not in ended.out


def test_the_workflow_has_the_name_that_runs_are_found_by(there: Repository, github: GitHubSandbox) -> None:
    import httpx

    headers = {"Authorization": f"Bearer {there.token('alice').value}"}
    for inputs in ({"issue": "12"}, {"issue": "12", "job": "a-1", "attempt": "2"}):
        url = f"{github.api_url}/repos/acme/widget/actions/workflows/mtor.yml/dispatches"
        assert httpx.post(url, headers=headers, json={"ref": "main", "inputs": inputs}).is_success
    dispatched = [run for run in there.runs.values() if run.event == "workflow_dispatch"]
    assert [run.display_title for run in dispatched] == ["mtor #12", "mtor #12 a-1.2"]


def test_an_update_elsewhere_is_seen(repo: Path) -> None:
    """What `mtor init --check` says of a newer action, the doctor says too once this program comes from it."""
    info = {"mtor_bot-9.dist-info/METADATA": "Name: mtor-bot\nVersion: 9\n"}
    repository, _, commit = OTHER_ACTION.partition("@")
    origin = f'{{"url": "https://github.com/{repository}", "vcs_info": {{"vcs": "git", "commit_id": "{commit}"}}}}'
    command_line.put(repo.parent / "new", {**info, "mtor_bot-9.dist-info/direct_url.json": origin})
    ended = mtor(repo, "doctor", "--json", env=environment(PYTHONPATH=str(repo.parent / "new")))
    assert findings(ended, "workflow")[0][0] == "wrong"
