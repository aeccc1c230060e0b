"""Placeholders that models write are found; comments of real code are not."""

from __future__ import annotations

import sysconfig
from itertools import islice
from pathlib import Path

import pytest

from mtor_action.manifest.bodies.elision import placeholders

HERE = Path(__file__).parent


def lines_of(name: str) -> list[str]:
    return (HERE / "elision" / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", lines_of("placeholders.txt"))
def test_a_placeholder_is_found(line: str) -> None:
    assert placeholders(f"x = 1\n    {line}\n".encode()) == [1]


@pytest.mark.parametrize("line", lines_of("code.txt"))
def test_an_ordinary_line_is_none(line: str) -> None:
    assert placeholders(f"    {line}\n".encode()) == []


def test_the_standard_library_has_next_to_none() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    bodies = [path.read_bytes() for path in islice(sorted(library.glob("*.py")), 200)]

    assert sum(body.count(b"\n") for body in bodies) > 50_000
    assert sum(len(placeholders(body)) for body in bodies) <= 1


def test_long_lines_and_long_bodies_are_read_in_linear_time() -> None:
    assert placeholders(b"# existing " * 200_000) == []
    assert placeholders((b"#" * 60 + b" " * 40 + b"existing x\n") * 5_000) == []
