"""Running git: one environment, no hooks, no prompts, no redirection by what the caller's shell exported."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mtor_action.errors import GitError, RepositoryError
from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.redaction.secret_names import without_secrets

# https://git-scm.com/docs/git-config: settings by which a repository could run code, ask or start daemons.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.alternateRefsCommand=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
)
_OPTIONS = ("--no-pager", "--literal-pathspecs", *(word for s in _SETTINGS for word in ("-c", s)))

# Everything else that begins with GIT_ could point git at another repository, index or object store.
_KEPT = ("GIT_CONFIG_", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
_KEPT_EXACTLY = ("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
_FORCED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}


class Git(NamedTuple):
    """One working tree: `root` is its top folder, `git_dir` its own absolute git folder.

    `keep_open` are file descriptors that every git process inherits: the run's lock, so that a git that outlives
    a killed run still counts as that run.
    """

    root: Path
    git_dir: Path
    keep_open: tuple[int, ...] = ()

    @classmethod
    def open(cls, directory: Path) -> Git:
        """Return the working tree that holds `directory`. Raises RepositoryError with the next step."""
        # The folder of the repository comes first: it is printed even where there is no working tree.
        query = ("rev-parse", "--is-bare-repository", "--absolute-git-dir", "--show-toplevel")
        command = ["git", *_OPTIONS, *query]
        try:
            completed = subprocess.run(
                command,
                cwd=directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as e:
            raise _cannot_start(directory) from e
        except NotADirectoryError as e:
            raise RepositoryError(f"{directory} is not a directory", "name a folder with --repo DIR") from e
        answers = os.fsdecode(completed.stdout).split("\n")
        if completed.returncode or len(answers) < 3:
            raise _no_working_tree(directory, answers, completed.stderr)
        return cls(root=Path(answers[2]), git_dir=Path(answers[1]))

    @property
    def common_dir(self) -> Path:
        """The git folder that all linked working trees share: branches, objects, configuration."""
        try:
            pointer = (self.git_dir / "commondir").read_text(encoding="utf-8").rstrip("\n")
        except FileNotFoundError:
            return self.git_dir
        return (self.git_dir / pointer).resolve()

    @property
    def state_dir(self) -> Path:
        """The folder of mtor's own state: lock, journal, jobs."""
        return self.git_dir / "mtor"

    def command(self, *args: str) -> list[str]:
        """Return the argument vector for `git ARGS` on this working tree, wherever a command moved `.git` meanwhile."""
        return ["git", *_OPTIONS, f"--git-dir={self.git_dir}", f"--work-tree={self.root}", *args]

    def run(self, *args: str, stdin: bytes | None = None, environ: Mapping[str, str] | None = None) -> bytes:
        """Return what `git ARGS` prints; `environ` adds to the usual environment. Raises GitError with git's words."""
        stdin_kind = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.start(*args, stdin=stdin_kind, environ=environ)
        with process:
            out, err = process.communicate(stdin)
        if process.returncode:
            raise git_failed(args, process.returncode, err)
        return out

    def start(
        self,
        *args: str,
        stdin: int = subprocess.DEVNULL,
        stderr: int = subprocess.PIPE,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Return `git ARGS` as a running process whose stdout is a pipe. The caller waits for it."""
        try:
            return subprocess.Popen(
                self.command(*args),
                cwd=self.root,
                env={**_environment(), **(environ or {})},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=self.keep_open,
            )
        except FileNotFoundError as e:
            raise _cannot_start(self.root) from e


def git_failed(args: tuple[str, ...], status: int, stderr: bytes | None) -> GitError:
    """Return the error for `git ARGS` that ended with `status`."""
    words = (stderr or b"").decode("utf-8", "replace").strip() or f"exit status {status}"
    command = " ".join(args if len(args) <= 8 else (*args[:8], "…"))
    return GitError(f"`git {command}` failed: {words}", "run the command by hand to see what git needs")


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a process's stream that was asked for as a pipe."""
    if stream is None:
        raise TypeError("this process was started without that pipe")
    return stream


def ask_cat_file(process: subprocess.Popen[bytes], question: str) -> list[str]:
    """Return the words of the line with which `git cat-file --batch…` answers. Raises GitError if it has ended."""
    stdin = pipe(process.stdin)
    try:
        stdin.write(f"{question}\n".encode())
        stdin.flush()
    except BrokenPipeError as error:
        raise GitError("git cat-file ended while mtor was reading from it", "run again") from error
    return pipe(process.stdout).readline().decode("utf-8", "replace").split()


def _environment() -> dict[str, str]:
    # What git was started with is where commands of the same user can read it.
    variables = {
        name: value
        for name, value in without_secrets(os.environ).items()
        if not name.startswith("GIT_") or name.startswith(_KEPT) or name in _KEPT_EXACTLY
    }
    return {**variables, **_FORCED}


def _cannot_start(directory: Path) -> RepositoryError:
    if not directory.is_dir():
        return RepositoryError(f"{directory} does not exist", "name a folder with --repo DIR")
    return RepositoryError("git was not found", "install git 2.39 or later and see that it is in PATH")


def _no_working_tree(directory: Path, answers: list[str], stderr: bytes) -> RepositoryError:
    if answers[0] == "true":
        return RepositoryError(f"{answers[1]} is a bare repository", "clone it and run mtor in the clone")
    words = stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in words:
        return RepositoryError(
            f"git refuses {directory}: it belongs to another user",
            f"if you trust it: git config --global --add safe.directory {directory.resolve()}",
        )
    if answers[0] == "false":
        return RepositoryError(f"{directory} is inside a git folder", "run mtor in the working tree, or use --repo DIR")
    if "not a git repository" in words:
        return RepositoryError(f"{directory} is not in a git repository", "run `git init` there, or use --repo DIR")
    return RepositoryError(f"git cannot open {directory}: {words}", "run `git status` there to see what is wrong")
