"""`mtor doctor` as a process against the stand-in: what on GitHub keeps a night from publishing, on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import command_line
from command_line import mtor
from mtor_action.github.enterprise_server import is_enterprise_server
from mtor_action.setup.checks.branch_rules import covers
from scripted_runs import WARM_UP
from setup_samples import ACTION, SETTINGS, WORKFLOW
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Repository

BOX = "Settings → Actions → General: allow GitHub Actions to create pull requests"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"})
    assert mtor(root, "init", "--action", ACTION).code == 0
    command_line.git(root, "add", "-A")
    command_line.git(root, "commit", "-q", "-m", "set up")
    return root


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def there(repo: Path, github: GitHubSandbox) -> Repository:
    """The repository on GitHub, as `repo`'s origin, with nothing wrong."""
    files = {name: (repo / name).read_text() for name in ("go.mod", WORKFLOW, SETTINGS)}
    made = github.repository("acme/widget", files, roles={"alice": "admin", "carol": "write"})
    made.actions_may_create_pulls = True
    made.issue("x", by="alice").label("mtor", by="alice")
    command_line.git(repo, "remote", "add", "origin", made.clone_url)
    return made


class Doctor:
    """What `mtor doctor` finds, each time anew."""

    def __init__(self, repo: Path, github: GitHubSandbox, there: Repository) -> None:
        self.repo, self.github, self.there = repo, github, there

    def find(self, name: str, by: str = "alice") -> tuple[str, str, str]:
        """Verdict, words and next step of the one finding of that name."""
        known = {"GITHUB_SERVER_URL": self.github.url, "GITHUB_API_URL": self.github.api_url}
        env = command_line.environment(**known, GH_TOKEN=self.there.token(by).value)
        ended = command_line.forked(WARM_UP, self.repo, ["doctor", "--json"], env)
        rows: list[dict[str, Any]] = [
            row for row in ended.report["findings"] if (row["section"], row["name"]) == ("on GitHub", name)
        ]
        assert len(rows) == 1, ended.out
        return rows[0]["verdict"], rows[0]["what"], rows[0]["next_step"]


@pytest.fixture
def doctor(repo: Path, github: GitHubSandbox, there: Repository) -> Doctor:
    return Doctor(repo, github, there)


@pytest.mark.parametrize("where", ["variables", "organization_variables"])
@pytest.mark.parametrize(("name", "account"), [("MTOR_BOT_URL", "https://mtor.example"), ("MTOR_APP_ID", "4242")])
def test_with_the_app_github_actions_must_still_open_what_a_model_wrote(
    doctor: Doctor, where: str, name: str, account: str
) -> None:
    getattr(doctor.there, where)[name] = account
    verdict, words, _step = doctor.find("publishing")
    assert (verdict, account in words) == ("fine", True)
    doctor.there.actions_may_create_pulls = False
    verdict, words, step = doctor.find("publishing")
    assert (verdict, step) == ("wrong", BOX)
    assert account in words
    assert "GITHUB_TOKEN" in words


def test_an_app_that_polls_gives_no_tokens_so_ci_waits(doctor: Doctor) -> None:
    doctor.there.variables["MTOR_BOT_URL"] = "polling"
    verdict, words, _step = doctor.find("publishing")
    assert (verdict, words) == (
        "fine",
        "with GITHUB_TOKEN: CI of pull requests waits until someone presses Approve workflows to run",
    )
    doctor.there.variables["MTOR_APP_ID"] = "4242"
    assert "4242" in doctor.find("publishing")[1]


def test_a_variable_of_the_repository_overrides_its_organizations(doctor: Doctor) -> None:
    doctor.there.organization_variables["MTOR_BOT_URL"] = "https://old.example"
    doctor.there.variables["MTOR_BOT_URL"] = "https://new.example"
    assert "https://new.example" in doctor.find("publishing")[1]


