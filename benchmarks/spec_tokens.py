"""The tokens of specs in their old and new forms: `python benchmarks/spec_tokens.py [--prove] FOLDER`.

FOLDER has a folder for each spec with `old.md`, `new.md` and `commit`: one line `CLONE COMMIT`. Old forms are create,
write, edit with hunks, and files in delete and move. With --prove both are applied by `mtor apply` to a checkout of the
commit's parent, and must give the commit's tree. The specs are written by whoever measures, and are not here, since
they quote other people's code. Tokens are of o200k_base, whose vocabulary comes with litellm.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

FORMS = ("old", "new")


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


def measured(folder: Path) -> Measured:
    """Read and count one pair."""
    return Measured(folder.name, *(count_tokens((folder / f"{form}.md").read_text()) for form in FORMS))


def table(rows: list[Measured]) -> str:
    """Return the rows and their sum as a Markdown table."""
    rows = [*rows, Measured("all", sum(row.old for row in rows), sum(row.new for row in rows))]
    lines = ["| spec | old forms | new forms | share |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {row.name} | {row.old:,} | {row.new:,} | {row.share:.0f} % |" for row in rows)])


def prove(folder: Path) -> list[str]:
    """Return what is wrong with a pair: an error of `mtor apply`, or a tree that is not the commit's."""
    clone, commit = (folder / "commit").read_text().split()
    wrong = []
    for form in FORMS:
        with tempfile.TemporaryDirectory() as scratch:
            _git(Path(clone), "clone", "-q", "--shared", "--no-checkout", ".", scratch)
            _git(Path(scratch), "checkout", "-q", f"{commit}^")
            command = [sys.executable, "-m", "mtor_action", "apply", str((folder / f"{form}.md").resolve())]
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
            _git(Path(scratch), "add", "-A")
            if done.returncode:
                wrong.append(f"{folder.name} {form}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
            elif _git(Path(scratch), "write-tree") != _git(Path(scratch), "rev-parse", f"{commit}^{{tree}}"):
                wrong.append(f"{folder.name} {form}: {_git(Path(scratch), 'diff', '--cached', commit)[:2000]}")
    return wrong


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Print the table of the pairs in the folder; 1 if one does not give its commit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prove", action="store_true", help="apply both forms, and compare with the commit")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folder.glob("*/new.md"))
    print(table([measured(folder) for folder in folders]))
    wrong = [line for folder in folders for line in prove(folder)] if arguments.prove else []
    print("\n".join(wrong) or ("both forms of each give the commit's tree" if arguments.prove else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
