"""`make demo-local`: a spec on a real project, start to end, and a wrong one. Exits with 1 if not all is as expected.

Nothing here needs a key, a token or an account; the network is used once, to fetch the project.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from real_project import BUILD, REQUIREMENT, SPEC, WRONG_SPEC, environment, fetch, git, make_repository, state

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = BUILD / "iniconfig"
RULES = ("unknown-key", "near-miss", "path", "elision", "no-change")
BRANCH = "mtor/add-converters-test-the-readme"
COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class UnexpectedError(Exception):
    """A step did something else than the demo says."""


def main() -> int:
    """Every step in order."""
    begun = time.monotonic()
    try:
        prepare()
        wrong_spec()
        right_spec()
        same_again()
    except Exception as error:  # noqa: BLE001  whatever it is, a person reads it here
        print(paint(f"\nNot as expected: {error}", "1;31"))
        return 1
    print(paint(f"\nAll as expected, in {time.monotonic() - begun:.1f} s and at zero tokens.", "1;32"))
    print(f"The branch {BRANCH} is in {short(REPOSITORY)}; the report is a page for any browser:\n  {report()}")
    return 0


def prepare() -> None:
    heading(f"A real project: {REQUIREMENT}, from the package index, as a git repository")
    root = make_repository(fetch(), REPOSITORY)
    print(f"  {short(root)}: {len(git(root, 'ls-files').splitlines())} files on main")


def wrong_spec() -> None:
    heading("A spec with five different mistakes: all reported at once, nothing written")
    before = state(REPOSITORY)
    output = mtor("run", short(WRONG_SPEC), "--repo", short(REPOSITORY), exit_code=2)
    expect(all(f"[{rule}]" in output for rule in RULES), f"the rules {', '.join(RULES)}")
    expect(state(REPOSITORY) == before, "untouched files and refs")


def right_spec() -> None:
    heading("A spec with exact code: create, edit, move, delete; then the project's own tests; then a branch")
    output = mtor("run", short(SPEC), "--repo", short(REPOSITORY))
    expect(output.startswith("CLEAN") or "\nCLEAN" in output, "the outcome clean")
    expect(git(REPOSITORY, "symbolic-ref", "--short", "HEAD") == "main", "to be back on main")
    run("git", "-C", short(REPOSITORY), "log", "--stat", "--format=%h %s", f"main..{BRANCH}")


def same_again() -> None:
    heading("The way back: the branch as a spec; applied to main it gives the same files")
    back = BUILD / "back.md"
    command = ["spec", "--from-diff", f"main..{BRANCH}", "--repo", short(REPOSITORY)]
    text = mtor(*command, into=back)
    blocks = sum(line.startswith("## ") for line in text.splitlines())
    print(f"  {len(text.encode())} bytes: settings that move and delete, and {blocks} blocks")
    mtor("apply", short(back), "--repo", short(REPOSITORY), last=1)
    git(REPOSITORY, "add", "--all")
    expect(git(REPOSITORY, "write-tree") == git(REPOSITORY, "rev-parse", f"{BRANCH}^{{tree}}"), "the branch's tree")
    heading("Twice is once: the first spec finds its work done")
    expect("already applied" in mtor("apply", short(SPEC), "--repo", short(REPOSITORY), last=1), "already applied")
    git(REPOSITORY, "reset", "--quiet", "--hard")


def mtor(*arguments: str, exit_code: int = 0, into: Path | None = None, last: int | None = None) -> str:
    return run("mtor", *arguments, exit_code=exit_code, into=into, last=last)


def run(*command: str, exit_code: int = 0, into: Path | None = None, last: int | None = None) -> str:
    """Show a command line and what it prints (or its `last` lines), or print `into` a file."""
    print(paint("$ " + shlex.join(command) + (f" > {short(into)}" if into else ""), "1"))
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    output = done.stdout.decode("utf-8", "replace")
    if into is not None:
        into.write_bytes(done.stdout)
    else:
        shown = [line for line in output.splitlines() if line.strip()]
        print(indented("\n".join(shown) if last is None else f"… {' '.join(shown[-last:])}"))
    expect(done.returncode == exit_code, f"exit code {exit_code}, not {done.returncode}\n{output if into else ''}")
    return output


def report() -> Path:
    pages = sorted((REPOSITORY / ".git" / "mtor" / "jobs").glob("*/report.html"), key=lambda page: page.stat().st_mtime)
    expect(bool(pages), "an HTML report")
    return pages[-1]


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        raise UnexpectedError(f"expected {what}")


def heading(text: str) -> None:
    print(paint(f"\n{text}", "1;36"), flush=True)


def indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if COLOUR else text


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
