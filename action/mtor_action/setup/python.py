"""Python: how a project is installed, and which of the many ways it is tested.

| the project has                                        | test                          |
| ------------------------------------------------------ | ----------------------------- |
| hatch environments for tests                           | hatch                         |
| tests for pytest or unittest, and says what they need  | that one, directly            |
| a configuration of tox, or of nox                      | tox with this Python, or nox  |
| tests                                                  | pytest or unittest            |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.setup import toolchain_steps
from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from mtor_action.setup.project_folder import Folder, Table

# Names that projects give to what their tests need, the most telling first.
_TEST_NAMES = ("test", "tests", "testing", "dev", "develop", "development")
_REQUIREMENTS = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "test-requirements.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements/dev.txt",
)
_EXTRAS = "options.extras_require."
_TEST_FILES = tuple(
    f"{place}{name}"
    for place in ("", "tests/**/", "test/**/", "src/**/")
    for name in ("test_*.py", "*_test.py", "conftest.py")
)
_PYTEST = re.compile(r"^[\s\"']*pytest\b", re.MULTILINE | re.IGNORECASE)


class _Project(NamedTuple):
    """The project's files. `extras`, `groups` and `requirements` are those for tests; `needs` is their text."""

    folder: Folder
    pyproject: Table
    installable: bool
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    needs: str


class _Tests(NamedTuple):
    """`pytest` or `unittest` and why; `where` is the folder that unittest looks in."""

    name: str
    why: str
    where: str = ""


def look(folder: Folder) -> ProjectNeeds:
    """Return how the project is installed and tested."""
    project = _read(folder)
    tests = _tests(project)
    if not (project.installable or project.requirements or tests or _other_runner(folder)):
        return ProjectNeeds()
    needs = _hatch(project) or _managed(project, tests) or _direct(project, tests) or _runner(project)
    needs = needs or ProjectNeeds(_installed(project, tests), _tested(tests, "python -m "))
    version = folder.has(".python-version")
    if not version and (project.pyproject.at("project", "requires-python") or _is_poetry(project)):
        version = "pyproject.toml"
    step = toolchain_steps.with_version(
        toolchain_steps.PYTHON, "python", file=version and folder.prefix + version, otherwise="3.x"
    )
    return needs._replace(steps=(step, *needs.steps))


def _read(folder: Folder) -> _Project:
    pyproject, setup_cfg = folder.toml("pyproject.toml"), folder.ini("setup.cfg")
    project, groups = pyproject.at("project"), pyproject.at("dependency-groups")
    optional = project.at("optional-dependencies")
    old = {name.removeprefix(_EXTRAS): text for name, text in setup_cfg.items() if name.startswith(_EXTRAS)}
    requirements = tuple(filter(None, (folder.has("requirements.txt"), folder.has(*_REQUIREMENTS))))
    extras, chosen_groups = _for_tests(optional.keys | set(old)), _for_tests(groups.keys)
    lists = [
        project.at("dependencies"),
        *(optional.at(name) for name in extras),
        *(groups.at(n) for n in chosen_groups),
    ]
    lines = [line for item in lists if isinstance(item.value, list) for line in item.value if isinstance(line, str)]
    lines += [old.get(name, "") for name in extras] + [folder.text(name) for name in requirements]
    return _Project(
        folder,
        pyproject,
        installable=bool(project.at("name") or folder.has("setup.py") or "metadata" in setup_cfg),
        extras=extras,
        groups=chosen_groups,
        requirements=requirements,
        needs="\n".join(lines),
    )


def _for_tests(names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in _TEST_NAMES if name in names)[:1]


def _tests(project: _Project) -> _Tests | None:
    folder = project.folder
    configured = _pytest_configured(project)
    if configured:
        return _Tests("pytest", f"pytest is configured in {configured}")
    files = folder.files(*_TEST_FILES)
    if not files:
        return None
    if conftest := next((name for name in files if name.endswith("conftest.py")), ""):
        return _Tests("pytest", f"{conftest} is there")
    if _PYTEST.search(project.needs):
        return _Tests("pytest", "pytest is among the dependencies")
    text = "\n".join(folder.text(name) for name in files[:20])
    parent = files[0].partition("/")[0] if "/" in files[0] else ""
    if "pytest" not in text and "unittest" in text and parent != "src":
        return _Tests("unittest", f"{parent + '/' if parent else 'the tests'} import unittest", parent)
    return _Tests("pytest", f"there are tests in {parent}/" if parent else "there are test files")


def _pytest_configured(project: _Project) -> str:
    folder = project.folder
    if project.pyproject.at("tool", "pytest"):
        return "pyproject.toml"
    sections = {"setup.cfg": "tool:pytest", "tox.ini": "pytest"}
    in_sections = next((name for name, section in sections.items() if section in folder.ini(name)), "")
    return folder.has("pytest.ini", ".pytest.ini", "pytest.toml") or in_sections or folder.has("conftest.py")


