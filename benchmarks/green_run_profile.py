"""Where the time of a green run goes: imports, git processes, and the phases of the run itself.

    python benchmarks/green_run_profile.py [check|run]

Three runs of the same spec, 13 files and 33 KB, each in a fresh repository: one with Python's own list of imports
(https://docs.python.org/3/using/cmdline.html#cmdoption-X), one that counts the git processes and their processor time,
one under cProfile. A profiler makes everything slower, calls most of all: believe the shares, not the seconds.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import re
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zero_token_run import ENVIRONMENT, fresh_repository, write_case

from mtor_action.cli.main import main as mtor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
# In the order of a run: a module of ours, and its function.
_PHASES = {
    "read and parse the spec": ("sources.py", "read_specs"),
    "plan it against the base": ("preparation.py", "prepare"),
    "enter the working tree": ("workspace.py", "__enter__"),
    "run the commands": ("verdict.py", "verdict"),
    "commit": ("workspace.py", "commit"),
    "leave the working tree": ("workspace.py", "__exit__"),
    "the difference": ("diff_text.py", "diff_text"),
    "write the report": ("report_files.py", "write_report"),
}
_MOST_MODULES, _MOST_PACKAGES = 15, 14
_STANDARD = "the standard library"
_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", nargs="?", default="run", choices=("check", "run"))
    parser.add_argument("--inside", choices=("git", "calls"), help=argparse.SUPPRESS)
    parser.add_argument("--spec", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        inside = {"git": git_processes, "calls": calls}[arguments.inside]
        json.dump(inside(lambda: mtor([arguments.verb, arguments.spec])), sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "case")
        write_case(work, 13, 33_000)
        command = [arguments.verb, str(work / "spec.md")]
        show_imports(stderr_of(work, ["-X", "importtime", "-m", "mtor_action", *command]))
        this = [str(Path(__file__).resolve()), arguments.verb, "--spec", str(work / "spec.md"), "--inside"]
        show_git(json.loads(stderr_of(work, [*this, "git"])))
        show_calls(json.loads(stderr_of(work, [*this, "calls"])))


def stderr_of(work: Path, arguments: list[str]) -> str:
    """Run Python with the arguments in a fresh repository, and return the last lines that it wrote to stderr."""
    repository = fresh_repository(work / "repository")
    command = [sys.executable, *arguments]
    process = subprocess.run(command, cwd=repository, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(process.stderr)
    return process.stderr[process.stderr.find("{") :] if "--inside" in arguments else process.stderr


def show_imports(listing: str) -> None:
    modules = [(int(match[1]) / 1000, match[2]) for match in map(_IMPORT.match, listing.splitlines()) if match]
    taken_by = defaultdict[str, list[float]](list)
    for taken, name in modules:
        package = name.partition(".")[0]
        taken_by[_STANDARD if package in sys.stdlib_module_names else package].append(taken)
    print(f"{len(modules)} modules, each without those that it imports")
    for package, times in sorted(taken_by.items(), key=lambda item: -sum(item[1])):
        print(f"{sum(times):>9.1f} ms{len(times):>5}  {package}")
    print(f"\nthe {_MOST_MODULES} slowest")
    for taken, name in sorted(modules, reverse=True)[:_MOST_MODULES]:
        print(f"{taken:>9.1f} ms       {name}")


def git_processes(run: Callable[[], object]) -> dict[str, Any]:
    """Return the arguments and the processor milliseconds of every process that `run` starts, in order."""
    started: list[tuple[str, float]] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            started.append((words(arguments[1]), _children()))

    sys.addaudithook(note)
    run()
    ends = [before for _, before in started[1:]] + [_children()]
    return {"processes": [(name, end - before) for (name, before), end in zip(started, ends, strict=True)]}


def words(command: Iterable[object]) -> str:
    """Return a command line without the options that every git of ours gets."""
    kept, skipped = [], False
    for word in map(os.fsdecode, command):  # type: ignore[arg-type]
        if not (skipped or word == "-c" or word.startswith(("--git-dir", "--work-tree", "--no-pager", "--literal"))):
            kept.append(word)
        skipped = word == "-c" and "git" in kept[:1]
    return " ".join(kept)[:90]


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000


def show_git(measured: dict[str, Any]) -> None:
    processes = measured["processes"]
    print(f"\n{len(processes)} processes, {sum(taken for _, taken in processes):.0f} ms of their own")
    for name, taken in processes:
        print(f"{taken:>9.1f} ms       {name}")


def calls(run: Callable[[], object]) -> dict[str, Any]:
    """Return the seconds of the phases, imports and waiting included, and those of the code of each package."""
    profile = cProfile.Profile()
    profile.runcall(run)
    functions = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # (file, line, name) → calls and seconds
    phases: dict[str, float] = {}
    packages = defaultdict[str, float](float)
    for (file, _, name), (_, _, own, cumulative, _) in functions.items():
        packages[_package(file)] += own
        label = next((label for label, phase in _PHASES.items() if phase == (Path(file).name, name)), None)
        if label and "mtor_action" in file:
            phases[label] = cumulative
    return {"phases": phases, "packages": sorted(packages.items(), key=lambda item: -item[1])[:_MOST_PACKAGES]}


def _package(file: str) -> str:
    parts = Path(file).parts
    if "mtor_action" in parts:
        return "mtor_action." + parts[parts.index("mtor_action") + 1]
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if file.startswith("<frozen importlib"):
        return "finding and loading modules"
    return "functions in C" if file == "~" else f"Python's {Path(*parts[-2:])}".replace(f"{_PYTHON}/", "")


def show_calls(measured: dict[str, Any]) -> None:
    print("\nphases, waiting for git and imports on the way included")
    for label in _PHASES:
        if label in measured["phases"]:
            print(f"{measured['phases'][label] * 1000:>9.1f} ms       {label}")
    print("\ncode of")
    for package, taken in measured["packages"]:
        print(f"{taken * 1000:>9.1f} ms       {package}")


if __name__ == "__main__":
    main()
