"""Install mtor for the action: exactly the packages of `requirements/`, by hash, in a virtual environment.

    python3 -I install.py work|publish|event FOLDER makes FOLDER, or leaves it alone if it is complete
    python3 -I install.py model FOLDER              adds the extra `model` to it, once a command turned red
    python3 -I install.py symbols FOLDER PACKAGE    adds one grammar of the extra `symbols`, once a spec needs it

This uses only the standard library. Without MTOR_APP_PRIVATE_KEY it leaves out the packages for signing as an App.
Only the variables of `PIP_SETTINGS` reach pip, and no file of the repository or of the user does; the machine's own
`/etc/pip.conf` counts. https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

OLDEST_PYTHON = (3, 11)
HERE = Path(__file__).resolve().parent
ADDED = ("model", "symbols")
STAGES = ("work", "publish", "event", *ADDED)
GRAMMAR_RUNTIME = "tree-sitter"
# Only whoever publishes as an App with its own key has to sign: the App's server, or GitHub, gives a token.
KEY_OF_APP = "MTOR_APP_PRIVATE_KEY"
# Where packages come from and who vouches for the connection; not where they go or what is asked for.
PIP_SETTINGS = """
    PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST PIP_PROXY PIP_CERT PIP_CLIENT_CERT
    PIP_TIMEOUT PIP_DEFAULT_TIMEOUT PIP_RETRIES SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    CURL_CA_BUNDLE http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
"""
# What pip says when it fails, what that means, and the next step. The first that is found counts.
PIP_FAILURES = (
    (
        "DO NOT MATCH THE HASHES",
        "a package is not the one that this version of mtor was tested with, so nothing of it was installed",
        "run it again; if that does not help, the package index or its mirror is wrong: tell its administrator",
    ),
    (
        "connection broken by",
        "the package index cannot be reached",
        "let the runner reach it, or name a mirror in PIP_INDEX_URL; behind a proxy set HTTPS_PROXY",
    ),
    (
        "No matching distribution",
        "the package index has no ready-made package for this machine and this Python",
        "run on ubuntu-24.04, or name a complete mirror in PIP_INDEX_URL",
    ),
    ("No space left", "the disk is full", "free space on the runner"),
)


class InstallError(Exception):
    """An installation that cannot go on: what is wrong, and the next step as `hint`."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(arguments: list[str]) -> int:
    """Install, or say as GitHub's annotation why not."""
    try:
        stage, folder, *packages = arguments
        install(stage, Path(folder), *packages)
    except (InstallError, OSError) as error:
        hint = getattr(error, "hint", "see the line above; free space or permissions on the runner may be the reason")
        print(annotation(f"{error}; next: {hint}"), flush=True)
        return 1
    return 0


