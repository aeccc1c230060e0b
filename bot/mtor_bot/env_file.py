"""bot.env: one NAME=VALUE a line, as `docker run --env-file`, compose, systemd and a shell read it alike.

They differ in quotes, spaces, dollar signs and backslashes: what is written here has none of them. What is read is
taken as docker takes it: the value as it is.
https://docs.docker.com/reference/cli/docker/container/run/#env (read 2026-11-29)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PLAIN = re.compile(r"[\w./:~+@%,=-]*", re.ASCII)


def is_env_file(file: Path) -> bool:
    """Return whether a settings file is NAME=VALUE lines, judged by its name; all others are TOML."""
    return file.suffix == ".env" or file.name == ".env"


def parse(text: str) -> dict[str, str]:
    """Return the variables. Raises ValueError with the line for anything but NAME=VALUE, a comment or a blank."""
    variables = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(f"line {number} is not NAME=VALUE")
        variables[name] = value
    return variables


def is_plain(value: str) -> bool:
    """Return whether docker, compose, systemd and a shell all read the value in the same way."""
    return _PLAIN.fullmatch(value) is not None


def render(variables: Mapping[str, str], comments: Mapping[str, str]) -> str:
    """Return the file's text; `comments` go above their variable. Raises ValueError for a value that is not plain."""
    lines = []
    for name, value in variables.items():
        if not is_plain(value):
            raise ValueError(f"{name} cannot be written without quotes")
        lines += [*(f"# {line}" for line in comments.get(name, "").splitlines()), f"{name}={value}"]
    lines += [f"# {line}" for line in comments.get("", "").splitlines()]
    return "\n".join(lines) + "\n"
