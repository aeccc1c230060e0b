"""Reads the text of Python's unittest runner (`python -m unittest`, Django), of Python 3.6 to 3.14."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.test_output.failure import FailureReading, OutputSection, Summary, excerpt, places_until
from mtor_action.test_output.masking import mask

_RAN = lazy_pattern(r"^Ran (\d{1,9}) tests? in \d")
_HEADING = lazy_pattern(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (.+)$")
_NAME = lazy_pattern(r"^(\S+) \(([^()\s]+)\)(.*)$")
_SKIPPED = lazy_pattern(r"^(?:OK|FAILED) \(.*\bskipped=(\d{1,9})")
_ENDED = lazy_pattern(r"^(?:OK|FAILED|NO TESTS RAN)\b")
_FAILED = lazy_pattern(r"\b(?:failures|errors|unexpected successes)=(\d{1,9})")
_RULE = "=" * 70
_FAILED_IMPORT = "unittest.loader._FailedTest"


def read(lines: Sequence[str]) -> OutputSection | None:
    """Read what unittest says in these lines; None if unittest did not write them."""
    ran = [index for index, line in enumerate(lines) if _RAN.match(line)]
    if not ran:
        return None
    headings = [
        index + 1 for index, line in enumerate(lines[: ran[-1]]) if line == _RULE and _HEADING.match(lines[index + 1])
    ]
    imports = {_id(lines[index]): _error(lines, index) for index in headings if _FAILED_IMPORT in lines[index]}
    ids = frozenset(_id(lines[index]) for index in headings)
    reading = FailureReading(
        runner="unittest",
        ids=ids,
        keys=frozenset(f"{name} [{imports[name]}]" if name in imports else name for name in ids),
        tests_run=sum(_executed(lines, index) for index in ran),
        first_failure=excerpt(lines, headings[0], _end(lines, headings)) if headings else "",
        broken=bool(imports),
        summaries=tuple(Summary("unittest", _failed(lines, index, headings)) for index in ran),
        places=places_until([(index, _id(lines[index])) for index in headings], lines, _ends, ran[-1]),
    )
    return OutputSection(min([*headings, *ran]) - 1, ran[-1], reading)


def _ends(line: str) -> bool:
    """Return whether a failure's lines end before this one: at a rule, of `=` or before `Ran 3 tests`."""
    return line == _RULE or bool(_RAN.match(line))


def _id(heading: str) -> str:
    match = _HEADING.match(heading)
    name_match = _NAME.match(match[1]) if match else None
    if name_match is None:
        return heading.partition(": ")[2].strip()
    name, owner, subtest = name_match.groups()
    if owner.startswith(_FAILED_IMPORT):
        return name
    # Python 3.11 began to put the method's name into the parentheses too.
    return (owner if owner.endswith("." + name) else f"{owner}.{name}") + subtest.rstrip()


def _error(lines: Sequence[str], heading: int) -> str:
    """Return the last line of the traceback under a heading, masked."""
    last = ""
    for line in lines[heading + 2 : heading + 400]:
        if line == _RULE or _RAN.match(line) or line == "-" * 70:
            break
        last = line if line.strip() else last
    return mask(last)[:200]


def _end(lines: Sequence[str], headings: list[int]) -> int:
    if len(headings) > 1:
        return headings[1] - 1
    return next(index for index in range(headings[0], len(lines)) if _RAN.match(lines[index])) - 1


def _failed(lines: Sequence[str], ran: int, headings: list[int]) -> int:
    """Return the count below `Ran 3 tests`; without it (the process was ended) that of the failures listed before."""
    ended = next((line for line in lines[ran + 1 : ran + 4] if _ENDED.match(line)), None)
    if ended is None:
        return sum(heading < ran for heading in headings)
    return sum(int(number) for number in _FAILED.findall(ended)) if ended.startswith("FAILED") else 0


def _executed(lines: Sequence[str], ran: int) -> int:
    match = _RAN.match(lines[ran])
    total = int(match[1]) if match else 0
    skipped = next((hit for line in lines[ran + 1 : ran + 4] if (hit := _SKIPPED.match(line))), None)
    return max(total - int(skipped[1]), 0) if skipped else total