def _hatch(project: _Project) -> ProjectNeeds | None:
    environments = project.pyproject.at("tool", "hatch", "envs")
    if environments.at("default", "scripts", "test"):
        test = Guess("python -m hatch run test", "[tool.hatch.envs.default.scripts] has `test`")
    elif environments.at("hatch-test"):
        test = Guess("python -m hatch test", "[tool.hatch.envs.hatch-test] is in pyproject.toml")
    else:
        return None
    return ProjectNeeds((Guess("python -m pip install hatch", test.why),), (test,))


def _managed(project: _Project, tests: _Tests | None) -> ProjectNeeds | None:
    """Return the needs of a project with uv or Poetry, which keep an environment of their own."""
    if project.folder.has("uv.lock") or project.pyproject.at("tool", "uv"):
        reason = "uv.lock is there" if project.folder.has("uv.lock") else "[tool.uv] is in pyproject.toml"
        options = ["--locked"] if project.folder.has("uv.lock") else []
        options += [f"--extra {name}" for name in project.extras]
        options += [f"--group {name}" for name in project.groups if name != "dev"]  # uv installs `dev` by itself
        setup, prefix, name = " ".join(["uv sync", *options]), "uv run --no-sync python -m ", "uv"
    elif _is_poetry(project):
        reason = "poetry.lock is there" if project.folder.has("poetry.lock") else "[tool.poetry] is in pyproject.toml"
        extras = _for_tests(project.pyproject.at("tool", "poetry", "extras").keys) or project.extras
        groups = _for_tests(project.pyproject.at("tool", "poetry", "group").keys)
        options = [f"--extras {name}" for name in extras] + [f"--with {name}" for name in groups]
        setup, prefix, name = " ".join(["poetry install --no-interaction", *options]), "poetry run python -m ", "poetry"
    else:
        return None
    bring = toolchain_steps.RUN.format(name={"uv": "uv", "poetry": "Poetry"}[name], command=f"pipx install {name}")
    return ProjectNeeds((Guess(setup, reason),), _tested(tests, prefix), steps=(bring,))


def _is_poetry(project: _Project) -> bool:
    return bool(project.folder.has("poetry.lock") or project.pyproject.at("tool", "poetry"))


def _direct(project: _Project, tests: _Tests | None) -> ProjectNeeds | None:
    if tests and (tests.name == "unittest" or project.extras or project.groups or project.requirements):
        return ProjectNeeds(_installed(project, tests), _tested(tests, "python -m "))
    return None


def _runner(project: _Project) -> ProjectNeeds | None:
    name = _other_runner(project.folder)
    if not name:
        return None
    reason = f"{name} is configured"
    test = {"tox": "python -m tox run -e py", "nox": "python -m nox"}[name]
    return ProjectNeeds((Guess(f"python -m pip install {name}", reason),), (Guess(test, reason),))


def _other_runner(folder: Folder) -> str:
    tox = folder.has("tox.toml") or "tox" in folder.ini("tox.ini") or "testenv" in folder.ini("tox.ini")
    if tox or folder.toml("pyproject.toml").at("tool", "tox"):
        return "tox"
    return "nox" if folder.has("noxfile.py") else ""


def _installed(project: _Project, tests: _Tests | None) -> tuple[Guess, ...]:
    """Return one `pip install` with everything, so that pip sees all the versions asked for at once."""
    arguments, reasons = [], []
    if project.installable:
        arguments.append(f'-e ".[{project.extras[0]}]"' if project.extras else "-e .")
        reasons.append(f"the package with its extra `{project.extras[0]}`" if project.extras else "the package itself")
    arguments += [f"-r {name}" for name in project.requirements] + [f"--group {name}" for name in project.groups]
    reasons += [*project.requirements, *(f"the dependency group `{name}`" for name in project.groups)]
    if tests and tests.name == "pytest" and not _PYTEST.search(project.needs):
        arguments.append("pytest")
        reasons.append("pytest, which no file asks for")
    newer = Guess('python -m pip install "pip>=25.1"', "the first pip that knows dependency groups")
    install = Guess(f"python -m pip install {' '.join(arguments)}", " and ".join(reasons))
    return (*([newer] if project.groups else []), install) if arguments else ()


def _tested(tests: _Tests | None, prefix: str) -> tuple[Guess, ...]:
    if tests is None:
        return ()
    unittest = f"unittest discover -s {tests.where}" if tests.where else "unittest discover"
    return (Guess(prefix + ("pytest -q" if tests.name == "pytest" else unittest), tests.why),)
