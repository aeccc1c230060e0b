"""This machine: git, Python, and whether commands can run as a user of their own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong

OLDEST_GIT = (2, 39)


def git_version(_subject: DoctorSubject) -> Iterator[Finding]:
    """Check that git is installed and new enough."""
    step = f"install git {'.'.join(map(str, OLDEST_GIT))} or later"
    try:
        output = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        yield wrong("git", "it was not found", f"{step} and see that it is in PATH")
        return
    match = re.search(r"(\d+)\.(\d+)[\d.]*", output)
    if match is None or (int(match[1]), int(match[2])) < OLDEST_GIT:
        yield wrong("git", output.strip() or "it does not say its version", step)
    else:
        yield fine("git", match[0].rstrip("."))


def python(_subject: DoctorSubject) -> Iterator[Finding]:
    """Check this Python, and whether it has pip: the action installs with it."""
    import platform
    from importlib.util import find_spec

    if find_spec("pip"):
        yield fine("python", f"{platform.python_version()}, with pip")
    else:
        yield unknown("python", f"{platform.python_version()}, without pip", "a runner of your own needs it")


def isolation(_subject: DoctorSubject) -> Iterator[Finding]:
    """Check whether commands could run as another user than the process that holds the keys."""
    import os
    import shutil
    import sys

    missing = ["Linux"] if sys.platform != "linux" else []
    missing += [] if shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") else ["useradd"]
    missing += [] if os.geteuid() == 0 or _sudo() else ["root or sudo without a password"]
    if missing:
        # Not a fault: a terminal usually lacks it, while GitHub's own Linux runners have all of it.
        message = f"commands run as you here (no {', no '.join(missing)})"
        yield unknown("isolation", message, "only run specs from people you trust, or run them on GitHub's runner")
    else:
        yield fine("isolation", "commands can run as a user of their own")


def _sudo() -> bool:
    try:
        command = ["sudo", "--non-interactive", "true"]
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False
