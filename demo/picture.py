"""The picture in the README: the report of a run that an implementer repaired, as a browser shows it.

make demo && .venv/bin/python demo/picture.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 1000, 850


def main() -> int:
    """Write PICTURE from the last page of the night that ended `fixed`."""
    pages = sorted((ROOT / "build" / "demo" / "night").glob("*-fixed.html"))
    if not pages:
        print("there is no report: run `make demo` first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
            *(f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={PICTURE}"),
            pages[-1].as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=90)
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
