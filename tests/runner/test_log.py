from __future__ import annotations

import io

import pytest

from mtor_action.processes.commands import CommandResult
from mtor_action.redaction.redactor import Redactor
from mtor_action.runner.log import Log

_KEY = "zq9-not-of-any-known-shape"


def _said(*, output: bytes = b"", command: str = "make") -> list[str]:
    stream = io.StringIO()
    with Log(stream, Redactor({"A_KEY": _KEY})) as log:
        log.started("test", command)
        log.finished(CommandResult("test", command, 1, 0.5, output, len(output)))
    return stream.getvalue().splitlines()


def test_a_commands_output_is_in_a_group_where_the_runner_obeys_nothing() -> None:
    group, stop, output, resume, end, last = _said(output=b"hello\n\n")
    word = stop.removeprefix("::stop-commands::")
    assert (group, output, end, last) == (
        "::group::test: make",
        "hello",
        "::endgroup::",
        "mtor: test: failed with exit code 1",
    )
    assert resume == f"::{word}::"
    assert len(word) == 32
    assert word != _said()[1].removeprefix("::stop-commands::")


@pytest.mark.parametrize("end", ["stopped", "crash"])
def test_the_runner_obeys_again_whatever_happens(end: str) -> None:
    stream = io.StringIO()
    log = Log(stream, Redactor({}))
    with pytest.raises(RuntimeError), log:  # noqa: PT012  the crash is what is tested
        log.started("test", "make")
        if end == "stopped":
            log.stopped()
        raise RuntimeError
    word = stream.getvalue().splitlines()[1].rpartition("::")[2]
    assert stream.getvalue().splitlines()[2:] == [f"::{word}::", "::endgroup::"]


@pytest.mark.parametrize(
    "line", [b"::set-output name=a::b", b"  ::error::x", b"##[error]x", b"a\r::add-path::/x", b"\x1b[0m::x::"]
)
def test_no_line_of_a_command_is_one_of_ours_even_without_the_stop(line: bytes) -> None:
    shown = _said(output=line)[2:-3]
    assert not [each for each in shown if each.lstrip().startswith(("::", "##["))]


def test_no_secret_is_shown_and_no_command_breaks_out_of_its_groups_title() -> None:
    said = _said(output=_KEY.encode(), command=f"echo {_KEY} ::endgroup::%0A\n::set-env::")
    assert _KEY not in "\n".join(said)
    assert said[0] == "::group::test: echo [redacted] ::endgroup::%250A"


def test_masks_and_annotations_are_escaped_as_the_runner_reads_them() -> None:
    stream = io.StringIO()
    log = Log(stream, Redactor({}))
    log.mask(["two\r\nlines%"])
    log.command("error", "a: b, c%\n", {"file": "x,y:z%.py", "line": "3", "title": ""})
    assert stream.getvalue().splitlines() == [
        "::add-mask::two%0D%0Alines%25",
        "::error file=x%2Cy%3Az%25.py,line=3::a: b, c%25%0A",
    ]


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    Log(stream, Redactor({})).say("hello")
