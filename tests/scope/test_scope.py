"""Which paths an implementer may write, by the spec's plan, its settings, and what its commands name or load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mtor_action.manifest.settings_block.settings import Settings
from mtor_action.plan.placed_operations import Plan
from mtor_action.scope import name_tables
from mtor_action.scope.scope import Scope, decides, scope_of
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def scope(
    commands: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    *,
    own: Sequence[str] = (),
    allow: Sequence[str] = ("**",),
    setup: Sequence[str] = (),
    protect: Sequence[str] | None = None,
) -> Scope:
    tree = DictTree({path: FileState(text.encode()) for path, text in (files or {}).items()})
    plan = Plan(changes=tuple(Change(path, None, FileState(b"x\n")) for path in own))
    settings = Settings(
        setup=tuple(setup),
        test=tuple(commands),
        allow=tuple(allow),
        protect=None if protect is None else tuple(protect),
    )
    return scope_of(plan, settings, tree)


PACKAGE = json.dumps({
    "scripts": {"test": "npm run check && node tools/report", "check": "node ci/check.js", "start": "node server.js",
                "pretest": "sh ci/before.sh", "postinstall": "node ci/install.mjs"}
})  # fmt: skip
MAKEFILE = (
    "include rules/*.mk\n-include $(EXTRA)\nEXTRA = more/extra.inc\nPYTHON ?= python\n\n"
    "run:\n\t$(PYTHON) src/app.py\n\n"
    "check: deps\n\t@$(PYTHON) ci/check.py\n\ndeps: ; sh ci/deps.sh\n"
)
NAMED = [
    ("sh ./check.sh", "check.sh"),
    ("cd scripts && sh ./check.sh", "scripts/check.sh"),
    ("cd scripts; ./test.sh", "scripts/test.sh"),
    ("pushd scripts >/dev/null\n./test.sh\npopd", "scripts/test.sh"),
    ("(cd a && cd b && bash run.sh)", "a/b/run.sh"),
    ("cd a/../scripts && sh x.sh", "scripts/x.sh"),
    ('cd "$(dirname "$0")/scripts" && sh x.sh', "scripts/x.sh"),
    ("env -C scripts sh x.sh", "scripts/x.sh"),
    ("sh scripts//x.sh", "scripts/x.sh"),
    ("sh scripts/./x.sh", "scripts/x.sh"),
    ("sh ./scripts/../scripts/x.sh", "scripts/x.sh"),
    ("SH SCRIPTS/X.sh", "scripts/x.sh"),
    ("bash <run.sh", "run.sh"),
    ("bash < run.sh", "run.sh"),
    ("cat x.py | python", "x.py"),
    ("cat x.py|python3 -", "x.py"),
    ("python - <x.py", "x.py"),
    ("python <(cat x.py)", "x.py"),
    ('sh -c "$(cat run.sh)"', "run.sh"),
    ("eval `cat run.sh`", "run.sh"),
    ("$PWD/run.sh", "run.sh"),
    ("${PWD}/run.sh", "run.sh"),
    ('"$(pwd)/run.sh"', "run.sh"),
    ("$GITHUB_WORKSPACE/scripts/x.sh", "scripts/x.sh"),
    ("sh $HERE/x.sh", "scripts/x.sh"),
    ("sh /home/me/repo/scripts/x.sh", "scripts/x.sh"),
    ("sh scripts/*.sh", "scripts/x.sh"),
    ("for f in scripts/*.sh; do sh $f; done", "scripts/x.sh"),
    ("for f in scripts/[a-z].sh; do sh $f; done", "scripts/x.sh"),
    ("find . -name '*.sh' -exec sh {} +", "scripts/x.sh"),
    ("sh scripts/{x,y}.sh", "scripts/x.sh"),
    ("run-parts scripts", "scripts/x.sh"),
    ("prove -r ci/", "ci/deep/a.pl"),
    (". scripts/x.sh", "scripts/x.sh"),
    ("bash -c 'cd scripts && ./x.sh'", "scripts/x.sh"),
    ('sh -c "sh scripts/x.sh"', "scripts/x.sh"),
    ("sh \\\n  scripts/x.sh", "scripts/x.sh"),
    ("true # sh other.sh\nsh scripts/x.sh", "scripts/x.sh"),
    ("python -m scripts.check", "scripts/check.py"),
    ("python -m scripts.check", "scripts/check/__main__.py"),
    ("python -m scripts.check", "scripts/__init__.py"),
    ("python -m scripts", "scripts/__main__.py"),
    ("python -mscripts.check", "scripts/check.py"),
    ("python -um scripts.check", "scripts/check.py"),
    ("python3 -W error -Im scripts.check", "scripts/check.py"),
    ("PATH=bin:$PATH check", "bin/check"),
    ('export PATH="$PWD/tools/bin:$PATH"; check', "tools/bin/check"),
    ("awk -f ci/x.awk log.txt", "ci/x.awk"),
    ("cc ci/check.c src/a.c -o check && ./check", "ci/check.c"),
    ("PYTHONPATH=src python -m check", "src/check.py"),
    ("PYTHONPATH=src/inner:lib python3.12 -X dev -m check", "lib/check.py"),
    ("cd scripts && python -m check", "scripts/check.py"),
    ("uv run python -m scripts.check", "scripts/check.py"),
    ("uv run --frozen scripts/check.py", "scripts/check.py"),
    ("poetry run python ci/x.py", "ci/x.py"),
    ("coverage run -m scripts.check", "scripts/check.py"),
    ("coverage run --rcfile=ci/cov.rc -m pytest", "ci/cov.rc"),
    ("python scripts", "scripts/__main__.py"),
    ("FOO=1 BAR='a b' sh scripts/x.sh", "scripts/x.sh"),
    ("pytest -p plugin", "plugin.py"),
    ("pytest -pplugin", "plugin.py"),
    ("pytest -p ci.plugin", "ci/plugin.py"),
    ("PYTEST_PLUGINS=a,plugin pytest", "plugin.py"),
    ("PYTEST_ADDOPTS='-p plugin' pytest", "plugin.py"),
    ("pytest -c ci/own.cfg", "ci/own.cfg"),
    ("pytest -cci/own.cfg", "ci/own.cfg"),
    ("pytest --config-file=ci/own.cfg", "ci/own.cfg"),
    ("pytest -o python_files=check_*.py", "src/check_a.py"),
    ("pytest --override-ini 'python_files=check_*.py'", "src/check_a.py"),
    ("pytest 'checks/a.py::test_x'", "checks/a.py"),
    ("python -m unittest checks.basic", "checks/basic.py"),
    ("python -m unittest discover -s checks -p 'check_*.py'", "checks/check_a.py"),
    ("python manage.py test --settings=proj.ci", "proj/ci.py"),
    ("DJANGO_SETTINGS_MODULE=proj.ci django-admin test", "proj/ci.py"),
    ("node scripts/check", "scripts/check.js"),
    ("node --require ./ci/setup.js app.js", "ci/setup.js"),
    ("NODE_OPTIONS='--require ./ci/setup.js' npm test", "ci/setup.js"),
    ("node --import=./ci/setup.mjs --test", "ci/setup.mjs"),
    ("php -d auto_prepend_file=ci/x.php run", "ci/x.php"),
    ("eslint --rulesdir ci/rules.js src", "ci/rules.js"),
    ("mypy --config-file ci/mypy.ini src", "ci/mypy.ini"),
    ("timeout 60 sh scripts/x.sh", "scripts/x.sh"),
    ("xargs sh < scripts/list", "scripts/list"),
    ("git diff --exit-code || sh scripts/x.sh", "scripts/x.sh"),
    ("make -f ci/own.make", "ci/own.make"),
    ("tox -c ci/tox.cfg", "ci/tox.cfg"),
    ("docker run -v $PWD:/w image sh /w/scripts/x.sh", "scripts/x.sh"),
]  # fmt: skip
EXISTING = (
    "src/app.py", "scripts/x.sh", "scripts/check.py", "ci/deep/a.pl", "src/check_a.py", "proj/ci.py", "scripts/list",
    "lib/check.py",
)  # fmt: skip
TREE = dict.fromkeys(EXISTING, "x\n")


@pytest.mark.parametrize(("command", "path"), NAMED)
def test_what_a_command_names_is_closed_whatever_allow_says(command: str, path: str) -> None:
    assert scope([command.replace("SH SCRIPTS/X.sh", "sh SCRIPTS/X.sh")], TREE).is_protected(path)
    assert scope([], TREE, setup=[command], own=[path]).is_protected(path)
    assert not scope(["true"], TREE, own=[path]).is_protected(path)


FOLLOWED = [
    (
        "npm test",
        {"package.json": PACKAGE},
        ["ci/check.js", "ci/before.sh", "tools/report.js"],
        ["server.js", "ci/install.mjs"],
    ),
    ("npm t", {"package.json": PACKAGE}, ["ci/check.js"], ["server.js"]),
    ("yarn check", {"package.json": PACKAGE}, ["ci/check.js"], ["server.js", "tools/report.js"]),
    ("pnpm run check", {"package.json": PACKAGE}, ["ci/check.js"], ["server.js"]),
    ("npm ci && npm run check", {"package.json": PACKAGE}, ["ci/install.mjs", "ci/check.js"], ["server.js"]),
    ("npm --prefix web run check", {"web/package.json": PACKAGE}, ["web/ci/check.js"], ["web/server.js"]),
    ("cd web && npm test", {"web/package.json": PACKAGE}, ["web/ci/check.js"], ["web/server.js"]),
    (
        "npm test --workspaces",
        {"packages/a/package.json": PACKAGE},
        ["packages/a/ci/check.js"],
        ["packages/a/server.js"],
    ),
    (
        "make check",
        {"Makefile": MAKEFILE, "rules/a.mk": "x = 1\n", "more/extra.inc": "\n"},
        ["ci/check.py", "ci/deps.sh", "rules/a.mk", "more/extra.inc"],
        ["src/app.py"],
    ),
    ("make", {"Makefile": MAKEFILE}, ["src/app.py"], ["ci/check.py"]),
    ("make -C sub check", {"sub/Makefile": MAKEFILE}, ["sub/ci/check.py"], ["sub/src/app.py"]),
    (
        "make test",
        {"Makefile": "test:\n\t$(MAKE) -C sub check\n", "sub/Makefile": "check:\n\tpython go.py\n"},
        ["sub/go.py"],
        ["src/app.py"],
    ),
    (
        "make test",
        {"Makefile": "S = src/a.c src/b.c\napp: $(S)\n\t$(CC) -o $@ $(S)\ntest: app\n\tsh ci/t.sh\n"},
        ["ci/t.sh"],
        ["src/a.c", "src/b.c"],
    ),
    ("invoke check", {"tasks.py": "def check(c):\n    c.run('python ci/check.py')\n"}, ["tasks.py", "ci/check.py"], []),
    ("make all", {"Makefile": "all: a.out\n%.out:\n\tsh ci/make.sh\n"}, ["ci/make.sh"], ["src/app.py"]),
    (
        "sh ci/all.sh",
        {"ci/all.sh": 'cd "$(dirname "$0")"\npython check.py\n. ../tools/lib.sh\n'},
        ["ci/check.py", "tools/lib.sh"],
        ["src/app.py"],
    ),
    ("./ci/all", {"ci/all": "#!/usr/bin/env bash\nset -e\nnode tools/a.js\n"}, ["tools/a.js"], ["src/app.py"]),
    ("tox -e py", {"tox.ini": "[testenv]\ncommands = python ci/check.py {posargs}\n"}, ["ci/check.py"], ["src/app.py"]),
    (
        "nox -s tests",
        {"noxfile.py": "def tests(s):\n    s.run('python', 'ci/check.py')\n"},
        ["ci/check.py"],
        ["src/app.py"],
    ),
    ("just check", {"justfile": "check:\n    python ci/check.py\n"}, ["ci/check.py"], ["src/app.py"]),
    (
        "task check",
        {"Taskfile.yml": "tasks:\n  check:\n    cmds: [python ci/check.py]\n"},
        ["ci/check.py"],
        ["src/app.py"],
    ),
    (
        "go generate ./... && go test ./...",
        {"pkg/a.go": "package a\n//go:generate go run ../ci/gen.go\n"},
        ["ci/gen.go"],
        ["pkg/b.go"],
    ),
]


@pytest.mark.parametrize(("command", "files", "shut", "free"), FOLLOWED)
def test_what_a_task_file_starts_is_closed_too(
    command: str, files: dict[str, str], shut: list[str], free: list[str]
) -> None:
    found = scope([command], files)
    assert [path for path in shut if not found.is_protected(path)] == []
    assert [path for path in free if found.is_protected(path)] == []


OPEN = [
    ("ruff check src/a.py && pytest -q", "src/a.py"),
    ("ruff check --fix -q src/a.py", "src/a.py"),
    ("uv run ruff check src/*.py", "src/a.py"),
    ("prettier --check 'src/**/*.ts'", "src/a.ts"),
    ("mypy src | tee log.txt", "src/a.py"),
    ("gcc src/*.c -o app && ./app", "src/a.c"),
    ("pytest src", "src/a.py"),
    ("python -m pytest -q -p no:cacheprovider", "src/a.py"),
    ("python3 -c 'from src.m import two; assert two()'", "src/m.py"),
    ("go test ./...", "pkg/a.go"),
    ("cargo test --all", "src/lib.rs"),
    ("$PYTHON -m pytest $ARGS", "src/a.py"),
    ("npm test", "src/index.js"),
    ("python -m pytest", "src/pkg/unittest.py"),
    ("python -m pytest", "src/pkg/types.py"),
    ("mytool --version", "src/mytool/core.py"),
    ("test -e src/a.py", "src/a.py"),
    ("test -f src/a.py && [ -r src/a.py ] && wc -c src/a.py", "src/a.py"),
    ("sed -n 1,5p src/a.py | grep -q x", "src/a.py"),
    ("isort -c src/a.py && prettier -c src/a.py", "src/a.py"),
    ("pydocstyle src/a.py", "src/a.py"),
    ("gcc -Wall -o app src/a.c && ./app --self", "src/a.c"),
    ("javac -d out src/A.java && java -cp out A", "src/A.java"),
    ("test $(cat src/version.txt) = 1 || true", "src/other.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "path"), OPEN)
def test_product_code_stays_open(command: str, path: str) -> None:
    files = {path: "x\n", "src/pkg/__init__.py": "", "src/mytool/__init__.py": ""}
    assert scope([command], files, own=[path], allow=[]).refusal(path) == ""
    assert scope([command], files).refusal(path) == ""


SHADOWS = [
    "pytest.py", "src/pytest.py", "lib/_pytest/runner.py", "unittest.py", "unittest/__init__.py", "pluggy.py",
    "doctest.py",
    "sitecustomize.py", "src/usercustomize.py", "json.py", "src/traceback.py", "re/__init__.py", "x.pth",
    "pytest.pyc", "pytest.so",
    "coverage.py", "a.dist-info/entry_points.txt", "src/a.egg-info/entry_points.txt", "node_modules/jest/index.js",
    "bin/pytest",
    "PyTest.py", "mycheck.py", "tools/ruff",
]  # fmt: skip


@pytest.mark.parametrize("path", SHADOWS)
def test_a_new_file_that_would_be_loaded_for_another_is_closed(path: str) -> None:
    found = scope(["python -m pytest -q", "mycheck --all", "ruff check ."], {"src/a.py": ""})
    assert found.is_protected(path)


def test_a_module_of_the_product_that_is_named_like_another_stays_open() -> None:
    files = {"src/app/__init__.py": "", "src/app/json.py": "", "calendar.py": "", "src/app/pytest.py": ""}
    found = scope(["python -m pytest"], files)
    assert [path for path in files if found.is_protected(path)] == []


DECIDING = [
    ".pytest.ini", "pytest.toml", ".pytest.toml", "setup.py", "requirements.txt", "requirements-dev.txt",
    "Cargo.toml", "build.rs",
    "go.mod", "tsconfig.json", "deno.json", "bunfig.toml", "Gemfile", "Rakefile", ".rspec", "pom.xml", "build.gradle",
    "build.gradle.kts",
    "CMakeLists.txt", ".pre-commit-config.yaml", ".husky/pre-commit", ".npmrc", ".yarnrc.yml", ".envrc",
    ".vscode/settings.json",
    ".devcontainer/devcontainer.json", ".idea/workspace.xml", "Jenkinsfile", "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".travis.yml", ".drone.yml", ".woodpecker/a.yml", ".buildkite/p.yml", ".cirrus.yml", "appveyor.yml", "action.yml",
    "Dockerfile",
    "docker-compose.yml", "flake.nix", "mise.toml", ".tool-versions", "playwright.config.ts", "cypress.config.js",
    "vitest.workspace.ts", ".babelrc", ".mcp.json", ".clinerules", ".clinerules/a.md", ".roo/rules/a.md",
    ".junie/guidelines.md",
    ".kiro/steering/a.md", ".trae/rules", ".continue/config.json", ".codex/config.toml", ".opencode/a",
    "opencode.json", "QWEN.md",
    "WARP.md", "CONVENTIONS.md", "AGENTS.md", "CLAUDE.local.md", "docs/AGENTS.md", "sub/.anything/x",
    ".brand-new-agent/rules.md",
    "web/package.json", "sub/Makefile", "sub/Cargo.lock", "pyproject.toml", "Pipfile", "hatch.toml", "tools/SKILL.md",
    "skills/a/SKILL.md",
    ".github/copilot-instructions.md", ".gitlab-ci.yml", "a/.eslintrc", "noxfile.py", "vendor/x/a.go", "Makefile",
    "makefile", "go.sum",
]  # fmt: skip


@pytest.mark.parametrize("path", DECIDING)
def test_what_decides_is_closed_even_where_the_spec_wrote_it(path: str) -> None:
    assert scope(own=[path]).is_protected(path)
    assert "protected" in scope(own=[path]).refusal(path)
    assert scope(own=[path.upper()]).is_protected(path.upper())


@pytest.mark.parametrize(
    "path", ["new-tool.toml", "brand.config.js", "anything.yml", "some.ini", "Newfile", "brand.json"]
)
def test_configuration_at_the_root_is_open_only_to_the_spec_that_wrote_it(path: str) -> None:
    assert "protected" in scope().refusal(path)
    assert scope(own=[path]).refusal(path) == ""
    assert scope().refusal(f"src/data/{path}") == ""


TESTS = [
    "app/tests.py", "app/tests/views.py", "foo_test.ts", "src/foo_test.ts", "Proj.Tests/UnitTest1.cs",
    "src/Proj.UnitTests/A.cs",
    "src/FooTests.cs", "a/FooTest.java", "a/FooIT.java", "src/test/java/A.java", "src/integrationTest/java/A.java",
    "foo_test.cc",
    "foo_unittest.cc", "a/b_test.exs", "a/b_spec.rb", "spec/x.rb", "tests/it.rs", "src/tests.rs", "a/FooTest.php",
    "Tests/A.swift",
    "AppTests/A.swift", "pkg/testdata/golden.json", "src/snapshots/a.snap", "src/__snapshots__/a.js.snap",
    "features/a.feature",
    "x/fixtures/a.json", "golden/a.txt", "a/b.golden", "A.approved.txt", "src/a.verified.json", "src/a.cy.ts",
    "t/a.t", "a/b.bats",
    "e2e/a.ts", "src/__mocks__/a.js", "a/b_test.dart", "src/FooSpec.scala", "src/conftest.py", "a_test.go",
    "src/a.test.tsx",
]  # fmt: skip


@pytest.mark.parametrize("path", TESTS)
def test_tests_of_every_ecosystem_are_protected_by_default(path: str) -> None:
    assert scope(own=[path]).is_protected(path)
    assert name_tables.is_test_path(path)
    assert not scope(own=[path], protect=[]).is_protected(path) or path.startswith("src/conftest")


@pytest.mark.parametrize("path", [
    "src/Latest.java", "src/Commit.java", "src/Contest.php", "src/latest.py", "src/attest/a.js", "src/testing.go",
    "src/Unit.kt",
    "src/request.cs", "src/inspect.rb", "src/spec/parser.py", "src/protest.ts", "lib/greatest.swift", "README.md",
    "docs/a.md",
])  # fmt: skip
def test_product_code_with_a_similar_name_is_not_a_test(path: str) -> None:
    assert scope().refusal(path) == ""


def test_a_path_that_neither_spec_nor_allow_opens_is_outside_the_scope() -> None:
    found = scope(own=["src/a.py"], allow=["lib/**"])
    assert found.refusal("x.py") == "x.py is outside the scope; you may write src/a.py, lib/**"


def test_files_that_nobody_committed_are_watched_where_runners_would_find_them() -> None:
    watched = ["conftest.py", "pytest.toml", "a/test_x.py", "pytest.py", "x_test.go", "a.pth", "vitest.config.ts"]
    left = ["build/conftest.py", ".coverage", "junit.xml", "uv.lock", "node_modules/x/jest.config.js", "out/a.json"]
    assert [path for path in [*watched, *left] if decides(path)] == watched


@pytest.mark.parametrize("piece", ["cd a && ", "$(", "{a,b}", "'", '"', 'sh -c "', "`", "$X/", "a|", "<(", "\\", "*/"])
@pytest.mark.timeout(20)
def test_any_command_is_read_without_raising(piece: str) -> None:
    found = scope([piece * 2_000, piece * 30 + "sh scripts/x.sh"], TREE)
    assert isinstance(found.is_protected("src/a.py"), bool)
