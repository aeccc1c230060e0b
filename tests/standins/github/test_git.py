from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from standins.github.commits import EMPTY_TREE
from standins.github.git import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

    from github_scene import Scene

R = "/repos/acme/widget"
WHO = ["-c", "user.name=w", "-c", "user.email=w@localhost"]


def git(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and what git says."""
    environment = {**ENVIRONMENT, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return done.returncode, done.stdout + done.stderr


def clone(scene: Scene, folder: Path, token: str) -> Path:
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    header = f"http.extraheader=AUTHORIZATION: basic {basic}"
    code, said = git(folder, "clone", "--quiet", "--config", header, scene.repository.clone_url, "work")
    assert code == 0, said
    return folder / "work"


def commit(work: Path, path: str, branch: str) -> None:
    target = work / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("changed\n")
    for arguments in (["checkout", "-q", "-B", branch], ["add", "."], ["commit", "-q", "-m", f"change {path}"]):
        code, said = git(work, *arguments)
        assert code == 0, said


@pytest.mark.parametrize(
    ("permissions", "branch", "path", "said"),
    [
        ({"contents": "write"}, "mtor/1", "b.py", ""),
        ({"contents": "write"}, "main", "b.py", "GH006: Protected branch update failed for refs/heads/main"),
        ({"contents": "write"}, "mtor/1", ".github/workflows/x.yml", "without `workflows` permission"),
        ({"contents": "write", "workflows": "write"}, "mtor/1", ".github/workflows/x.yml", ""),
        ({"contents": "read"}, "mtor/1", "b.py", "Permission to acme/widget.git denied to mtor[bot]"),
    ],
)
def test_a_push_obeys_permissions_protection_and_the_rule_about_workflows(
    scene: Scene, tmp_path: Path, permissions: dict[str, str], branch: str, path: str, said: str
) -> None:
    scene.repository.protect("main")
    before = scene.repository.git.refs()
    work = clone(scene, tmp_path, scene.repository.token("mtor[bot]", permissions).value)
    commit(work, path, branch)
    code, output = git(work, "push", "origin", branch)
    assert said in output
    assert (code == 0) == (said == "")
    assert scene.repository.read(path, branch) == ("changed\n" if code == 0 else None)
    assert code == 0 or scene.repository.git.refs() == before


@pytest.mark.parametrize("suffix", ["", ".git"])
def test_nobody_fetches_a_private_repository_and_anybody_a_public_one(
    scene: Scene, tmp_path: Path, suffix: str
) -> None:
    url = scene.repository.clone_url.removesuffix(".git") + suffix
    assert git(tmp_path, "ls-remote", url)[0] != 0
    scene.repository.private = False
    assert "refs/heads/main" in git(tmp_path, "ls-remote", url)[1]
    assert git(tmp_path, "ls-remote", scene.repository.clone_url.replace("widget", "nothing"))[0] != 0


def test_an_archived_repository_takes_no_push(scene: Scene, tmp_path: Path) -> None:
    work = clone(scene, tmp_path, scene.repository.token("alice").value)
    scene.repository.archive()
    commit(work, "b.py", "x")
    code, said = git(work, "push", "origin", "x")
    assert code != 0
    assert "archived" in said


def test_a_push_moves_the_head_of_its_pull_request(scene: Scene, tmp_path: Path) -> None:
    scene.repository.commit({"b.py": "1\n"}, branch="x")
    pull = scene.repository.pull_request("x").json()
    work = clone(scene, tmp_path, scene.repository.token("alice").value)
    assert git(work, "checkout", "-q", "x")[0] == 0
    commit(work, "c.py", "x")
    assert git(work, "push", "-q", "origin", "x")[0] == 0
    shown = scene.bot().call(f"GET {R}/pulls/{pull['number']}").json()
    assert shown["head"]["sha"] == scene.repository.head("x") != pull["head"]["sha"]
    assert (shown["commits"], shown["changed_files"]) == (2, 2)


def test_trees_commits_and_refs_made_through_the_api_are_real(scene: Scene, tmp_path: Path) -> None:
    repository, bot = scene.repository, scene.bot()
    base = repository.head()
    blob = bot.call(f"POST {R}/git/blobs", {"content": "aGkK", "encoding": "base64"}).json()["sha"]
    entries = [
        {"path": "deep/new.sh", "mode": "100755", "type": "blob", "sha": blob},
        {"path": "a.py", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = bot.call(f"POST {R}/git/trees", {"base_tree": base, "tree": entries}).json()["sha"]
    made = bot.call(f"POST {R}/git/commits", {"message": "by the bot", "tree": tree, "parents": [base]}).json()
    assert made["verification"]["verified"]
    assert bot.call(f"POST {R}/git/refs", {"ref": "refs/heads/mtor/1", "sha": made["sha"]}).status_code == 201
    work = clone(scene, tmp_path, repository.token("alice").value)
    assert git(work, "checkout", "-q", "mtor/1")[0] == 0
    assert (work / "deep" / "new.sh").read_text() == "hi\n"
    assert not (work / "a.py").exists()
    compared = bot.call(f"GET {R}/compare/main...mtor/1").json()
    assert (compared["status"], compared["ahead_by"], len(compared["files"])) == ("ahead", 1, 2)


@pytest.mark.parametrize(
    ("line", "body", "status", "message"),
    [
        ("POST git/refs", {"ref": "refs/heads/x", "sha": "0" * 39 + "1"}, 422, "Object does not exist"),
        ("POST git/refs", {"ref": "refs/heads/main", "sha": "HEAD"}, 422, "Reference already exists"),
        ("PATCH git/refs/heads/main", {"sha": "ORPHAN"}, 422, "Update is not a fast forward"),
        ("PATCH git/refs/heads/main", {"sha": "ORPHAN", "force": True}, 200, ""),
        ("PATCH git/refs/heads/safe", {"sha": "CHILD"}, 409, "Repository rule violations found"),
        ("PATCH git/refs/heads/none", {"sha": "HEAD"}, 422, "Reference does not exist"),
        ("POST git/trees", {"tree": [{"path": "../x", "mode": "100644", "content": ""}]}, 422, "malformed path"),
        ("POST git/trees", {"tree": [{"path": ".GIT/x", "mode": "100644", "content": ""}]}, 422, "malformed path"),
        ("PUT contents/.git/config", {"message": "m", "content": ""}, 422, "malformed path"),
        ("PUT contents/..%2fx", {"message": "m", "content": ""}, 422, "malformed path"),
        ("POST git/refs", {"ref": "refs/heads/a b..c", "sha": "HEAD"}, 422, "Validation Failed"),
        ("POST git/commits", {"message": "m", "tree": "HEAD"}, 422, "Tree SHA does not exist"),
        ("PUT contents/a.py", {"message": "m", "content": ""}, 422, "wasn't supplied"),
        ("PUT contents/a.py", {"message": "m", "content": "", "sha": "HEAD"}, 409, "does not match"),
        ("PUT contents/.github/workflows/y.yml", {"message": "m", "content": ""}, 403, "not accessible"),
    ],
)
def test_the_git_database_refuses_what_git_and_the_rules_refuse(
    scene: Scene, line: str, body: dict[str, object], status: int, message: str
) -> None:
    scene.repository.git.run("hash-object", "-w", "-t", "tree", "--stdin")
    git_, head = scene.repository.git, scene.repository.head() or ""
    tree = git_.line("rev-parse", f"{head}^{{tree}}")
    names = {"HEAD": head, "ORPHAN": git_.line("commit-tree", EMPTY_TREE, "-m", "orphan"),
             "CHILD": git_.line("commit-tree", tree, "-p", head, "-m", "child")}  # fmt: skip
    git_.run("update-ref", "refs/heads/safe", head)
    scene.repository.protect("safe")
    method, path = line.split()
    sent = {key: names.get(str(value), value) for key, value in body.items()}
    answer = scene.bot().call(f"{method} {R}/{path}", sent)
    assert answer.status_code == status
    assert message in answer.json().get("message", "")


def test_a_renamed_default_branch_is_shown_and_the_old_one_is_gone(scene: Scene) -> None:
    scene.repository.rename_default_branch("trunk")
    bot = scene.bot()
    assert bot.call(f"GET {R}").json()["default_branch"] == "trunk"
    assert bot.call(f"GET {R}/branches/main").status_code == 404
    assert bot.call(f"GET {R}/contents/a.py").json()["type"] == "file"
