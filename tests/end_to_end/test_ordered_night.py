"""`make demo` begins with a night that has an order: eight specs, two chains and a diamond, drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_ordered_night_goes_as_it_says() -> None:
    command = [sys.executable, str(ROOT / "demo" / "ordered_night.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "● shelves.md  clean" in done.stdout
    assert "All as expected" in done.stdout
