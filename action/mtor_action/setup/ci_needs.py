"""The needs that a project's own CI adds to those of its files: versions, installs, services, tests.

Each thing says where it is from. What depends on a matrix, an expression or a secret is never copied.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.setup import toolchain_steps
from mtor_action.setup.ci_jobs import CiAction, CiCommand, CiJob, matches, testing_job
from mtor_action.setup.ci_services import services_of
from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The actions that detection brings by itself: the input with the version, and the line that detection writes where the
# project's files name none.
_VERSIONS = {
    "actions/setup-python": ("python-version", 'python-version: "3.x"'),
    "actions/setup-node": ("node-version", 'node-version: "lts/*"'),
}
_VERSION = re.compile(r"(?:\d|lts|pypy|graalpy)[A-Za-z0-9.*/-]{0,30}")
_SETUP_ACTION = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/setup-(?P<name>[a-z0-9-]{1,40})@(?P<revision>[A-Za-z0-9._/-]{1,100})"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_INPUT = re.compile(r"[a-z][a-z0-9-]{0,40}")
_INPUT_VALUE = re.compile(r"[A-Za-z0-9._/:+ ,@*~^<>=-]{1,100}")
# Actions that detection sets up in its own way, without a cache.
_KNOWN = frozenset({"python", "node", "go", "uv", "pnpm", "bun"})
_APT = re.compile(r"(?:sudo )?apt(?:-get)? (?:-\S+ )*install (?P<words>.+)")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{1,80}(?:=[A-Za-z0-9.+:~*-]{1,60})?")
_PLAYWRIGHT = re.compile(r"(?P<call>.*\bplaywright) install(?P<words>(?: [A-Za-z0-9-]+)*)")
# Words of package managers that install the project itself, which detection does in its own way.
_MANAGERS = re.compile(
    r"(?:(?:python3? -m )?(?P<pip>pip)|uv pip|"
    r"(?P<name>uv|poetry|npm|pnpm|yarn|bun|go|cargo|bundle|composer|dotnet|mix))\b"
)
_OF_THE_PROJECT = re.compile(
    r"(?:^| )(?:-e|-r|--editable|--requirement|--group|\.{1,2}(?:\[.*|/.*)?|[\"']\.{1,2}[\[/\"'].*)(?: |$)"
)
_TOOLS = frozenset(["pip", "setuptools", "wheel", "build", "hatch", "tox", "nox", "uv", "poetry", "pipx"])


def complete(project: ProjectNeeds, top: Path) -> ProjectNeeds:
    """Return the needs with what the first job that tests has beyond them."""
    job = testing_job(top)
    if job is None:
        return project
    services, remarks = services_of(job)
    toolchain, remarks_of_actions = _toolchain(project.steps, job)
    commands = [step for step in job.steps if isinstance(step, CiCommand)]
    brought = _browsers_of_playwright(commands)
    setup = _once(project.setup, (Guess(text, job.source) for text in (*_installs(project, commands), *brought)))
    steps_of_system = tuple(filter(None, (_system_packages(commands, job), _system_of_playwright(commands, job))))
    test = project.test or _once((), (Guess(command.as_setting, job.source) for command in job.tests))
    return project._replace(
        setup=setup,
        test=test,
        maybe=() if test else project.maybe,
        steps=(*toolchain, *steps_of_system),
        services=services,
        remarks=(*remarks, *remarks_of_actions),
    )


def _once(existing: tuple[Guess, ...], more: Iterable[Guess]) -> tuple[Guess, ...]:
    by_command = {guess.command: guess for guess in existing}
    for guess in more:
        by_command.setdefault(guess.command, guess)
    return tuple(by_command.values())


def _toolchain(existing: tuple[str, ...], job: CiJob) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps with the versions that the job names and with its own set-up actions, and what is left out."""
    written, remarks = list(existing), []
    for action in job.steps:
        match = _SETUP_ACTION.fullmatch(action.uses) if isinstance(action, CiAction) else None
        if match is None or not isinstance(action, CiAction):
            continue
        written = [_with_version(step, action, job) for step in written]
        if match["name"] in _KNOWN or f"uses: {action.uses.partition('@')[0]}@" in "".join(written):
            continue
        if _COMMIT.fullmatch(match["revision"]):
            written.append(_copied(action, match["name"], job))
        else:
            remarks.append(
                f"{job.file}, job {job.name}, uses {action.uses}: add it to `your toolchain` by its full commit id, "
                "without a cache"
            )
    return tuple(written), tuple(dict.fromkeys(remarks))