@pytest.mark.parametrize(
    ("field", "shown"), [("rules", "main"), ("rules_elsewhere", "mtor/**")], ids=["on the base", "on mtor/**"]
)
def test_a_ruleset_that_requires_signed_commits_is_named(doctor: Doctor, field: str, shown: str) -> None:
    assert doctor.find("signatures") == ("fine", "signed commits are not required", "")
    getattr(doctor.there, field).append("required_signatures")
    verdict, words, step = doctor.find("signatures")
    assert verdict == "unknown"
    assert f"required on {shown}: GitHub signs" in words
    assert "report" in step
    assert doctor.find("branches")[0] == "fine"  # GitHub signs what mtor makes: it is not in the way


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [("main", "main"), ("m*", "main"), ("mtor/*", "mtor/**"), ("**/*", "mtor/**, main"), ("release", "")],
)
def test_classic_protection_that_requires_signed_commits_is_named(doctor: Doctor, pattern: str, shown: str) -> None:
    doctor.there.protection_rules[pattern] = {"requiresCommitSignatures"}
    _verdict, words, _step = doctor.find("signatures")
    assert words.startswith(f"signed commits are required on {shown}:") is bool(shown)


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("requiresApprovingReviews", "pushing without a pull request"),
        ("restrictsPushes", "pushing"),
        ("lockBranch", "pushing"),
        ("blocksCreations", "creating branches"),
    ],
)
def test_classic_protection_of_mtors_branches_is_in_the_way(doctor: Doctor, flag: str, words: str) -> None:
    doctor.there.protection_rules["main"] = {flag}
    assert doctor.find("branches")[0] == "fine"
    doctor.there.protection_rules["mtor/**/*"] = {flag}
    verdict, found, step = doctor.find("branches")
    assert (verdict, found) == ("wrong", f"classic branch protection forbids {words} on mtor/**")
    assert "Settings → Branches" in step


def test_who_may_not_see_classic_protection_is_told_where_to_look(doctor: Doctor) -> None:
    for name in ("branches", "signatures"):
        verdict, words, step = doctor.find(name, by="carol")
        assert (verdict, "may not see classic protection" in words, "Settings → Branches" in step) == (
            "unknown",
            True,
            True,
        )


def test_an_action_in_a_private_repository_must_be_shared(doctor: Doctor) -> None:
    owner, _, name = ACTION.partition("@")[0].partition("/")
    assert doctor.find("action")[0] == "unknown"  # nobody sees it
    home = doctor.github.repository(f"{owner}/{name}", {"action.yml": "name: mtor\n"}, roles={"alice": "admin"})
    home.private = True
    verdict, words, step = doctor.find("action")
    assert (verdict, "lets no other repository" in words) == ("wrong", True)
    assert "Accessible from repositories in the organization" in step
    home.actions_access = "organization"
    assert doctor.find("action")[0] == "wrong"  # another organization's
    doctor.there.private = False
    assert "a public repository cannot" in doctor.find("action")[1]
    home.private = False
    assert doctor.find("action")[:2] == ("fine", f"{owner}/{name} is public")


def test_an_action_of_the_same_owner_may_be_shared_in_the_organization(doctor: Doctor) -> None:
    text = (doctor.there.read(WORKFLOW) or "").replace(ACTION.partition("@")[0], "acme/mtor")
    doctor.there.commit({WORKFLOW: text})
    home = doctor.github.repository("acme/mtor", {"action.yml": "name: mtor\n"}, roles={"alice": "admin"})
    home.private = True
    assert doctor.find("action")[0] == "wrong"
    home.actions_access = "organization"
    assert doctor.find("action")[0] == "fine"


def test_a_workflow_that_is_older_than_what_the_app_sends(doctor: Doctor) -> None:
    assert doctor.find("inputs")[0] == "fine"
    text = doctor.there.read(WORKFLOW) or ""
    first, _, rest = text.partition("      requester:\n")
    doctor.there.commit({WORKFLOW: first + "      coaching:\n" + rest.partition("      coaching:\n")[2]})
    verdict, words, step = doctor.find("inputs")
    assert (verdict, "lacks requester" in words, "mtor init --force" in step) == ("wrong", True, True)


