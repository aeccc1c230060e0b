"""`python -m standins.model --script FILE [--port N]`: prints its api_base, runs until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from standins.model.script import load_script
from standins.model.server import ModelServer


def main() -> int:
    """Serve the script until SIGINT or SIGTERM; exit 64 if the script is not one."""
    parser = argparse.ArgumentParser(prog="python -m standins.model")
    parser.add_argument("--script", type=Path, required=True, help="YAML or JSON list of steps")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    try:
        script = load_script(options.script)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"standins.model: {error}\n")
        return 64
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ModelServer(script, port=options.port) as server:
        sys.stdout.write(f"{server.api_base}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
