"""A unified diff, file by file, for reading: paths, counts and lines."""

from __future__ import annotations

from mtor_action.lazy_dataclasses import NamedTuple


class FileDiff(NamedTuple):
    """One file of a diff: the lines between `diff --git` and the first `@@`, and those from there on."""

    path: str  # relative to the repository
    header: tuple[str, ...]
    body: tuple[str, ...]
    added: int  # lines
    removed: int  # lines


def split_diff(text: str) -> list[FileDiff]:
    """Return the files of a diff as git prints it. Anything that is not one is shown as one file without a name."""
    files: list[FileDiff] = []
    title = ""
    lines: list[str] = []
    # Not splitlines: a form feed or U+2028 inside a line is part of that line.
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("diff --git "):
            if lines or title:
                files.append(_file(title, lines))
            title, lines = line, []
        else:
            lines.append(line)
    if title or any(lines):
        files.append(_file(title, lines))
    return files


def _file(title: str, lines: list[str]) -> FileDiff:
    start = next((index for index, line in enumerate(lines) if line.startswith("@@")), len(lines))
    body = lines[start:]
    return FileDiff(
        path=_path(title, lines[:start]),
        header=tuple(lines[:start]),
        body=tuple(body),
        added=sum(line.startswith("+") for line in body),
        removed=sum(line.startswith("-") for line in body),
    )


def _path(title: str, header: list[str]) -> str:
    for mark in ("+++ ", "--- ", "rename to "):
        for line in header:
            name = line.removeprefix(mark).rstrip("\t").strip('"')
            if line.startswith(mark) and name != "/dev/null":
                return name if mark == "rename to " else name.split("/", 1)[-1]
    # A mode change, an empty or a binary file: only the title has the name, twice.
    names = title.removeprefix("diff --git ")
    return names[: len(names) // 2].strip('" ').split("/", 1)[-1] or "(diff)"
