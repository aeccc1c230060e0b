"""Real folders and the commands that are guessed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import command_line
from mtor_action.setup.detection import look

if TYPE_CHECKING:
    from pathlib import Path

PYTEST_FILE = "def test_it():\n    assert True\n"
UNITTEST_FILE = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n"
PROJECT = '[project]\nname = "x"\nversion = "1"\n'
PIP, PIP_25 = "python -m pip install", 'python -m pip install "pip>=25.1"'

# name: files, setup, test
PROJECTS: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "pytest in an extra": (
        {"pyproject.toml": f'{PROJECT}optional-dependencies.test = ["pytest>=8"]\n[tool.pytest.ini_options]\n'},
        [f'{PIP} -e ".[test]"'],
        ["python -m pytest -q"],
    ),
    "pytest in a dependency group": (
        {"pyproject.toml": f'{PROJECT}[dependency-groups]\ndev = ["pytest"]\n', "tests/test_x.py": PYTEST_FILE},
        [PIP_25, f"{PIP} -e . --group dev"],
        ["python -m pytest -q"],
    ),
    "pytest that nothing asks for": (
        {"setup.py": "from setuptools import setup\nsetup()\n", "tests/test_x.py": PYTEST_FILE},
        [f"{PIP} -e . pytest"],
        ["python -m pytest -q"],
    ),
    "pytest in setup.cfg": (
        {"setup.cfg": "[metadata]\nname=x\n[options.extras_require]\ntesting=pytest\n[tool:pytest]\n"},
        [f'{PIP} -e ".[testing]"'],
        ["python -m pytest -q"],
    ),
    "requirements files": (
        {"requirements.txt": "flask\n", "requirements-dev.txt": "pytest==8.3\n", "test_x.py": PYTEST_FILE},
        [f"{PIP} -r requirements.txt -r requirements-dev.txt"],
        ["python -m pytest -q"],
    ),
    "unittest in tests/": (
        {"pyproject.toml": PROJECT, "tests/__init__.py": "", "tests/test_x.py": UNITTEST_FILE},
        [f"{PIP} -e ."],
        ["python -m unittest discover -s tests"],
    ),
    "unittest at the top": ({"test_x.py": UNITTEST_FILE}, [], ["python -m unittest discover"]),
    "tox": (
        {"setup.py": "", "tox.ini": "[tox]\n[testenv]\ncommands=pytest\n", "tests/test_x.py": PYTEST_FILE},
        [f"{PIP} tox"],
        ["python -m tox run -e py"],
    ),
    "nox": ({"pyproject.toml": PROJECT, "noxfile.py": ""}, [f"{PIP} nox"], ["python -m nox"]),
    "a hatch script": (
        {"pyproject.toml": f'{PROJECT}[tool.hatch.envs.default.scripts]\ntest = "pytest"\n'},
        [f"{PIP} hatch"],
        ["python -m hatch run test"],
    ),
    "hatch's own tests": (
        {"pyproject.toml": f"{PROJECT}[tool.hatch.envs.hatch-test]\nparallel = true\n"},
        [f"{PIP} hatch"],
        ["python -m hatch test"],
    ),
    "poetry": (
        {
            "pyproject.toml": '[tool.poetry]\nname = "x"\n[tool.poetry.group.test.dependencies]\npytest = "*"\n',
            "poetry.lock": "",
            "tests/test_x.py": PYTEST_FILE,
        },
        ["poetry install --no-interaction --with test"],
        ["poetry run python -m pytest -q"],
    ),
    "uv": (
        {"pyproject.toml": f'{PROJECT}[dependency-groups]\ntest = ["pytest"]\n[tool.pytest]\n', "uv.lock": ""},
        ["uv sync --locked --group test"],
        ["uv run --no-sync python -m pytest -q"],
    ),
    "npm": (
        {"package.json": '{"scripts": {"test": "jest"}}', "package-lock.json": "{}"},
        ["npm ci"],
        ["npm test"],
    ),
    "npm without a lock": (
        {"package.json": '{"scripts": {"test": "jest"}, "devDependencies": {"jest": "1"}}'},
        ["npm install --no-package-lock"],
        ["npm test"],
    ),
    "npm without dependencies": ({"package.json": '{"scripts": {"test": "node --test"}}'}, [], ["npm test"]),
    "npm workspaces": (
        {"package.json": '{"workspaces": ["a"]}', "package-lock.json": "{}"},
        ["npm ci"],
        ["npm test --workspaces --if-present"],
    ),
    "pnpm": (
        {"package.json": '{"scripts": {"test": "vitest"}}', "pnpm-lock.yaml": ""},
        ["pnpm install --frozen-lockfile"],
        ["pnpm test"],
    ),
    "yarn 1": (
        {"package.json": '{"scripts": {"test": "jest"}, "packageManager": "yarn@1.22.0"}', "yarn.lock": ""},
        ["yarn install --frozen-lockfile"],
        ["yarn test"],
    ),
    "yarn 4": (
        {"package.json": '{"scripts": {"test": "jest"}, "packageManager": "yarn@4.1.0+sha.1"}', "yarn.lock": ""},
        ["yarn install --immutable"],
        ["yarn test"],
    ),
    "bun": (
        {"package.json": "{}", "bun.lock": "", "src/a.test.ts": ""},
        ["bun install --frozen-lockfile"],
        ["bun test"],
    ),
    "a Go module": ({"go.mod": "module x\n", "go.sum": "y\n"}, ["go mod download"], ["go test ./..."]),
    "a Go workspace": (
        {"go.work": "go 1.24\nuse ./a\n", "a/go.mod": "module a\n"},
        [],
        ["go list -f '{{.Dir}}/...' -m | xargs go test"],
    ),
    "Rust": ({"Cargo.toml": "[package]\n", "Cargo.lock": ""}, ["cargo fetch --locked"], ["cargo test --locked"]),
    "a Rust workspace": ({"Cargo.toml": "[workspace]\n"}, [], ["cargo test --workspace"]),
    "Make": ({"Makefile": "test: build\n\t./run\n"}, [], ["make test"]),
    "a language before Make": ({"Makefile": "test:\n\tgo test\n", "go.mod": "module x\n"}, [], ["go test ./..."]),
    "several at the top": (
        {
            "go.mod": "module x\n",
            "Cargo.toml": "[package]\n",
            "package.json": '{"scripts": {"test": "jest"}}',
            "test_x.py": UNITTEST_FILE,
        },
        [],
        ["python -m unittest discover", "npm test", "go test ./...", "cargo test"],
    ),
    "several in folders": (
        {
            "api/go.mod": "module x\n",
            "web/package.json": '{"scripts": {"test": "jest"}}',
            "web/yarn.lock": "",
            "node_modules/x/package.json": '{"scripts": {"test": "jest"}}',
            "a b/go.mod": "module x\n",
        },
        ["cd web && yarn install --frozen-lockfile"],
        ["cd api && go test ./...", "cd web && yarn test"],
    ),
    "nothing": ({"README.md": "hello\n"}, [], []),
    "the placeholder of npm init": (
        {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
        [],
        [],
    ),
    "files that are not what their names say": (
        {
            "pyproject.toml": "[[[",
            "package.json": '{"scripts": 1, "workspaces": {}',
            "setup.cfg": "= x",
            "tox.ini": "]",
        },
        [],
        [],
    ),
    "values of other types": (
        {
            "pyproject.toml": 'project = 1\ndependency-groups = ["a"]\ntool = "x"\n',
            "package.json": '{"scripts": ["test"], "packageManager": {}, "engines": 7}',
        },
        [],
        [],
    ),
    "hostile names": (
        {"pyproject.toml": f'{PROJECT}optional-dependencies."test;curl x|sh" = []\n', "$(id)/go.mod": "module x\n"},
        [f"{PIP} -e ."],
        [],
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_installed_and_tested_by_its_own_means(tmp_path: Path, name: str) -> None:
    files, setup, test = PROJECTS[name]
    command_line.put(tmp_path, files)
    found = look(tmp_path)
    assert [guess.command for guess in found.setup] == setup
    assert [guess.command for guess in found.test] == test
    assert all(guess.why for guess in found.setup + found.test)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"Makefile": "check:\n\truff check\n"}, "make check"),
        ({"package.json": '{"scripts": {"test": "jest --watch"}}'}, "npm test"),
    ],
)
def test_what_may_be_something_else_is_only_a_question(tmp_path: Path, files: dict[str, str], command: str) -> None:
    command_line.put(tmp_path, files)
    found = look(tmp_path)
    assert (found.test, [guess.command for guess in found.maybe]) == ((), [command])


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"test_x.py": PYTEST_FILE}, 'python-version: "3.x"'),
        ({"test_x.py": PYTEST_FILE, ".python-version": "3.12"}, "python-version-file: .python-version"),
        ({"pyproject.toml": f'{PROJECT}requires-python = ">=3.11"\n'}, "python-version-file: pyproject.toml"),
        ({"package.json": "{}"}, 'node-version: "lts/*"'),
        ({"web/package.json": "{}", "web/.nvmrc": "22"}, "node-version-file: web/.nvmrc"),
        ({"package.json": '{"engines": {"node": "22"}}'}, "node-version-file: package.json"),
        ({"api/go.mod": "module x\n"}, "go-version-file: api/go.mod"),
        ({"pyproject.toml": PROJECT, "uv.lock": ""}, "run: pipx install uv"),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, "run: corepack enable"),
    ],
)
def test_the_toolchain_is_the_one_that_the_project_names(tmp_path: Path, files: dict[str, str], version: str) -> None:
    command_line.put(tmp_path, files)
    assert version in "".join(look(tmp_path).steps)


def test_a_file_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pyproject.toml")
    (tmp_path / "package.json").symlink_to("/dev/zero")
    assert look(tmp_path).test == ()