def annotation(text: str) -> str:
    """Return an error on the run's page.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::error title=mtor::{escaped}"


def install(stage: str, folder: Path, *packages: str) -> None:
    """Make `folder` hold what `stage` needs, of `symbols` the `packages`. Raises InstallError. Two at once wait."""
    if sys.version_info < OLDEST_PYTHON:
        raise InstallError(f"mtor needs Python 3.11, this is {sys.version.split()[0]}", "run on ubuntu-24.04 or later")
    if stage not in STAGES:
        raise InstallError(f"there is no stage {stage!r}", f"one of {', '.join(STAGES)}")
    if (stage == "symbols") != bool(packages):
        raise InstallError(f"the stage {stage} with {len(packages)} packages", "name the packages of symbols alone")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = folder / "installed"
        had = marker.read_text().split() if marker.is_file() else []
        listed = _list_for(stage)
        added = ":".join([listed, *packages])
        if added in had or (listed == "work" and "publish" in had):
            return
        print(f"mtor: installing what the stage {stage} needs", flush=True)
        started = time.monotonic()
        # Without its marker a folder is begun anew: what a kill leaves behind may look complete to pip.
        marker.unlink(missing_ok=True)
        if stage not in ADDED:
            _make(folder)
            had = []
        elif not had:
            raise InstallError(f"{folder} is not complete, so nothing is added to it", "run the workflow again")
        try:
            _add(listed, folder, packages)
        except InstallError:
            marker.write_text(" ".join(had))
            raise
        marker.write_text(" ".join([*had, added]))
        print(f"mtor: installed in {time.monotonic() - started:.1f} s", flush=True)


def _list_for(stage: str) -> str:
    """Return the name of the list of packages: `work` for all that ask GitHub and do not sign."""
    signs = stage == "publish" and os.environ.get(KEY_OF_APP, "").strip()
    return stage if stage in ADDED or signs else "work"


def _make(folder: Path) -> None:
    """A virtual environment with mtor's own code and, for later, a copy of this installer that only we can change."""
    shutil.rmtree(folder, ignore_errors=True)
    completed = _run([sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)], folder.parent, folder)
    pip = _pip()
    if completed.returncode or pip is None:
        missing = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        reason = _tail(completed.stdout) if completed.returncode else "this Python comes without pip"
        raise InstallError(f"a virtual environment cannot be made: {reason}", f"install {missing}")
    (folder / "home").mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    with zipfile.ZipFile(pip) as wheel:
        wheel.extractall(packages)
    shutil.copytree(HERE / "mtor_action", packages / "mtor_action", ignore=ignore)
    shutil.copytree(HERE / "requirements", folder / "requirements", ignore=ignore)
    shutil.copyfile(__file__, folder / "install.py")


def _pip() -> Path | None:
    """The wheel that Python's own ensurepip installs: installing it so takes several seconds, unpacking it does not.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    distributions = sysconfig.get_config_var("WHEEL_PKG_DIR")  # where Linux distributions keep it
    folders = [distributions] if distributions else []
    folders.append(Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled"))
    return next((wheel for folder in folders for wheel in Path(folder).glob("pip-*-py3-none-any.whl")), None)


def _add(name: str, folder: Path, packages: tuple[str, ...]) -> None:
    options = ["--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--no-compile"]
    exactly = ["--require-hashes", "--only-binary", ":all:", "--no-deps"]
    listed = folder / "requirements" / f"{name}.txt"
    if packages:
        named = folder / "home" / "named.txt"
        named.write_text(_entries(listed.read_text(), {GRAMMAR_RUNTIME, *packages}))
        listed = named
    requirements = ["--requirement", str(listed)]
    python = str(folder / "bin" / "python")
    completed = _run([python, "-I", "-m", "pip", "install", *options, *exactly, *requirements], folder / "home", folder)
    if completed.returncode:
        print(_tail(completed.stdout, 20), file=sys.stderr, flush=True)
        for sign, message, hint in PIP_FAILURES:
            if sign in completed.stdout:
                raise InstallError(message, hint)
        raise InstallError(f"pip failed: {_tail(completed.stdout)}", "see the lines above")


def _entries(requirements: str, packages: set[str]) -> str:
    """Return the entries of a requirements file for these packages, with their hashes."""
    entries = [f"{entry}\n" for entry in requirements.replace("\\\n", " ").splitlines()]
    chosen = {entry.partition("==")[0]: entry for entry in entries if entry.partition("==")[0] in packages}
    unknown = ", ".join(sorted(packages - set(chosen)))
    if unknown:
        raise InstallError(f"{unknown} is not a package of this version of mtor", "run the workflow again")
    return "".join(chosen.values())


def _run(command: list[str], directory: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name in PIP_SETTINGS.split()}
    environment.update(PATH="/usr/bin:/bin", HOME=str(folder / "home"), LC_ALL="C.UTF-8")
    return subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _tail(output: str, lines: int = 1) -> str:
    return "\n".join(output.strip().splitlines()[-lines:]) or "it printed nothing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
