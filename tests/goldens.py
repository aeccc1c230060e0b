"""Expected texts that are files, so that a change of wording shows in review.

MTOR_WRITE_GOLDENS=1 writes them anew wherever they are compared; read the difference before you keep it.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "MTOR_WRITE_GOLDENS"


def is_writing() -> bool:
    """Whether goldens are to be written; "" and "0" say no."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def write(golden: Path, text: str) -> None:
    """Keep `text`, with its line ends as they are."""
    golden.write_text(text, encoding="utf-8", newline="")


def assert_golden(golden: Path, text: str) -> None:
    """Compare byte for byte; a golden that does not exist is empty."""
    if is_writing():
        write(golden, text)
    expected = golden.read_bytes().decode() if golden.exists() else ""
    # str.splitlines would split at the odd characters that some goldens are about
    diff = "\n".join(unified_diff(expected.split("\n"), text.split("\n"), golden.name, "now", lineterm=""))
    assert text == expected, f"{diff}\n\nif this is wanted: {VARIABLE}=1 .venv/bin/pytest and the test's name"
