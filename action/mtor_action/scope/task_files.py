"""The commands in the task files that commands start: scripts of package.json, makefiles, and their like."""

from __future__ import annotations

import fnmatch
import itertools
import posixpath
import re
from typing import TYPE_CHECKING

from mtor_action.scope import programs
from mtor_action.untyped import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Texts = Callable[[str], Sequence[str]]

_INSTALLS = frozenset(
    {"i", "ci", "install", "add", "update", "rebuild", "install-test", "it", "cit", "clean-install", "dedupe"}
)
_LIFECYCLE = (
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "dependencies",
)
_OF_ALL_PACKAGES = frozenset({
    "-w", "-ws", "--workspace", "--workspaces", "-r", "--recursive", "--filter", "-F", "workspaces",
    "workspace", "turbo", "lerna", "nx",
})  # fmt: skip
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile", "BSDmakefile")
_MOST_ROUNDS = 50


def commands(
    words: Sequence[str], folders: Iterable[str], paths: Sequence[str], texts: Texts
) -> Iterator[tuple[str, str]]:
    """Yield the commands that `words` start by way of a task file in one of `folders`, each with its folder."""
    names = {word.rpartition("/")[2] for word in words[:6]}
    for folder in sorted(folders):
        if names & programs.package_runners():
            yield from _package_scripts(words, folder, texts)
        if names & programs.makes():
            yield from _makes(words, folder, paths, texts)
        for name in names & programs.task_files().keys():
            yield from _whole_files(programs.task_files()[name], folder, texts)
    if names & programs.package_runners() and not _OF_ALL_PACKAGES.isdisjoint(word.partition("=")[0] for word in words):
        for path in paths:
            if posixpath.basename(path) == "package.json":
                yield from _package_scripts(words, posixpath.dirname(path), texts)
    if "generate" in words and "go" in names:
        yield from _generators(paths, texts)


def _package_scripts(words: Sequence[str], folder: str, texts: Texts) -> Iterator[tuple[str, str]]:
    for text in texts(posixpath.join(folder, "package.json")):
        scripts = _scripts(text)
        waiting = _asked_scripts(words, scripts)
        done_names: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in done_names or name not in scripts:
                continue
            done_names.add(name)
            body = scripts[name]
            yield body, folder
            waiting |= {f"pre{name}", f"post{name}"} | _asked_scripts(re.split(r"[\s&|;'\"]+", body), scripts)


def _asked_scripts(words: Sequence[str], scripts: Iterable[str]) -> set[str]:
    """Return the names of scripts that the words may mean; with pre and post."""
    names = {
        name for name in scripts for word in words if name == word or ("*" in word and fnmatch.fnmatch(name, word))
    }
    if not {"t", "tst", "it", "cit", "install-test"}.isdisjoint(words):
        names.add("test")
    if not _INSTALLS.isdisjoint(words) or list(words) in (["yarn"], ["pnpm"], ["bun"]):
        names.update(_LIFECYCLE)
    return names | {f"{when}{name}" for name in names for when in ("pre", "post")}


def _scripts(text: str) -> dict[str, str]:
    read = parsed_json(text)
    scripts = read.get("scripts") if isinstance(read, dict) else None
    return {name: body for name, body in scripts.items() if isinstance(body, str)} if isinstance(scripts, dict) else {}


_ASSIGNMENT = re.compile(r"^[ ]*(?:export[ ]+|override[ ]+)?([\w.-]+)[ ]*(?::{0,3}|\?|\+|!)=[ ]*(.*)$")
_INCLUDE = re.compile(r"^[ ]*[-s]?include[ ]+(.+)$")
_RULE = re.compile(r"^([^\t#=:][^#=:]*?)[ ]*::?(?!=)([^;=]*)(?:;(.*))?$")
_REFERENCE = re.compile(r"\$\(([\w.-]+)\)|\$\{([\w.-]+)\}")


