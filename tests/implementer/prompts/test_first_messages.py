"""What a conversation begins with of a file that is too long to be shown whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripted_runs import block, spec
from standins.model import say

if TYPE_CHECKING:
    from scripted_runs import Runner

LONG = "# A licence of many lines.\n" + "".join(
    f"\n\ndef filler_{number}():\n    return {number}\n" for number in range(80)
)


def begun(runner: Runner, output: str, text: str = LONG, path: str = "lib.py") -> str:
    """The files in the first message of a conversation, whose question nobody could answer."""
    root = runner.repository({"README": "A library.\n"}, protocol="text", samples=1)
    test = f"[ ! -e {path} ] || {{ echo '{output}'; false; }}"
    body = spec(None, blocks=[block("create", path, text)], test=[test])
    run = runner.run([say("I do not know.")] * 6, root=root, text=body)
    return str(next(asked[1]["content"] for asked in run.asked if "# The files" in asked[1]["content"]))


def test_a_file_of_which_nothing_is_named_is_shown_from_its_beginning_with_what_it_defines(runner: Runner) -> None:
    asked = begun(runner, "it is wrong")
    assert "lib.py defines, with lines: filler_0 4-5, filler_1 8-9, " in asked
    assert "filler_59 240-241 and 20 more." in asked
    assert "lib.py, lines 1-81 of 321:" in asked


def test_what_the_failing_output_calls_is_shown_with_what_is_around_it(runner: Runner) -> None:
    asked = begun(runner, "lib: filler_60() is 59")
    assert "lib.py, lines 204-284 of 321:" in asked
    assert "def filler_60():" in asked
    assert "defines, with lines" not in asked


def test_a_file_that_no_parser_reads_is_shown_from_its_beginning(runner: Runner) -> None:
    asked = begun(runner, "it is wrong", LONG.replace("def", "sub"), "lib.pl")
    assert "lib.pl, lines 1-81 of 321:" in asked
    assert "defines, with lines" not in asked