@pytest.mark.parametrize("line", ["run-name: mtor for ${{ inputs.issue }}\n", "", "run-name: [1, 2]\n"])
def test_an_edited_run_name_is_found(doctor: Doctor, line: str) -> None:
    assert doctor.find("run-name")[0] == "fine"
    lines = (doctor.there.read(WORKFLOW) or "").splitlines(keepends=True)
    edited = "".join(line if each.startswith("run-name:") else each for each in lines)
    doctor.there.commit({WORKFLOW: edited})
    verdict, _words, step = doctor.find("run-name")
    assert (verdict, "write run-name: " in step and "mtor #" in step) == ("wrong", True)


@pytest.mark.parametrize(
    "text", ["- a\n", "on: [x]\njobs: 3\n", "a: &a [*a]\n", "%\x00\n", "on: {workflow_dispatch: []}\n"]
)
def test_a_workflow_that_is_anything_at_all_crashes_nothing(doctor: Doctor, text: str) -> None:
    doctor.there.commit({WORKFLOW: text})
    assert doctor.find("run-name")[0] == "wrong"
    assert doctor.find("inputs")[0] == "wrong"


def test_enterprise_server_is_refused_with_the_reason(doctor: Doctor) -> None:
    assert doctor.find("server")[0] == "fine"
    doctor.there.world.enterprise_version = "3.19.1"
    verdict, words, step = doctor.find("server")
    assert verdict == "wrong"
    assert "upload-artifact v4 and later do not work there (this is 3.19.1)" in words
    assert "ghe.com" in step


@pytest.mark.parametrize(
    ("name", "value"), [("GITHUB_SERVER_URL", "https://git.acme.example"), ("GH_HOST", "git.acme.example")]
)
def test_init_refuses_enterprise_server_too(repo: Path, name: str, value: str) -> None:
    (repo / WORKFLOW).unlink()
    ended = mtor(repo, "init", "--action", ACTION, env=command_line.environment(**{name: value}))
    assert ended.code != 0
    assert "does not run on GitHub Enterprise Server" in ended.err
    assert not (repo / WORKFLOW).exists()
    env = command_line.environment(**{name: value.replace("git.acme.example", "acme.ghe.com")})
    assert mtor(repo, "init", "--action", ACTION, env=env).code == 0


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://github.com", False),
        ("https://GitHub.com", False),
        ("https://acme.ghe.com", False),
        ("https://ghe.com.evil.example", True),
        ("https://github.com.evil.example", True),
        ("https://git.acme.example", True),
        ("http://127.0.0.1:8080", False),
        ("http://localhost", False),
        ("git.acme.example", True),
        ("acme.ghe.com", False),
        ("http://[x", False),
        ("", False),
    ],
)
def test_which_servers_are_enterprise_servers(url: str, answer: bool) -> None:
    assert is_enterprise_server(url) is answer


@pytest.mark.parametrize(
    ("pattern", "branch", "answer"),
    [
        ("*", "main", True),
        ("*", "mtor/1-x", False),
        ("**", "mtor/1-x", False),
        ("**/*", "mtor/1-x", True),
        ("**/*", "main", True),
        ("mtor/**", "mtor/1-x", True),
        ("mtor/?-*", "mtor/1-x", True),
        ("mtor/[0-9]-*", "mtor/1-x", True),
        ("mtor", "mtor/1-x", False),
        ("MTOR/*", "mtor/1-x", False),
        ("m.in", "main", False),
        ("[", "main", False),
    ],
)
def test_patterns_of_classic_rules(pattern: str, branch: str, answer: bool) -> None:
    assert covers(pattern, branch) is answer
