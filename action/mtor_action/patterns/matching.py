"""The child process that runs the patterns of gates: JSON on stdin, one line of JSON a gate on stdout.

    in   {"seconds": 2.0, "files": [[PATH, [[LINE, TEXT], …]], …], "gates": [{"pattern": …, "files": [INDEX, …]}, …]}
    out  {"hits": [[PATH, LINE, TEXT], …], "more": false, "fault": ""}

It is run by its path, without our package, because some patterns would run forever or use all memory.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from contextlib import suppress
from typing import TypedDict

_MOST_HITS = 20
_MOST_CHARACTERS = 200
_MOST_BYTES = 1 << 30


class _GatePattern(TypedDict):
    pattern: str
    files: list[int]  # indexes


class GateAnswer(TypedDict):
    """The answer about one gate: places as path, line from 1 and text; `more` were left out; what is wrong with it."""

    hits: list[tuple[str, int, str]]
    more: bool
    fault: str


class _Expired(Exception):
    pass


def _expire(*_: object) -> None:
    raise _Expired


def _checked(gate: _GatePattern, files: list[tuple[str, list[tuple[int, str]]]], seconds: float) -> GateAnswer:
    hits: list[tuple[str, int, str]] = []
    fault, at = "", "compiling it"
    # Python's engine looks for signals while it matches.
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        pattern = re.compile(gate["pattern"])
        for path, lines in (files[index] for index in gate["files"]):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            for number, text in lines:
                at = f"{path}:{number}"
                if pattern.search(text):
                    hits.append((path, number, text.strip()[:_MOST_CHARACTERS]))
                    if len(hits) > _MOST_HITS:
                        return {"hits": hits[:-1], "more": True, "fault": ""}
    except (re.error, OverflowError, RecursionError) as error:
        fault = f"its pattern is not a valid regular expression: {error}"
    except _Expired:
        fault = f"its pattern took more than {seconds:g} s at {at}"
    except MemoryError:
        fault = f"its pattern took too much memory at {at}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {"hits": hits, "more": False, "fault": fault}


def _limit_memory() -> None:
    # Not everywhere is there such a limit, and the time limit holds all the same.
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))


def _main() -> None:
    _limit_memory()
    question = json.load(sys.stdin.buffer)
    signal.signal(signal.SIGALRM, _expire)
    for gate in question["gates"]:
        sys.stdout.write(json.dumps(_checked(gate, question["files"], question["seconds"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
