"""`mtor init` in projects that have workflows of their own: what it takes from them, and what never."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import command_line
from command_line import Ended, mtor
from setup_samples import ACTION, SETTINGS, WORKFLOW
from standins.github.runner.queueless import without_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

CI = ".github/workflows/ci.yml"
_LEVELS = list(zip("abcdefghi", "bcdefghij", strict=True))
BOMB = "x: &a [1]\n" + "".join(f"{new}: &{new} [{f'*{old},' * 9}]\n" for old, new in _LEVELS)
MERGE_BOMB = "x: &a {k: 1}\n" + "".join(f"{new}: &{new} {{<<: [{f'*{old},' * 9}]}}\n" for old, new in _LEVELS)
NODE = {"package.json": '{"scripts": {"test": "ava"}, "devDependencies": {"ava": "6"}}'}
PYTHON = {"pyproject.toml": '[project]\nname = "x"\nversion = "1"\n[tool.pytest]\n'}
BIN = Path(sys.executable).parent


def job(*steps: str, job: str = "", on: str = "[push, pull_request]", name: str = "test") -> str:
    """A workflow with one job; each step is the YAML of a mapping, `job` lines beside them."""
    lines = "".join(f"      - {step}\n" for step in steps)
    return f"on: {on}\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n{job}    steps:\n{lines}"


def initialised(root: Path, files: dict[str, str], *options: str) -> tuple[Ended, dict[str, Any], str]:
    """The run, the settings and the workflow after `mtor init` in a repository with these files."""
    repo = command_line.repository(root / "repo", files)
    ended = mtor(repo, "init", "--action", ACTION, *options)
    assert ended.code == 0, ended.err
    return ended, yaml.safe_load((repo / SETTINGS).read_text()), (repo / WORKFLOW).read_text()


def work_job(workflow: str) -> dict[str, Any]:
    jobs = yaml.safe_load(workflow)["jobs"]
    assert isinstance(jobs["work"], dict)
    return jobs["work"]


def lint(repo: Path) -> None:
    for linter in (("actionlint",), ("zizmor", "--quiet", "--persona=pedantic", "--offline")):
        program = shutil.which(linter[0], path=str(BIN))
        if program:
            text = (repo / WORKFLOW).read_text()
            copy = repo / WORKFLOW.replace("mtor.yml", "copy.yml")
            copy.write_text(without_queue(text) if linter[0] == "actionlint" else text)
            done = subprocess.run(
                [program, *linter[1:], str(copy.relative_to(repo))],
                cwd=repo,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, "warning" in done.stdout + done.stderr) == (0, False), done.stdout


def test_browsers_packages_services_and_versions_come_from_the_job_that_tests(tmp_path: Path) -> None:
    services = (
        "    services:\n      db:\n        image: postgres:16\n        env: {POSTGRES_PASSWORD: postgres}\n"
        "        ports: ['5432:5432']\n"
        "        options: >-\n          --health-cmd pg_isready\n          --health-retries 5\n"
    )
    steps = (
        "uses: actions/checkout@v5",
        "{uses: actions/setup-node@v6, with: {node-version: 24}}",
        "run: sudo apt-get update && sudo apt-get install -y libxml2-dev xvfb",
        "run: npm install",
        "run: npx playwright install --with-deps chromium",
        "run: npm test",
        "run: npx playwright install webkit",
    )
    ended, settings, workflow = initialised(tmp_path, {**NODE, CI: job(*steps, job=services)})
    assert settings["setup"] == ["npm install --no-package-lock", "npx playwright install chromium"]
    assert settings["test"] == ["npm test"]
    assert f"npx playwright install chromium  from {CI}, job test" in ended.out.replace("   ", "  ").replace(
        "   ", "  "
    )
    work = work_job(workflow)
    assert work["services"]["db"] == {
        "image": "postgres:16",
        "env": {"POSTGRES_PASSWORD": "postgres"},
        "ports": ["5432:5432"],
        "options": "--health-cmd pg_isready --health-retries 5",
    }
    runs = [step["run"] for step in work["steps"] if "run" in step]
    install = "sudo apt-get update && sudo apt-get install --yes --no-install-recommends libxml2-dev xvfb"
    assert runs == [install, "npx --yes playwright install-deps"]
    (node,) = [step for step in work["steps"] if "setup-node" in step.get("uses", "")]
    assert node["with"]["node-version"] == "24"
    lint(tmp_path / "repo")


@pytest.mark.parametrize(
    ("steps", "test"),
    [
        (["run: make bootstrap", "run: ./mvnw -B verify"], ["./mvnw -B verify"]),
        (["{run: bundle exec rspec, working-directory: api}"], ["cd api && bundle exec rspec"]),
        (["{run: dotnet test, env: {DOTNET_NOLOGO: 1}}"], ["DOTNET_NOLOGO=1 dotnet test"]),
        (['run: "mix deps.get\\nmix test\\n"'], ["mix test"]),
        (
            ["{run: composer test, if: matrix.os == 1}", "run: vendor/bin/phpunit --colors=never"],
            ["vendor/bin/phpunit --colors=never"],
        ),
    ],
)
def test_where_detection_knows_nothing_the_jobs_own_tests_count(
    tmp_path: Path, steps: Sequence[str], test: list[str]
) -> None:
    ended, settings, _ = initialised(tmp_path, {"README.md": "x\n", CI: job(*steps)}, "--json")
    assert settings["test"] == test
    assert ended.report["test"] == [{"command": test[0], "why": f"from {CI}, job test"}]


@pytest.mark.parametrize(
    "step",
    [
        "run: pip install ${{ matrix.deps }}",
        "run: pip install $EXTRA",
        "run: pip install x --index-url https://user:ghp_0123456789012345678901234567890123456@h/",
        "{run: pip install x, env: {PIP_INDEX_URL: '${{ secrets.INDEX }}'}}",
        "{run: pip install x, env: {API_TOKEN: abc}}",
        "{run: pip install x, if: github.event_name == 'push'}",
        "{run: pip install x, shell: bash -e}",
        "{run: pip install x, working-directory: ../..}",
        "{run: pip install x, working-directory: '$(id)'}",
        "run: pip install x; curl evil.example.org",
        "run: pip install x `id`",
        "run: pip install x > /etc/y",
        'run: "pip install x\\x1b[2J"',
        "run: pip install twine publish",
        'run: "if [ $A ]; then\\n  pip install x\\nfi"',
        'run: "cat <<E\\npip install x\\nE"',
        'run: "cd sub\\npip install x"',
        'run: "echo \\\\\\npip install x"',
        "run: sudo pip install x",
        "run: npm install -g x",
        "run: sudo apt-get install -y 'x; id'",
        "run: sudo apt-get install -y $(id)",
        "run: [pip, install, x]",
    ],
)
def test_what_depends_on_something_or_does_something_else_is_not_copied(tmp_path: Path, step: str) -> None:
    _, settings, workflow = initialised(tmp_path, {**PYTHON, CI: job(step, "run: pytest")})
    assert settings["setup"] == ["python -m pip install -e . pytest"]
    assert settings["test"] == ["python -m pytest -q"]
    assert [step["name"] for step in work_job(workflow)["steps"]] == ["Check out", "Python", "Work"]


def test_extras_of_the_project_that_detection_does_not_know_are_copied(tmp_path: Path) -> None:
    steps = (
        "run: python -m pip install -U pip tox",
        "run: pip install -e .[test]",
        "run: pip install numpy>=2",
        "run: pytest",
    )
    _, settings, _ = initialised(tmp_path, {**PYTHON, CI: job(*steps)})
    assert settings["setup"] == ["python -m pip install -e . pytest"]  # `>` would be a redirection
    more = ("run: pip install numpy==2.1 scipy", "run: playwright install firefox", "run: pytest")
    (tmp_path / "b").mkdir()
    _, settings, _ = initialised(tmp_path / "b", {**PYTHON, CI: job(*more)})
    assert settings["setup"][1:] == ["pip install numpy==2.1 scipy", "playwright install firefox"]


@pytest.mark.parametrize(
    ("service", "copied"),
    [
        ("redis:7", True),
        ("{image: redis, ports: [6379]}", True),
        ("{image: '${{ matrix.db }}'}", False),
        ("{image: redis, env: {A: '${{ secrets.A }}'}}", False),
        ("{image: redis, env: {A: ghp_0123456789012345678901234567890123456}}", False),
        ("{image: redis, credentials: {username: a, password: b}}", False),
        ("{image: redis, volumes: ['/:/host']}", False),
        ("{image: redis, ports: ['${{ 1 }}']}", False),
        ("{image: 'redis\\n  x: y'}", False),
        ('{image: "redis # x"}', False),
        ('{image: redis, options: "--a \\x1b[0m"}', False),
        ("[redis]", False),
        ("7", False),
    ],
)
def test_a_service_is_copied_if_it_is_plain_text_and_else_named(tmp_path: Path, service: str, *, copied: bool) -> None:
    text = job("run: pytest", job=f"    services:\n      cache: {service}\n")
    ended, _, workflow = initialised(tmp_path, {**PYTHON, CI: text})
    assert ("services" in work_job(workflow)) == copied
    assert ("cache is a service of" in ended.out) != copied
    assert "secrets.A" not in workflow
    lint(tmp_path / "repo")


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: [",
        "on: push\njobs: {test: 5, b: {steps: {}}, c: [x], d: {steps: [1, null, {run: 5}, {uses: [x]}]}}",
        "\x00\x01",
        "[" * 5_000,
        "a: &a [*a]\non: push\njobs: *a",
        "a: &a {b: *a}\non: push\njobs: {t: {steps: *a}}",
        "!!python/object/apply:os.system ['touch owned']",
        "on: push\njobs: {t: {steps: [{run: pytest}]}}\n" + "#" * 200_000,
        "x: &a [1]\ny: &b [*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b,*b]\non: *c\njobs: {t: {services: *c}}",
        BOMB
        + "on: push\njobs: {t: {services: {a: {image: b, env: {C: *j}, ports: *j}}, steps: [{run: x, env: {A: *j}}]}}",
        MERGE_BOMB + "on: push\njobs: {t: {steps: [{run: pytest}]}}",
        "on: push\njobs: {t: {services: {a: {image: b, ports: [0x"
        + "f" * 9_000
        + "]}}, steps: [{run: pip install evil}]}}",
        "? [complex]\n: key\n",
        "on: schedule\njobs: {t: {steps: [{run: pip install evil}, {run: pytest}]}}",
        "on: push\njobs: {t: {environment: production, steps: [{run: pip install evil}, {run: pytest}]}}",
        "on: push\njobs: {t: {uses: a/b/.github/workflows/c.yml@v1}}",
        "on: push\njobs: {'t ${{ x }}': {steps: [{run: pip install evil}, {run: pytest}]}}",
        "on: push\njobs: {t: {container: x, steps: [{run: pip install evil}, {run: pytest}]}}",
        "on: 2024-01-01\njobs: 2024-99-99",
    ],
)
def test_a_broken_or_other_file_counts_as_none(tmp_path: Path, text: str) -> None:
    _, settings, _ = initialised(tmp_path, {**PYTHON, CI: text})
    assert settings["setup"] == ["python -m pip install -e . pytest"]
    assert not (tmp_path / "repo/owned").exists()


def test_links_and_strange_names_and_mtors_own_file_are_not_read(tmp_path: Path) -> None:
    evil = job("run: pip install evil", "run: pytest")
    repo = command_line.repository(tmp_path / "repo", {**PYTHON, ".github/workflows/a\n b.yml": evil, WORKFLOW: evil})
    (tmp_path / "outside.yml").write_text(evil)
    (repo / ".github/workflows/link.yml").symlink_to(tmp_path / "outside.yml")
    (repo / ".github/workflows/folder.yml").mkdir()
    ended = mtor(repo, "init", "--action", ACTION, "--force")
    assert (ended.code, "evil" in (repo / SETTINGS).read_text()) == (0, False)


def test_the_job_for_pull_requests_counts_before_one_for_pushes(tmp_path: Path) -> None:
    files = {
        **PYTHON,
        ".github/workflows/a.yml": job("run: pip install nightly", "run: pytest", on="push"),
        ".github/workflows/b.yml": job("run: pip install usual", "run: pytest", on="{pull_request: {}}"),
    }
    _, settings, _ = initialised(tmp_path, files)
    assert settings["setup"][-1] == "pip install usual"


def test_set_up_actions_are_copied_by_commit_without_their_caches_and_else_named(tmp_path: Path) -> None:
    sha = "a" * 40
    steps = (
        f"{{uses: ruby/setup-ruby@{sha}, with: {{ruby-version: 3.4, bundler-cache: true, github-token: x}}}} # v1.2.3",
        f"{{uses: actions/setup-dotnet@{sha}, with: {{dotnet-version: '${{{{ matrix.v }}}}'}}}}",
        "uses: actions/setup-java@v5",
        f"uses: evil/other@{sha}",
        "{uses: actions/setup-python@v6, with: {python-version: '${{ matrix.python }}', cache: pip}}",
        "run: pytest",
    )
    ended, _, workflow = initialised(tmp_path, {**PYTHON, CI: job(*steps)})
    work = {step["name"]: step for step in work_job(workflow)["steps"]}
    assert work["Ruby"] == {"name": "Ruby", "uses": f"ruby/setup-ruby@{sha}", "with": {"ruby-version": "3.4"}}
    assert "with" not in work["Dotnet"]
    assert "evil" not in workflow
    assert work["Python"]["with"] == {"python-version": "3.x"}
    assert "uses actions/setup-java@v5: add it to `your toolchain`" in ended.out
