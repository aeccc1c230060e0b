"""The tokens of specs in their old and new forms: `python benchmarks/spec_tokens.py OLD.md NEW.md [OLD.md NEW.md …]`.

o200k_base, whose vocabulary comes with litellm. Old forms are create, write, delete, move, edit with hunks, and patches
with counts; the pairs are given by whoever measures, since specs for other people's projects quote their code.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import NamedTuple


class Measured(NamedTuple):
    """One pair of specs; tokens."""

    name: str
    old: int
    new: int

    @property
    def share(self) -> float:
        """The new form's part of the old one's tokens, in percent."""
        return 100 * self.new / self.old


def count_tokens(text: str) -> int:
    """Return the tokens of o200k_base."""
    package = importlib.util.find_spec("litellm")
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise SystemExit("litellm is not installed: pip install '.[model]'")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folders[0]) / "litellm_core_utils" / "tokenizers")
    import tiktoken

    return len(tiktoken.get_encoding("o200k_base").encode(text, disallowed_special=()))


def measured(old: Path, new: Path) -> Measured:
    """Read and count one pair."""
    return Measured(new.stem, count_tokens(old.read_text()), count_tokens(new.read_text()))


def table(rows: list[Measured]) -> str:
    """Return the rows and their sum as a Markdown table."""
    rows = [*rows, Measured("all", sum(row.old for row in rows), sum(row.new for row in rows))]
    lines = ["| spec | old forms | new forms | share |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {row.name} | {row.old:,} | {row.new:,} | {row.share:.0f} % |" for row in rows)])


def main(paths: list[str]) -> None:
    """Print the table of the pairs that were named."""
    if not paths or len(paths) % 2:
        raise SystemExit((__doc__ or "").split("\n", maxsplit=1)[0])
    pairs = zip(paths[::2], paths[1::2], strict=True)
    print(table([measured(Path(old), Path(new)) for old, new in pairs]))


if __name__ == "__main__":
    main(sys.argv[1:])
