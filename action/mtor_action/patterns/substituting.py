r"""The child process that runs the regular expressions of `subst` blocks: JSON on stdin, one line of JSON on stdout.

    in   {"seconds": 2.0, "files": [[LINE, …], …], "hunks": [{"pattern": …, "template": …}, …]}
    out  {"places": [[[FILE, LINE, TIMES], …] for each hunk], "lines": [[FILE, LINE, TEXT], …], "fault": "", "hunk": 0}

FILE and LINE are indexes. It is run by its path, without our package, because some patterns would run forever.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from contextlib import suppress
from typing import TypedDict

_MOST_BYTES = 1 << 30
_MOST_SECONDS = 30  # of processor time, should nobody be left who waits
_LONGEST_LINE = 1_000_000
_MOST_TEXT = 20_000_000  # characters that one hunk may write


class _RegexHunk(TypedDict):
    pattern: str
    template: str


class _SubstQuestion(TypedDict):
    seconds: float
    files: list[list[str]]
    hunks: list[_RegexHunk]


class SubstAnswer(TypedDict):
    """The answer: for each hunk its [file, line, times], the changed lines, what is wrong, and with which hunk."""

    places: list[list[list[int]]]
    lines: list[tuple[int, int, str]]
    fault: str
    hunk: int


class _PatternExpired(Exception):
    pass


class _Wrong(Exception):
    pass


def _expire(*_: object) -> None:
    raise _PatternExpired


def _replaced(pattern: re.Pattern[str], template: str, line: str, at: str) -> tuple[str, int]:
    """Return the line with every match replaced, and their number."""
    pieces: list[str] = []
    end = times = 0
    for match in pattern.finditer(line):
        if match.start() == match.end():
            raise _Wrong(f"it matches the empty text at {at}, expected at least one character; use + for *")
        pieces += [line[end : match.start()], match.expand(template)]
        end, times = match.end(), times + 1
    if not times:
        return line, 0
    text = "".join([*pieces, line[end:]])
    if any(sign in text for sign in "\n\r\0") or len(text) > _LONGEST_LINE:
        raise _Wrong(f"REPLACE gives more than one line, or a character that no line may have, at {at}")
    if pattern.search(text):
        raise _Wrong(
            f"it still matches what REPLACE writes at {at}, so a second run would change it again; "
            "exclude that, for example with (?!…) or \\b"
        )
    return text, times


def _hunk_places(hunk: _RegexHunk, files: list[list[str]], seconds: float) -> list[list[int]]:
    """Replace in the files' lines, in place; return [file, line, times] for each line that matched."""
    places = []
    left = _MOST_TEXT
    pattern = re.compile(hunk["pattern"])
    for number, lines in enumerate(files):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for at, line in enumerate(lines):
            text, times = _replaced(pattern, hunk["template"], line, f"FILE{number}:{at + 1}")
            if times:
                lines[at] = text
                left -= len(text)
                if left < 0:
                    raise _Wrong(f"REPLACE gives more than {_MOST_TEXT:,} characters")
                places.append([number, at, times])
    return places


def _answered(question: _SubstQuestion) -> SubstAnswer:
    files, seconds = question["files"], question["seconds"]
    places: list[list[list[int]]] = []
    fault = ""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        # One at a time, so that `hunk` is the number of the first that is wrong.
        for hunk in question["hunks"]:
            places += [_hunk_places(hunk, files, seconds)]
    except _Wrong as wrong:
        fault = str(wrong)
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        fault = f"not a valid regular expression or REPLACE for it: {error}"
    except _PatternExpired:
        fault = f"it took more than {seconds:g} s on one file"
    except MemoryError:
        fault = "it took too much memory"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    changed = {(file, line) for hunk in places for file, line, _ in hunk}
    lines = [] if fault else [(file, line, files[file][line]) for file, line in sorted(changed)]
    return {"places": places, "lines": lines, "fault": fault, "hunk": len(places)}


def _limit() -> None:
    # Not everywhere are there such limits, and the time limit holds all the same.
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))


def _main() -> None:
    _limit()
    question = json.load(sys.stdin.buffer)
    signal.signal(signal.SIGALRM, _expire)
    sys.stdout.write(json.dumps(_answered(question)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
