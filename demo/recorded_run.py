"""The terminal session in the README, recorded: its spec, its command lines, and what they print here.

.venv/bin/python demo/recorded_run.py     plays the session anew and writes it into README.md

The spec is the README's `markdown` fence. The session is each `console` fence after `<!-- recorded -->`.
tests/docs/test_readme.py plays it too and compares everything but times, ids and commits.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
SPEC = re.compile(r"^````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"(?<=<!-- recorded -->\n```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
# What the session calls the folder that it is played in.
PLACE = "~/hello"


def recorded(page: str) -> str:
    """`page` with each recorded session as it is played now, in a new repository."""
    spec = SPEC.search(page)
    if spec is None:
        raise LookupError("the page has no spec, expected a fence of four backticks with `markdown`")
    with tempfile.TemporaryDirectory() as folder:
        root = new_repository(Path(folder).resolve() / "hello", spec[1])
        return SESSION.sub(lambda session: played(root, session[1]), page)


def new_repository(root: Path, spec: str) -> Path:
    """A repository with one commit on main, and the spec beside it as greet.md."""
    git("init", "--quiet", "--initial-branch=main", str(root), cwd=root.parent)
    for setting in ("user.name=Ada", "user.email=ada@example.org", "commit.gpgsign=false"):
        git("config", *setting.split("="), cwd=root)
    (root / "README.md").write_text("# Hello\n", encoding="utf-8")
    git("add", "--all", cwd=root)
    git("commit", "--quiet", "--message", "Begin", cwd=root)
    (root / "greet.md").write_text(spec, encoding="utf-8")
    return root


def played(root: Path, session: str) -> str:
    """The command lines of `session`, each followed by what it prints now."""
    lines = []
    for line in session.splitlines():
        if line.startswith("$ "):
            done = subprocess.run(
                shlex.split(line.removeprefix("$ "), comments=True),
                cwd=root,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            printed = done.stdout.decode("utf-8", "replace").replace(str(root), PLACE)
            lines += [line, *(text.rstrip() for text in printed.splitlines())]
    return "".join(f"{line}\n" for line in lines)


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, env=environment(), check=True)


def environment() -> dict[str, str]:
    """This interpreter's mtor first on PATH, nobody's git configuration, and a terminal of 100 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MTOR"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "COLUMNS": "100"}


if __name__ == "__main__":
    README.write_text(recorded(README.read_text(encoding="utf-8")), encoding="utf-8")
