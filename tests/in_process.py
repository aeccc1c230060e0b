"""Which tests start neither a process nor a server: `pytest --in-process`, which `make check` runs, takes only those.

It is read from their imports, followed through our own code as far as they go; what is imported for types alone does
not count. A conftest counts where the test names one of its fixtures. A wrong answer fails: see `forbid_processes`.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / name for name in ("tests", "demo", "action", "bot", ".")]
STARTS = {"subprocess", "multiprocessing", "pty", "socketserver", "http.server", "uvicorn", "standins"}
EVENTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "socket.bind")


def is_in_process(test: Path) -> bool:
    """Whether the module's tests start nothing, as far as imports tell."""
    if starts(test):
        return False
    conftests = [folder / "conftest.py" for folder in test.parents if (folder / "conftest.py").is_file()]
    names = set(_asked_for(_tree(test)))
    needed = [path for path in conftests if names & fixtures(path)]
    return not any(starts(path) for path in needed)


def in_process_tests() -> list[str]:
    """The paths of all such modules."""
    return [str(test) for test in (ROOT / "tests").rglob("test_*.py") if is_in_process(test)]


def _asked_for(tree: ast.Module) -> Iterator[str]:
    """Names of fixtures, among others: of arguments, and what `usefixtures` and `getfixturevalue` are given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"usefixtures", "getfixturevalue"}:
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def starts(module: Path) -> str | None:
    """The first import reached from the module that starts processes or servers, None if there is none."""
    left, seen = [module], {module}
    while left:
        for name in imported(left.pop()):
            if name in STARTS or name.partition(".")[0] in STARTS:
                return name
            path = source(name)
            if path and path not in seen:
                seen.add(path)
                left.append(path)
    return None


@cache
def imported(module: Path) -> tuple[str, ...]:
    """Dotted names of all that the module imports at some time, `from a import b` as both `a` and `a.b`."""
    names: list[str] = []
    for node in _executed(_tree(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


@cache
def fixtures(conftest: Path) -> frozenset[str]:
    """Names of the functions that are decorated as fixtures."""
    functions = [node for node in ast.walk(_tree(conftest)) if isinstance(node, ast.FunctionDef)]
    return frozenset(each.name for each in functions if any("fixture" in ast.dump(it) for it in each.decorator_list))


@cache
def source(name: str) -> Path | None:
    """The file of one of our own modules, None for another's."""
    base = Path(*name.split("."))
    candidates = (folder / end for folder in SOURCES for end in (base.with_suffix(".py"), base / "__init__.py"))
    return next((path for path in candidates if path.is_file()), None)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The statements below; no expression has an import in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _executed(child)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def forbid_processes() -> None:
    """From now on, fail whatever starts a process or listens; it cannot be undone in this process."""

    def refuse(event: str, _: object) -> None:
        if event in EVENTS:
            raise AssertionError(f"{event} in a test that its imports say starts nothing: see tests/in_process.py")

    sys.addaudithook(refuse)
