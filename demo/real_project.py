"""A real project to work on: iniconfig, fetched from the package index as its authors released it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPEC = HERE / "iniconfig.md"
WRONG_SPEC = HERE / "iniconfig-wrong.md"
BUILD = HERE.parent / "build" / "demo"
REQUIREMENT = "iniconfig==2.3.1"
ARCHIVE = "iniconfig-2.3.1.tar.gz"
_SHA256 = "67f4b9c50da0dedf52af349e7749a80a9057a5031199791b906c3bb3ae878960"
_DOWNLOAD_SECONDS = 240


class NotFetchedError(Exception):
    """The source distribution could not be had from the package index; the message has pip's words."""


def fetch(folder: Path = BUILD / "sdist") -> Path:
    """The source distribution, downloaded into `folder` once. Safe in several processes. Raises NotFetchedError."""
    archive = folder / ARCHIVE
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _download(archive)
    found = sha256(archive.read_bytes()).hexdigest()
    if found != _SHA256:
        raise NotFetchedError(f"{archive} has the sha256 {found}, expected {_SHA256}; delete it and try again")
    return archive


def _download(archive: Path) -> None:
    # pip asks the index that this machine is configured for. Only the project itself must come as source.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        command += ["--no-binary", "iniconfig", "--dest", folder, REQUIREMENT]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_DOWNLOAD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotFetchedError(f"pip download {REQUIREMENT} took longer than {_DOWNLOAD_SECONDS} s") from error
        if done.returncode != 0:
            raise NotFetchedError(f"pip download {REQUIREMENT} failed, is the package index reachable?\n{done.stderr}")
        # A rename, so that a download that is cut off leaves nothing that looks whole.
        (Path(folder) / ARCHIVE).replace(archive)


def make_repository(archive: Path, root: Path) -> Path:
    """A fresh git repository at `root` with the project's files in one commit on main."""
    shutil.rmtree(root, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        shutil.move(Path(folder) / ARCHIVE.removesuffix(".tar.gz"), root)
    git(root, "init", "--quiet", "--initial-branch=main")
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgsign", "false")):
        git(root, "config", key, value)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", f"{REQUIREMENT} as released")
    return root


def git(root: Path, *arguments: str) -> str:
    """What git prints. Raises CalledProcessError."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.rstrip("\n")


def state(root: Path) -> tuple[str, str, str]:
    """All refs, where HEAD is, and what the working tree differs in: equal before and after "nothing written"."""
    return git(root, "show-ref"), git(root, "symbolic-ref", "HEAD"), git(root, "status", "--porcelain")


def environment() -> dict[str, str]:
    """For git and mtor: `python` in a spec's commands is this interpreter, and no GIT_DIR leads elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"}
