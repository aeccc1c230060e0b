"""`python -m standins.github [--port N] [FOLDER]`: prints its addresses and a token, runs until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from standins.github.sandbox import GitHubSandbox

NAME, PERSON = "acme/widget", "alice"


def main() -> int:
    """Serve one repository with the files below FOLDER until SIGINT or SIGTERM; exit 64 if it is not a folder."""
    parser = argparse.ArgumentParser(prog="python -m standins.github")
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="the repository's first commit")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.folder and not options.folder.is_dir():
        sys.stderr.write(f"standins.github: {options.folder} is not a folder; name one whose files are to be served\n")
        return 64
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory() as root, GitHubSandbox(Path(root), port=options.port, validate=False) as github:
        repository = github.repository(NAME, _files(options.folder), roles={PERSON: "write"})
        token = repository.token(PERSON).value
        sys.stdout.write(f"GITHUB_API_URL={github.api_url}\nGITHUB_TOKEN={token}\n")
        sys.stdout.write(f"git clone http://{PERSON}:{token}@{repository.clone_url.partition('//')[2]}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _files(folder: Path | None) -> dict[str, bytes] | None:
    """What is below the folder, by path; None without one. git's own folder is left out."""
    if folder is None:
        return None
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


if __name__ == "__main__":
    sys.exit(main())
