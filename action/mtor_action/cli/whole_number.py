"""A whole number on the command line, as argparse takes its types."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number_of(unit: str, most: int) -> Callable[[str], int]:
    """Return the reader of a number from 1 to `most`; it raises ArgumentTypeError, which names the `unit`."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and 0 < int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {unit} from 1 to {most}")

    return read
