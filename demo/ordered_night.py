"""`make demo`, first part: a night of eight specs with an order, two chains and a diamond, one of which is red.

Exits with 1 if not all is as expected. Nothing here needs a key, a token, an account or the network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASE = {"stock.txt": "apples 1\npears 2\n"}
# name → what comes first, the block, the test
SPECS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "plums.md": ((), "text create=plums.txt\nplums 3\n", "grep -q 3 plums.txt"),
    "prices.md": (("plums.md",), "text create=prices.txt\nplums 0.40\n", "test -f plums.txt"),
    "orders.md": ((), "text create=orders.txt\nnone yet\n", "false"),
    "invoices.md": (("orders.md",), "text create=invoices.txt\nnone yet\n", "test -f orders.txt"),
    "crates.md": ((), "text create=crates.txt\nsmall\nmiddle\nlarge\nhuge\n", "test -f crates.txt"),
    "labels.md": (
        ("crates.md",),
        "text edit=crates.txt\n<<<<<<< SEARCH\nsmall\n=======\nsmall, green\n>>>>>>> REPLACE\n",
        "grep -q green crates.txt",
    ),
    "lids.md": (
        ("crates.md",),
        "text edit=crates.txt\n<<<<<<< SEARCH\nhuge\n=======\nhuge, with a lid\n>>>>>>> REPLACE\n",
        "grep -q lid crates.txt",
    ),
    "shelves.md": (
        ("labels.md", "lids.md"),
        "text create=shelves.txt\nfor crates with labels and lids\n",
        "grep -q green crates.txt && grep -q lid crates.txt",
    ),
}
EXPECTED = dict.fromkeys(SPECS, "clean") | {"orders.md": "failing", "invoices.md": "blocked"}
DRAWN = """● plums.md  clean
● prices.md  clean

● orders.md  failing
● invoices.md  blocked

● crates.md  clean
├─╮
● │ labels.md  clean
│ ● lids.md  clean
├─╯
● shelves.md  clean"""


def main() -> int:
    """Write the specs in a wrong order, run them all at once, and compare what came of it."""
    with tempfile.TemporaryDirectory(prefix="mtor-night-") as folder:
        root = Path(folder)
        _repository(root / "stand")
        for name, (after, block, test) in SPECS.items():
            settings = json.dumps({"after": list(after), "test": [test]})
            title = name.removesuffix(".md").capitalize()
            (root / name).write_text(f"# {title}\n\n```{block}```\n\n```yaml mtor\n{settings}\n```\n", encoding="utf-8")
        names = list(SPECS)
        names = [names[-1], *names[:-1]]  # the last one first: the batch sorts itself
        print("\nA night of eight specs: two chains and a diamond, named in no order")
        print(f"$ mtor run {' '.join(names)}")
        text = _mtor(root, *names)
        graph = "\n".join(text.rstrip().split("\n")[-len(DRAWN.split("\n")) :])
        print(graph)
        outcomes = _outcomes(root / "stand")
    if graph != DRAWN or outcomes != EXPECTED:
        print(f"\nNot as expected: {outcomes}\n{text}")
        return 1
    print("\nAll as expected: six are green, one is red, and the one after it was not started.")
    return 0


def _repository(root: Path) -> None:
    root.mkdir()
    for name, text in BASE.items():
        (root / name).write_text(text, encoding="utf-8")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-q", "-m", "a stand")):
        subprocess.run(["git", *command], cwd=root, check=True)


def _mtor(root: Path, *names: str) -> str:
    command = [sys.executable, "-m", "mtor_action", "run", "--quiet", "--repo", "stand", *names]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT / "action")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _outcomes(root: Path) -> dict[str, str]:
    reports = [json.loads(path.read_text("utf-8")) for path in (root / ".git" / "mtor" / "jobs").glob("*/report.json")]
    return {report["spec"]["source"]: report["outcome"] for report in reports}


if __name__ == "__main__":
    sys.exit(main())
