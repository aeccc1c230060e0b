"""`mtor init --github` and `--remove` as processes, against the stand-in for GitHub, with real git."""

from __future__ import annotations

import os
import pty
import stat
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import command_line
from command_line import Ended, mtor
from scripted_runs import WARM_UP
from setup_samples import ACTION, OTHER_ACTION, SETTINGS, WORKFLOW
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Repository

SECRET = "sk-nobody-may-see-this-0123456789"
GH = """\
#!/bin/sh
echo "$@" >> "$GH_RECORD"
case "$1 $2" in
  "auth token") [ -n "$GH_LOGGED_IN_AS" ] && echo "$GH_LOGGED_IN_AS" && exit 0; exit 1 ;;
  "secret set") cat >> "$GH_RECORD.values"; [ -z "$GH_FAILS" ] || { echo "HTTP 403: $GH_FAILS" >&2; exit 1; } ;;
esac
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"})


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def there(repo: Path, github: GitHubSandbox) -> Repository:
    made = github.repository("acme/widget", {"go.mod": "module x\n"}, roles={"alice": "admin", "wendy": "write"})
    command_line.git(repo, "remote", "add", "origin", made.clone_url)
    return made


def on_github(repo: Path, github: GitHubSandbox, *options: str, token: str = "", **more: str) -> Ended:
    return mtor(repo, "init", "--github", *options, env=environment(github, token, **more), warm_up=WARM_UP)


def environment(github: GitHubSandbox, token: str = "", **more: str) -> dict[str, str]:
    known = {"GITHUB_SERVER_URL": github.url, "GITHUB_API_URL": github.api_url, **more}
    kept = command_line.environment(**known, **({"GH_TOKEN": token} if token else {}))
    return {name: value for name, value in kept.items() if name in known or name == "GH_TOKEN" or "_TOKEN" not in name}


def states(ended: Ended) -> dict[str, str]:
    """Each step's state, by its name."""
    rows: list[dict[str, Any]] = ended.report["steps"]
    return {row["name"]: row["state"] for row in rows}


def writes(github: GitHubSandbox) -> list[str]:
    return [f"{each.method} {each.template}" for each in github.requests if each.method != "GET"]