def _makes(words: Sequence[str], folder: str, paths: Sequence[str], texts: Texts) -> Iterator[tuple[str, str]]:
    option_files = [word for before, word in itertools.pairwise(words) if before in ("-f", "--file", "--makefile")]
    queue = [posixpath.normpath(posixpath.join(folder, name)) for name in (*_MAKEFILES, *option_files)]
    targets: dict[str, list[str]] = {}
    variables = {"MAKE": "make", "CURDIR": ".", "CC": "cc", "CXX": "c++"}
    first, read = "", set[str]()
    while queue and len(read) < _MOST_ROUNDS:
        path = queue.pop(0)
        if path in read:
            continue
        read.add(path)
        for text in texts(path):
            # What is included decides, whether or not a target of it is asked for.
            yield f"run {path}", ""
            included, first_target = _makefile(text, targets, variables)
            first = first or first_target
            for name in included:
                queue += _matching(posixpath.normpath(posixpath.join(folder, name)), paths)
    goals = [word for word in words if word in targets] or [first]
    for line in _recipes(goals, targets):
        yield _expanded(line, variables), folder


def _makefile(text: str, targets: dict[str, list[str]], variables: dict[str, str]) -> tuple[list[str], str]:
    """Read into `targets` prerequisites and, after a tab, recipe lines; return the includes and the first target."""
    included: list[str] = []
    first, current = "", list[str]()
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if line.startswith("\t"):
            for target in current:
                targets[target].append(line)
        elif match := _INCLUDE.match(line):
            included += _expanded(match[1], variables).split()
        elif match := _ASSIGNMENT.match(line):
            variables[match[1]] = match[2]
        elif match := _RULE.match(line):
            current = _expanded(match[1], variables).split()
            for target in current:
                targets.setdefault(target, []).extend(_expanded(match[2], variables).split())
                if match[3]:
                    targets[target].append(f"\t{match[3]}")
            first = first or next((target for target in current if not target.startswith(".")), "")
    return included, first


def _recipes(goals: Sequence[str], targets: dict[str, list[str]]) -> Iterator[str]:
    waiting, done_targets = list(goals), set[str]()
    while waiting:
        target = waiting.pop()
        if target in done_targets:
            continue
        done_targets.add(target)
        for line in targets.get(target) or _patterns(target, targets):
            if line.startswith("\t"):
                yield line.strip().lstrip("@-+ ")
            else:
                waiting.append(line)


def _patterns(target: str, targets: dict[str, list[str]]) -> list[str]:
    """Return the lines of the pattern rules that could make the target."""
    return [
        line
        for name, lines in targets.items()
        if "%" in name and fnmatch.fnmatch(target, name.replace("%", "*"))
        for line in lines
    ]


def _expanded(line: str, variables: dict[str, str]) -> str:
    for _ in range(5):
        expanded = _REFERENCE.sub(lambda match: variables.get(match[1] or match[2], match[0]), line)
        if expanded == line or len(expanded) > 100_000:
            break
        line = expanded
    return line.replace("$$", "$")


def _matching(pattern: str, paths: Sequence[str]) -> list[str]:
    pattern = _REFERENCE.sub("*", pattern)
    return [path for path in paths if fnmatch.fnmatch(path, pattern)] if "*" in pattern else [pattern]


def _whole_files(names: Sequence[str], folder: str, texts: Texts) -> Iterator[tuple[str, str]]:
    for name in names:
        for text in texts(posixpath.join(folder, name)):
            yield f"run {posixpath.join(folder, name)}", ""
            for line in text.splitlines():
                yield f"run {re.sub(r'[][{}(),]', ' ', line)}", folder


def _generators(paths: Sequence[str], texts: Texts) -> Iterator[tuple[str, str]]:
    for path in paths:
        if path.endswith(".go"):
            for text in texts(path):
                for match in re.finditer(r"^//go:generate[ \t]+(.+)$", text, re.MULTILINE):
                    yield match[1], posixpath.dirname(path)