def _with_version(step: str, action: CiAction, job: CiJob) -> str:
    name = action.uses.partition("@")[0]
    key, default = _VERSIONS.get(name, ("", ""))
    version = dict(action.with_).get(key, "").strip()
    if not key or f"uses: {name}@" not in step or not _VERSION.fullmatch(version):
        return step
    return step.replace(default, f'{key}: "{version}" # {job.source}')


def _copied(action: CiAction, name: str, job: CiJob) -> str:
    """Return the step again, without inputs that would let it keep a cache."""
    inputs = [
        f'    {key}: "{value}"\n'
        for key, value in action.with_
        if "cache" not in key and "token" not in key and _INPUT.fullmatch(key) and _INPUT_VALUE.fullmatch(value)
    ]
    comment = action.version_comment or job.source
    uses = f"- name: {name.capitalize()}\n  uses: {action.uses} # {comment}\n"
    return uses + ("  with:\n" + "".join(inputs) if inputs else "")


def _system_packages(commands: list[CiCommand], job: CiJob) -> str:
    """Return a step with the packages of the job's `apt-get install`, "" if there are none."""
    packages: list[str] = []
    for command in commands:
        match = _APT.fullmatch(command.text.rpartition("&& ")[2])
        words = [word for word in match["words"].split() if not word.startswith("-")] if match else []
        packages += words if all(_PACKAGE.fullmatch(word) for word in words) else []
    if not packages:
        return ""
    install = f"sudo apt-get install --yes --no-install-recommends {' '.join(dict.fromkeys(packages))}"
    return toolchain_steps.RUN.format(
        name="System packages", command=f"sudo apt-get update && {install} # {job.source}"
    )


def _system_of_playwright(commands: list[CiCommand], job: CiJob) -> str:
    """Return the step for `--with-deps`, which needs a right that the project's commands lack."""
    if not any("--with-deps" in match["words"].split() for match in _calls_of_playwright(commands)):
        return ""
    command = f"npx --yes playwright install-deps # {job.source}: --with-deps"
    return toolchain_steps.RUN.format(name="System packages of Playwright", command=command)


def _browsers_of_playwright(commands: list[CiCommand]) -> tuple[str, ...]:
    """Return the commands that fetch browsers, for the user that the tests run as."""
    calls = _calls_of_playwright(commands)
    texts = (f"{match['call']} install{match['words'].replace(' --with-deps', '')}" for match in calls)
    return tuple(dict.fromkeys(texts))


def _calls_of_playwright(commands: list[CiCommand]) -> list[re.Match[str]]:
    listed = (command for command in commands if matches("ci_installs.txt", command.text))
    return [match for command in listed if (match := _PLAYWRIGHT.fullmatch(command.as_setting))]


def _installs(project: ProjectNeeds, commands: list[CiCommand]) -> list[str]:
    """Return the installs before the tests that detection does not do in its own way."""
    own = [match["name"] or "pip" for guess in project.setup if (match := _manager(guess.command))]
    listed = (command for command in commands if matches("ci_installs.txt", command.text))
    return [
        command.as_setting
        for command in listed
        if "playwright" not in command.text and not _is_done_by(own, command) and not _is_global(command.text)
    ]


def _manager(command: str) -> re.Match[str] | None:
    return _MANAGERS.match(command.rpartition("&& ")[2])


def _is_done_by(own: list[str], command: CiCommand) -> bool:
    match = _manager(command.text)
    if match is None:
        return False
    if match["name"] is None:  # pip, or uv's
        words = [word for word in command.text.split("install", 1)[1].split() if not word.startswith("-")]
        is_tool = all(re.split(r"[\[<>=~!]", word)[0] in _TOOLS for word in words)
        return bool(own) and (is_tool or bool(_OF_THE_PROJECT.search(command.text.split("install", 1)[1])))
    return match["name"] in own


def _is_global(command: str) -> bool:
    """Return whether it installs for all users, which the project's commands may not."""
    return bool(re.search(r"(?:^| )(?:-g|--global|--location=global|--system)(?: |$)", command)) or "sudo" in command
