"""The picture in the README: the report of a run that an implementer repaired, as a browser shows it.

make demo && .venv/bin/python demo/picture.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from browser import command

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 1000, 850


def main() -> int:
    """Write PICTURE from the first page of the night that ended `fixed`."""
    found = (ROOT / "build" / "demo" / "night").glob("*-fixed.html")
    pages = sorted(found, key=lambda page: int(page.name.partition("-")[0]))
    if not pages:
        print("there is no report: run `make demo` first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as profile:
        options = ("--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={PICTURE}")
        subprocess.run(command(pages[0], Path(profile), *options), check=True, capture_output=True, timeout=90)
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
