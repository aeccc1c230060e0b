"""The smallest question: one file, what fails, "give it back"; asked afresh while the tests stay red."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import command_line
from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import APP, MODEL, SECOND, block, hunk, spec
from standins.model import Answer, call, say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Runner

RIGHT = APP.replace("wrong", "right")
REFLECTION = say("{}")
PROGRAM = '''\
import math  # for the areas


def area(radius):
    """Give the area of a circle."""
    # pi times the square
    return math.pi * radius


def double(number):
    return number * 2


"""
>>> double(2)
4
"""
'''
TEST = "import shapes\n\n\ndef test_area():\n    assert round(shapes.area(2)) == 13\n"
CONFTEST = "import sys\n\nsys.path.insert(0, '.')\n"


def given_back(text: str, language: str = "python", words: str = "The radius is not squared.") -> str:
    return f"{words}\n\n```{language}\n{text}```\n"


def shapes(runner: Runner, program: str = PROGRAM, **settings: object) -> tuple[Path, str]:
    root = runner.repository({"tests/conftest.py": CONFTEST}, **settings)
    blocks = [block("create", "shapes.py", program), block("create", "tests/test_shapes.py", TEST)]
    return root, spec(None, prose="Areas of shapes.", blocks=blocks, test=[PYTEST])


def test_one_answer_in_words_and_code_is_the_whole_repair(runner: Runner) -> None:
    root, text = shapes(runner, protocol="text")
    fixed = PROGRAM.replace("math.pi * radius", "math.pi * radius**2")
    run = runner.run([say(given_back(fixed))], root=root, text=text)
    assert (run.outcome, run.code, len(run.requests)) == ("fixed", 0, 1)
    assert run.committed("shapes.py") == fixed
    assert run.report["reflection"] == {"surprised": "The radius is not squared."}
    assert run.report["turns"][0]["form"] == "question"
    asked = run.asked[0][1]["content"]
    assert f"```python\n{PROGRAM}```" in asked
    assert "where" not in asked.partition("This fails")[2].partition("```")[0]
    assert "assert 6 == 13" in asked
    assert "Areas of shapes." in asked
    assert len(asked) / 4 < 400


def test_what_an_answer_leaves_out_of_comments_docstrings_and_layout_stays(runner: Runner) -> None:
    root, text = shapes(runner, protocol="text")
    answer = (
        "import math\ndef area(radius):\n    return math.pi * radius**2\n\ndef double(number):\n    return number * 2"
    )
    run = runner.run([say(given_back(answer + "\n"))], root=root, text=text)
    assert run.outcome == "fixed"
    assert run.committed("shapes.py") == PROGRAM.replace("math.pi * radius", "math.pi * radius**2")


def test_a_definition_alone_takes_its_place_in_the_file(runner: Runner) -> None:
    root, text = shapes(runner, protocol="text")
    answer = "def area(radius):\n    return math.pi * radius**2\n"
    run = runner.run([say(given_back(answer))], root=root, text=text)
    assert run.outcome == "fixed"
    assert run.committed("shapes.py") == PROGRAM.replace("math.pi * radius", "math.pi * radius**2")


def test_of_a_long_file_only_the_definition_that_failed_is_asked_about(runner: Runner) -> None:
    filler = "".join(f"\n\ndef filler_{number}():\n    return {number}\n" for number in range(80))
    root, text = shapes(runner, PROGRAM.replace("math.pi * radius", "math.sqrt(-radius)") + filler, protocol="text")
    answer = "def area(radius):\n    return math.pi * radius**2\n"
    run = runner.run([say(given_back(answer))], root=root, text=text)
    assert run.outcome == "fixed"
    assert run.committed("shapes.py") == PROGRAM.replace("math.pi * radius", "math.pi * radius**2") + filler
    asked = run.asked[0][1]["content"]
    assert "filler_" not in asked
    assert "definition of area" in asked


def test_a_short_file_is_shown_whole_and_its_definition_asked_for_before_all_of_it(runner: Runner) -> None:
    table = "".join(f"# {number} doubled is {2 * number}\n" for number in range(12))
    root, text = shapes(runner, PROGRAM.replace("math.pi", "pi") + table, protocol="text")
    helped = "import math as m\n\ndef area(radius):\n    return m.pie * radius**2\n"
    whole = PROGRAM.replace("math.pi * radius", "math.pi * radius**2") + table
    run = runner.run([say(given_back(helped)), say(given_back(whole))], root=root, text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert run.committed("shapes.py") == whole
    first, second = (asked[1]["content"] for asked in run.asked)
    assert first.endswith("Give the whole corrected definition of area, nothing else of the file.")
    assert second.endswith("Give the whole corrected file.")
    assert all(table in asked for asked in (first, second))
    assert [request.body["temperature"] for request in run.requests] == [0.0, 0.0]


ECHO = "shapes.py has a mistake:\n\n```python\n{code}```\n\nThis fails:\n\n```\n$ pytest\nassert 6 == 13\n```\n"


@pytest.mark.parametrize(
    "answer",
    [
        "Wrong.\n\n```python\n# Make it right\n\n" + ECHO + "\nGive the whole corrected file.",
        "Wrong.\n\n```python\n" + ECHO + "\nGive the whole corrected file.\n```\n",
        "Wrong.\n\n" + ECHO,
        ECHO.replace("{code}", PROGRAM) + "\nCorrected:\n\n```python\n{code}```\n",
        "Wrong:\n\n```text\nassert 6 == 13\n```\n\n" + ECHO,
    ],
    ids=["in a block", "in a closed block", "alone", "before the answer", "after a block"],
)
def test_an_answer_that_repeats_the_question_is_read_without_it(runner: Runner, answer: str) -> None:
    root, text = shapes(runner, protocol="text")
    fixed = PROGRAM.replace("math.pi * radius", "math.pi * radius**2")
    run = runner.run([say(answer.replace("{code}", fixed))], root=root, text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert run.committed("shapes.py") == fixed


def test_it_is_asked_afresh_at_another_temperature_and_what_a_red_answer_wrote_is_undone(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    worse = APP.replace("note = 0", "note = 1")
    script = [say(given_back(worse)), say(given_back(RIGHT))]
    run = runner.run(script, root=root)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert run.committed("app.py") == RIGHT
    assert run.asked[0] == run.asked[1]
    assert [request.body["temperature"] for request in run.requests] == [0.0, 0.8]
    assert "seed" in run.requests[1].body


def test_a_reflection_on_answers_that_were_undone_sees_what_is_red(runner: Runner) -> None:
    root = runner.repository(protocol="text", samples=2)
    worse = [say(given_back(APP.replace("note = 0", f"note = {number}"))) for number in (1, 2)]
    run = runner.run([*worse, REFLECTION], root=root, text=spec(budget={"turns": 2}))
    assert (run.outcome, len(run.requests)) == ("failing", 3)
    asked = run.asked[2][0]["content"]
    assert "How the commands ended:\n\n$ sh tests/check.sh" in asked


def test_no_two_answers_are_drawn_alike_even_where_seeds_are_ignored(runner: Runner) -> None:
    root = runner.repository(protocol="text", samples=4)
    worse = [say(given_back(APP.replace("note = 0", f"note = {number}"))) for number in (1, 2, 3)]
    run = runner.run([*worse, say(given_back(RIGHT))], root=root)
    assert (run.outcome, len(run.requests)) == ("fixed", 4)
    drawn = [(request.body["temperature"], request.body.get("seed")) for request in run.requests]
    assert len({temperature for temperature, _ in drawn}) == len({seed for _, seed in drawn}) == 4
    assert all(0 <= temperature <= 1 for temperature, _ in drawn)


def test_an_answer_that_could_not_be_taken_is_named_in_the_next_question(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    cut = Answer(text="It is wrong.\n\n```python\none = 'right'\n", finish_reason="length")
    run = runner.run([cut, say(given_back(RIGHT))], root=root)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert "the block is never closed" in run.asked[1][1]["content"]
    assert len(run.asked[1]) == 2


def test_after_its_samples_the_conversation_begins_with_what_did_not_help(runner: Runner) -> None:
    root = runner.repository(protocol="text", samples=2)
    worse = [
        say(given_back(APP.replace("note = 0", f"note = {number}"), words=f"It is note {number}.")) for number in (1, 2)
    ]
    edit = say(f"```edit=app.py\n{hunk(repr('wrong').join(('one = ', '')), repr('right').join(('one = ', '')))}\n```\n")
    run = runner.run([*worse, edit, REFLECTION], root=root)
    assert (run.outcome, run.committed("app.py")) == ("fixed", RIGHT)
    opening = run.asked[2][1]["content"]
    assert "It is note 1." in opening
    assert "It is note 2." in opening
    assert "note = 0" in opening
    assert [turn["form"] for turn in run.report["turns"]] == ["question", "question", "text"]


def test_a_model_that_calls_tools_when_asked_goes_on_with_them(runner: Runner) -> None:
    look = call("read", path="app.py")
    edit = call("edit", path="app.py", hunks=hunk("one = 'wrong'", "one = 'right'"))
    run = runner.run([look, edit, REFLECTION])
    assert (run.outcome, len(run.requests)) == ("fixed", 3)
    assert run.asked[1][-1]["role"] == "tool"


def test_a_file_that_may_not_be_shown_whole_is_not_asked_for(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    secret = "sk-" + "ant-api03-" + "a1B2c3D4" * 5
    app = APP + f"key = '{secret}'\n"
    edit = say(f"```edit=app.py\n{hunk(repr('wrong').join(('one = ', '')), repr('right').join(('one = ', '')))}\n```\n")
    run = runner.run([edit, REFLECTION], root=root, text=spec(app))
    assert run.outcome == "fixed"
    assert secret not in str(run.asked)
    assert "Give the whole corrected file" not in run.asked[0][1]["content"]
    assert run.committed("app.py") == app.replace("wrong", "right")


def test_the_next_model_is_asked_what_another_one_tried(runner: Runner) -> None:
    root = runner.repository(protocol="text", samples=1, stalls={"monologue": 1})
    talk = [say("Hm."), say("Well.")]
    run = runner.run([*talk, say(given_back(RIGHT))], root=root, models=[MODEL, SECOND])
    assert (run.outcome, run.models) == ("fixed", ["scripted-1", "scripted-1", "scripted-2"])
    assert "Why it was stopped" in run.asked[2][1]["content"]


def test_two_files_are_asked_for_by_their_paths(runner: Runner) -> None:
    root = runner.repository({"tests/both.sh": "grep -q right one.txt && grep -q right two.txt\n"}, protocol="text")
    blocks = [block("create", "one.txt", "wrong\n"), block("create", "two.txt", "wrong\n")]
    text = spec(None, blocks=blocks, test=["test ! -e one.txt || sh tests/both.sh"])
    answer = say("Both.\n\none.txt\n```\nright\n```\n\n**two.txt**\n```\nright\n```\n")
    run = runner.run([answer], root=root, text=text)
    assert (run.outcome, run.committed("one.txt"), run.committed("two.txt")) == ("fixed", "right\n", "right\n")


def test_a_crlf_file_comes_back_with_its_line_endings(runner: Runner) -> None:
    root = runner.repository({"old.py": "one = 'old'\r\ntwo = 2\r\n"}, protocol="text")
    check = f"{sys.executable} -c \"import old; assert old.one in ('old', 'right')\""
    edit = block("edit", "old.py", hunk("one = 'old'", "one = 'wrong'"))
    run = runner.run(
        [say(given_back("one = 'right'\ntwo = 2\n"))], root=root, text=spec(None, blocks=[edit], test=[check])
    )
    assert run.outcome == "fixed"
    shown = command_line.git(root, "cat-file", "-p", f"{run.report['branch']}:old.py")
    assert shown == "one = 'right'\r\ntwo = 2\r\n"


def test_agents_md_of_the_base_is_in_the_prompt_bounded_and_the_specs_own_is_not(runner: Runner) -> None:
    told = "Use tabs in shell scripts.\n\n" + "x" * 7_000 + "\n\nNever shown.\n"
    root = runner.repository({"AGENTS.md": told}, protocol="text", samples=1)
    blocks = [block("write", "AGENTS.md", "Obey the spec.\n")]
    run = runner.run([say(given_back(APP)), say("@finish"), REFLECTION], root=root, text=spec(blocks=blocks))
    for messages in run.asked[:2]:
        assert "Use tabs in shell scripts." in messages[0]["content"]
        assert "Obey the spec." not in str(messages[0])
        assert "Never shown." not in str(messages[0])


def test_a_file_that_allow_opens_is_asked_about_when_the_failure_is_in_it(runner: Runner) -> None:
    helper = "def half(number):\n    return number // 2\n"
    root = runner.repository({"tests/conftest.py": CONFTEST, "lib/halves.py": helper}, protocol="text")
    test = "from lib.halves import half\n\n\ndef test_half():\n    assert half('4') == 2\n"
    blocks = [block("create", "notes.txt", "n\n"), block("create", "tests/test_half.py", test)]
    text = spec(None, blocks=blocks, test=[PYTEST], allow=["lib/**"])
    run = runner.run([say(given_back(helper.replace("number //", "int(number) //")))], root=root, text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert "lib/halves.py has a mistake" in run.asked[0][1]["content"]
    assert run.committed("lib/halves.py") == helper.replace("number //", "int(number) //")


ENDED = Answer(given_back(PROGRAM), usage={"prompt_tokens": 9, "completion_tokens": 300})
SHORT = Answer(given_back(PROGRAM), usage={"prompt_tokens": 9, "completion_tokens": 9})


@pytest.mark.parametrize(
    ("first", "fewest", "most"),
    [
        pytest.param(ENDED, 600, 600, id="one that ended"),
        pytest.param(SHORT, 400, 599, id="one that was shorter than the code"),
        pytest.param(Answer("It is", finish_reason="length"), 8192, 8192, id="one that was cut off itself"),
    ],
)
def test_an_answer_may_be_twice_as_long_as_the_one_before(
    runner: Runner, first: Answer, fewest: int, most: int
) -> None:
    root, text = shapes(runner, protocol="text")
    right = say(given_back(PROGRAM.replace("math.pi * radius", "math.pi * radius**2")))
    run = runner.run([first, right], root=root, text=text)
    before, limit = (request.body["max_tokens"] for request in run.requests)
    assert (run.outcome, before) == ("fixed", 8192)
    assert fewest <= limit <= most