def with_gh(tmp_path: Path) -> dict[str, str]:
    """A `gh` that records its arguments and, apart from them, what it was given to store."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gh"
    program.write_text(GH)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "GH_RECORD": str(tmp_path / "gh")}


def test_everything_is_set_up_in_one_go_and_a_second_time_it_is_already(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    before, token = command_line.state(repo), there.token("alice").value
    there.actions_default_permission = "write"
    ended = on_github(repo, github, "--action", ACTION, "--model", "zai/glm-5.1", "--json", token=token)
    assert (ended.code, states(ended)) == (0, {"pull request": "done", "label": "done", "Actions": "done"}), ended.err
    (pull,) = [issue.pull for issue in there.issues.values() if issue.pull]
    assert (pull.head_ref, pull.base_ref) == ("mtor-init", "main")
    assert "go test ./..." in (pull.issue.body or "")
    workflow = there.read(WORKFLOW, "mtor-init") or ""
    assert f"uses: {ACTION}\n" in workflow
    assert "ZAI_API_KEY: ${{ secrets.ZAI_API_KEY }}" in workflow
    assert yaml.safe_load(there.read(SETTINGS, "mtor-init") or "")["implementer"] == ["zai/glm-5.1"]
    assert there.labels.keys() == {"mtor"}
    assert (there.actions_may_create_pulls, there.actions_default_permission) == (True, "write")
    assert command_line.state(repo) == before
    sent = len(writes(github))
    for _ in range(2):  # with the pull request open, and merged
        ended = on_github(repo, github, "--action", ACTION, "--model", "zai/glm-5.1", "--json", token=token)
        assert (ended.code, set(states(ended).values())) == (0, {"already"}), ended.out
        assert len(writes(github)) == sent
        there.commit({name: there.read(name, "mtor-init") for name in (WORKFLOW, SETTINGS)})


def test_a_dry_run_prints_each_request_and_sends_none(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    token = there.token("alice").value
    ended = on_github(repo, github, "--action", ACTION, "--secret", "ZAI_API_KEY", "--dry-run", token=token)
    assert ended.code == 0, ended.err
    for said in (
        "POST /repos/acme/widget/git/trees",
        "POST /repos/acme/widget/pulls: mtor-init into main",
        "POST /repos/acme/widget/labels",
        "PUT /repos/acme/widget/actions/permissions/workflow",
        "gh secret set ZAI_API_KEY --repo 127.0.0.1",
    ):
        assert said in ended.out
    assert writes(github) == []


@pytest.mark.parametrize(
    ("option", "step"),
    [("--no-pull-request", "pull request"), ("--no-label", "label"), ("--no-actions", "Actions")],
)
def test_each_step_can_be_left_out(
    repo: Path, there: Repository, github: GitHubSandbox, option: str, step: str
) -> None:
    ended = on_github(repo, github, "--action", ACTION, option, "--json", token=there.token("alice").value)
    others = {name: "done" for name in ("pull request", "label", "Actions") if name != step}
    assert states(ended) == {**others, step: "declined"}
    made = {"pull request": bool(there.issues), "label": bool(there.labels), "Actions": there.actions_may_create_pulls}
    assert made == {name: name != step for name in made}


@pytest.mark.parametrize(
    "pattern",
    [
        "POST /repos/*/git/trees",
        "POST /repos/*/git/commits",
        "POST /repos/*/git/refs",
        "POST /repos/*/pulls",
        "POST /repos/*/labels",
        "PUT /repos/*/actions/permissions/workflow",
    ],
)
def test_after_a_failure_in_the_middle_the_next_call_goes_on(
    repo: Path, there: Repository, github: GitHubSandbox, pattern: str
) -> None:
    token = there.token("alice").value
    github.faults.refuse(pattern, 422, "not today")
    failed = on_github(repo, github, "--action", ACTION, "--json", token=token)
    assert (failed.code, sorted(states(failed).values())) == (1, ["done", "done", "failed"]), failed.out
    assert "not today" in failed.out
    ended = on_github(repo, github, "--action", ACTION, "--json", token=token)
    assert (ended.code, sorted(states(ended).values())) == (0, ["already", "already", "done"]), ended.out
    assert len([issue for issue in there.issues.values() if issue.pull]) == 1


def test_without_admin_the_step_that_needs_it_says_so_and_the_others_are_done(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    ended = on_github(repo, github, "--action", ACTION, "--json", token=there.token("wendy").value)
    assert (ended.code, states(ended)) == (1, {"pull request": "done", "label": "done", "Actions": "failed"})
    (failed,) = [row for row in ended.report["steps"] if row["state"] == "failed"]
    assert "admin of the repository" in failed["text"]
    assert "--no-actions leaves it out" in failed["next_step"]


def test_a_token_that_may_only_read_is_told_the_right_of_each_step(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    token = there.token("alice", {"contents": "read", "issues": "read", "pull_requests": "read"}).value
    ended = on_github(repo, github, "--action", ACTION, "--json", token=token)
    assert (ended.code, set(states(ended).values())) == (1, {"failed"})
    for right in ("Workflows: write", "Issues: write", "Administration: write"):
        assert right in ended.out


def test_an_organisation_that_decides_is_named(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    there.organisation_decides_on_actions = True
    ended = on_github(repo, github, "--action", ACTION, token=there.token("alice").value)
    assert (ended.code, "ask an owner" in ended.out) == (1, True)
    assert there.actions_may_create_pulls is False


def test_somebodys_branch_of_that_name_is_left_alone(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    sha = there.commit({WORKFLOW: "name: mine\n"}, branch="mtor-init")
    ended = on_github(repo, github, "--action", ACTION, token=there.token("alice").value)
    assert (ended.code, "git push origin --delete mtor-init" in ended.out) == (1, True)
    assert there.head("mtor-init") == sha


def test_what_a_person_changed_in_the_open_pull_request_stays(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    token = there.token("alice").value
    assert on_github(repo, github, "--action", ACTION, token=token).code == 0
    sha = there.commit({SETTINGS: "test: [make it]\n"}, branch="mtor-init")
    ended = on_github(repo, github, "--action", ACTION, token=token)
    assert (ended.code, "left as they are" in ended.out) == (0, True)
    assert there.head("mtor-init") == sha


def test_an_update_comes_as_a_pull_request_too_after_the_first_was_squashed(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    token = there.token("alice").value
    assert on_github(repo, github, "--action", ACTION, token=token).code == 0
    there.commit({name: there.read(name, "mtor-init") for name in (WORKFLOW, SETTINGS)}, "squashed")
    (pull,) = [issue.pull for issue in there.issues.values() if issue.pull]
    pull.issue.close("alice")
    ended = on_github(repo, github, "--action", OTHER_ACTION, token=token)
    assert ended.code == 0, ended.out
    assert OTHER_ACTION in (there.read(WORKFLOW, "mtor-init") or "")
    assert [issue.title for issue in there.issues.values() if issue.pull] == ["Set up mtor", "Update mtor's set-up"]


def test_an_edited_file_of_the_working_tree_counts_and_an_old_one_does_not(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    token = there.token("alice").value
    command_line.put(repo, {SETTINGS: "test: [old]\n"})
    command_line.git(repo, "add", "-A")
    command_line.git(repo, "commit", "-q", "-m", "settings")
    there.commit({SETTINGS: "test: [newer]\n"})
    assert on_github(repo, github, "--action", ACTION, "--no-pull-request", token=token).code == 0
    ended = on_github(repo, github, "--action", ACTION, "--dry-run", token=token)
    assert f"mtor-init: {WORKFLOW}\n" in ended.out
    command_line.put(repo, {SETTINGS: "test: [edited]\n"})
    assert on_github(repo, github, "--action", ACTION, token=token).code == 0
    assert there.read(SETTINGS, "mtor-init") == "test: [edited]\n"


def test_the_token_and_secrets_go_through_gh_and_never_through_arguments(
    repo: Path, there: Repository, github: GitHubSandbox, tmp_path: Path
) -> None:
    gh = with_gh(tmp_path)
    options = ("--action", ACTION, "--model", "zai/glm-5.1", "--secret", "ZAI_API_KEY", "--json")
    ended = on_github(repo, github, *options, **gh)
    assert (ended.code, "gh auth login" in ended.err) == (3, True)
    logged_in = {**gh, "GH_LOGGED_IN_AS": there.token("alice").value}
    ended = on_github(repo, github, *options, **logged_in, ZAI_API_KEY=SECRET)
    assert (ended.code, states(ended)["secret"]) == (0, "done"), ended.out
    record = (tmp_path / "gh").read_text()
    assert f"secret set ZAI_API_KEY --repo {github.url.partition('://')[2]}/acme/widget" in record
    assert (tmp_path / "gh.values").read_text() == SECRET
    assert SECRET not in record + ended.out + ended.err
    there.secrets.append("ZAI_API_KEY")
    ended = on_github(repo, github, *options, **logged_in, ZAI_API_KEY="other")
    assert states(ended)["secret"] == "already"
    assert (tmp_path / "gh.values").read_text() == SECRET


def test_a_secret_comes_from_standard_input_too_and_only_one_does(
    repo: Path, there: Repository, github: GitHubSandbox, tmp_path: Path
) -> None:
    env = environment(github, there.token("alice").value, **with_gh(tmp_path))
    options = ("init", "--github", "--action", ACTION, "--json", "--secret", "ZAI_API_KEY")
    ended = mtor(repo, *options, stdin=SECRET.encode() + b"\n", env=env)
    assert (states(ended)["secret"], (tmp_path / "gh.values").read_text()) == ("done", SECRET)
    ended = mtor(repo, *options, "--secret", "XAI_API_KEY", stdin=SECRET.encode(), env=env)
    assert (ended.code, "standard input has only one" in ended.out) == (1, True)
    ended = mtor(repo, *options, stdin=b"", env=env)
    assert (ended.code, "ZAI_API_KEY has no value" in ended.out) == (1, True)


def test_what_gh_says_when_it_fails_is_passed_on_without_the_value(
    repo: Path, there: Repository, github: GitHubSandbox, tmp_path: Path
) -> None:
    more = {**with_gh(tmp_path), "GH_FAILS": f"no {SECRET}", "ZAI_API_KEY": SECRET}
    token = there.token("alice").value
    ended = on_github(repo, github, "--action", ACTION, "--secret", "ZAI_API_KEY", token=token, **more)
    assert (ended.code, "gh refused: HTTP 403" in ended.out, SECRET in ended.out + ended.err) == (1, True, False)


def test_without_gh_the_command_is_printed(repo: Path, there: Repository, github: GitHubSandbox) -> None:
    token = there.token("alice").value
    ended = on_github(
        repo, github, "--action", ACTION, "--secret", "ZAI_API_KEY", token=token, ZAI_API_KEY=SECRET, PATH=_without_gh()
    )
    assert (ended.code, "→ gh secret set ZAI_API_KEY --repo" in ended.out) == (1, True), ended.out
    assert SECRET not in ended.out + ended.err


def _without_gh() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not os.path.exists(f"{folder}/gh"))  # noqa: PTH110


@pytest.mark.parametrize("name", [SECRET, "a", "GITHUB_TOKEN", "A B", "A=b", ""])
def test_a_value_in_place_of_a_secrets_name_is_refused_and_not_printed(repo: Path, name: str) -> None:
    ended = mtor(repo, "init", "--github", "--secret", name)
    assert ended.code == 64
    assert name == "" or len(name) < 3 or name not in ended.err or name == "GITHUB_TOKEN"


@pytest.mark.parametrize(
    ("typed", "made"), [("y\ny\ny\n", [True, True, True]), ("n\n\nno\n", [False, True, False]), ("\x04", [False] * 3)]
)
def test_on_a_terminal_each_step_is_asked_for(
    repo: Path, there: Repository, github: GitHubSandbox, typed: str, made: list[bool]
) -> None:
    ours, theirs = pty.openpty()
    env = environment(github, there.token("alice").value)
    process = command_line.start_anew(
        repo, "init", "--github", "--action", ACTION, env=env, stdin=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode() + (b"\x04\x04" if typed == "\x04" else b""))
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, out
    assert [bool(there.issues), bool(there.labels), there.actions_may_create_pulls] == made, out


@pytest.mark.parametrize("options", [("--secret", "X"), ("--no-label",), ("--all",), ("--check", "--dry-run")])
def test_options_that_do_not_go_together_are_refused(repo: Path, options: tuple[str, ...]) -> None:
    assert mtor(repo, "init", "--action", ACTION, *options).code == 64


def test_a_remote_that_is_elsewhere_is_refused_before_a_token_is_sent(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    command_line.git(repo, "remote", "set-url", "origin", "https://elsewhere.example.org/acme/widget.git")
    ended = on_github(repo, github, "--action", ACTION, token=there.token("alice").value)
    assert (ended.code, "is not a repository at" in ended.err, github.requests) == (3, True, [])


def test_a_repository_without_a_commit_is_told_to_push_one(repo: Path, github: GitHubSandbox) -> None:
    empty = github.repository("acme/empty", roles={"alice": "admin"})
    empty.git.run("update-ref", "-d", "refs/heads/main")
    command_line.git(repo, "remote", "add", "origin", empty.clone_url)
    ended = on_github(repo, github, "--action", ACTION, token=empty.token("alice").value)
    assert (ended.code, "push a first one" in ended.out) == (1, True), ended.out + ended.err


def test_a_tag_is_taken_as_the_commit_that_it_is_and_stays_as_a_comment(repo: Path, github: GitHubSandbox) -> None:
    action = github.repository("ada/mtor", {"action.yml": "x\n"}, private=False)
    light, annotated = action.head(), action.commit({"action.yml": "y\n"})
    action.git.run("tag", "v1.0.0", str(light))
    action.git.run("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "x", "v1.1.0", annotated)
    env = environment(github)
    for tag, commit in (("v1.0.0", light), ("v1.1.0", annotated)):
        ended = mtor(repo, "init", "--force", "--action", f"ada/mtor@{tag}", env=env)
        assert ended.code == 0, ended.err
        assert (repo / WORKFLOW).read_text().count(f"uses: ada/mtor@{commit} # {tag}\n") == 4
        assert f"action: ada/mtor@{commit} # {tag} (from: --action, the tag {tag} as it is now)" in ended.out
        assert mtor(repo, "init", env=env).code == 0  # and so it is known from the file
    ended = mtor(repo, "init", "--action", "ada/mtor@main", env=env)
    assert (ended.code, "ada/mtor has no tag main" in ended.err, "git ls-remote --tags" in ended.err) == (
        64,
        True,
        True,
    )


def test_remove_on_github_takes_everything_back_by_a_pull_request(
    repo: Path, there: Repository, github: GitHubSandbox
) -> None:
    token = there.token("alice").value
    assert on_github(repo, github, "--action", ACTION, token=token).code == 0
    there.secrets.append("ZAI_API_KEY")
    ended = on_github(repo, github, "--remove", "--json", "--secret", "ZAI_API_KEY", token=token)
    assert (ended.code, set(states(ended).values())) == (0, {"done"}), ended.out  # the first one was never merged
    assert (there.head("mtor-init"), there.labels, there.secrets) == (None, {}, [])
    assert [issue.state for issue in there.issues.values()] == ["closed"]
    assert on_github(repo, github, "--action", ACTION, token=token).code == 0
    there.commit({name: there.read(name, "mtor-init") for name in (WORKFLOW, SETTINGS)})
    ended = on_github(repo, github, "--remove", "--all", "--dry-run", token=token)
    assert (ended.code, "DELETE /repos/acme/widget/labels/mtor" in ended.out, bool(there.labels)) == (0, True, True)
    ended = on_github(repo, github, "--remove", "--all", token=token)
    assert ended.code == 0, ended.out
    assert there.read(WORKFLOW, "mtor-remove") is None
    assert there.read(SETTINGS, "mtor-remove") is None
    assert there.read("go.mod", "mtor-remove") == "module x\n"
    again = on_github(repo, github, "--remove", "--all", "--json", token=token)
    assert set(states(again).values()) == {"already"}
