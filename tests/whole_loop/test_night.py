"""`make demo`: labels and comments in, pull requests and reasons out, with the bot, the stages and coaching."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.act
@pytest.mark.timeout(900)
def test_the_demo_s_night_goes_as_it_says(installed: Path) -> None:
    command = [sys.executable, str(ROOT / "demo" / "night.py")]
    environment = {**os.environ, "MTOR_INSTALL_DIR": str(installed)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=890, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "Show prices in euros  clean",
        "Read a shopping list  fixed",
        "Ten pieces for the price of nine  stalled",
        "Print a receipt  stalled",
        "Sell quinces  rejected",
        "Sell cherries in the old release  clean",
        "Sell figs  clean",
        "Read a price list  fixed",
        "| Lists that people type have blank lines and comments: skip both, and test both.",
        "All as expected",
    ):
        assert line in done.stdout
