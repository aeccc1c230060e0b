"""What one answer to the smallest question does not reach: every case ends green, and as small as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import command_line
from command_line import FORKED_PYTEST as PYTEST
from scripted_runs import APP, block, hunk, spec
from standins.model import call, say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Run, Runner
    from standins.model import Step

CONFTEST = "import sys\n\nsys.path.insert(0, '.')\n"
REFLECTION = say("{}")
PRICES = """\
RATE = 0.2


def gross(net):
    return net * RATE


def rounded(amount):
    return round(amount, 1)
"""
ORDER = """\
from prices import gross


def total(items):
    # the sum of all
    return sum(gross(item) for item in items) + 1
"""
TEST_ORDER = """\
from order import total


def test_total():
    assert total([10, 20]) == 36
"""


def fixed_lines(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def given(text: str, path: str = "", words: str = "It is wrong.") -> str:
    return f"{words}\n\n{f'{path}{chr(10)}' if path else ''}```python\n{text}```\n"


def project(runner: Runner, files: dict[str, str], test: str = PYTEST, **settings: object) -> tuple[Path, str]:
    root = runner.repository({"tests/conftest.py": CONFTEST}, protocol="text", **settings)
    blocks = [block("create", path, text) for path, text in files.items()]
    return root, spec(None, blocks=blocks, test=[test])


def repaired(run: Run, expected: dict[str, str], requests: int) -> None:
    """Green, these files are exactly so, no other file differs from the spec, and no more requests."""
    assert (run.outcome, run.code) == ("fixed", 0), (run.report["reason"], run.observations)
    assert {path: run.committed(path) for path in expected} == expected
    changed = {each["path"] for each in run.report["operations"] if each["changed_by_model"]}
    assert changed == set(expected)
    assert len(run.requests) <= requests
    assert run.unplayed == 0
    assert run.signals == []
    assert command_line.git(run.root, "status", "--porcelain") == ""


GROSS = fixed_lines(PRICES, ("net * RATE", "net * (1 + RATE)"))
TOTAL = fixed_lines(ORDER, (" + 1", ""))


def test_two_files_at_once_in_one_answer(runner: Runner) -> None:
    root, text = project(runner, {"prices.py": PRICES, "order.py": ORDER, "tests/test_order.py": TEST_ORDER})
    bare = TOTAL.replace("    # the sum of all\n", "")
    answer = f"Both.\n\nprices.py\n```python\n{GROSS}```\n\norder.py\n```python\n{bare}```\n"
    run = runner.run([say(answer)], root=root, text=text)
    repaired(run, {"prices.py": GROSS, "order.py": TOTAL}, 1)


def test_two_files_at_once_by_a_model_that_sees_one_at_a_time(runner: Runner) -> None:
    root, text = project(runner, {"prices.py": PRICES, "order.py": ORDER, "tests/test_order.py": TEST_ORDER}, samples=2)
    line = "    return sum(gross(item) for item in items)"
    script: list[Step] = [
        say(given(GROSS, "prices.py")),
        say(given(TOTAL, "order.py")),
        say(f"```edit=prices.py\n{hunk('    return net * RATE', '    return net * (1 + RATE)')}\n```\n"),
        say(f"```edit=order.py\n{hunk(f'{line} + 1', line)}\n```\n"),
        REFLECTION,
    ]
    run = runner.run(script, root=root, text=text)
    repaired(run, {"prices.py": GROSS, "order.py": TOTAL}, 5)
    assert [turn["form"] for turn in run.report["turns"]] == ["question"] * 2 + ["text"] * 2


def long_python(body: str) -> str:
    unused = "".join(f"\n\ndef unused_{number}(value):\n    return value + {number}\n" for number in range(90))
    return f"import math\n{unused}\n\n{body}{unused.replace('unused', 'other')}"


def test_of_a_file_too_long_to_give_back_the_definition_that_the_assertion_calls_is_asked_for(runner: Runner) -> None:
    area = 'def area(radius):\n    """Of a circle."""\n    return math.pi * radius\n'
    test = "import shapes\n\n\ndef test_area():\n    assert round(shapes.area(2)) == 13\n"
    root, text = project(runner, {"shapes.py": long_python(area), "tests/test_shapes.py": test})
    answer = "def area(radius):\n    return math.pi * radius ** 2\n"
    run = runner.run([say(given(answer))], root=root, text=text)
    right = area.replace("math.pi * radius", "math.pi * radius ** 2")
    repaired(run, {"shapes.py": long_python(right)}, 1)
    assert "unused_" not in run.asked[0][1]["content"]


def test_of_a_long_file_the_method_of_the_innermost_own_frame_is_asked_for(runner: Runner) -> None:
    ledger = 'class Ledger:\n    """Sums."""\n\n    def read(self, text):\n        return json.loads(text + "]")\n'
    program = long_python(ledger).replace("import math", "import json")
    test = "from book import Ledger\n\n\ndef test_read():\n    assert Ledger().read('[1]') == [1]\n"
    root, text = project(runner, {"book.py": program, "tests/test_book.py": test})
    run = runner.run([say(given("def read(self, text):\n    return json.loads(text)\n"))], root=root, text=text)
    repaired(run, {"book.py": program.replace('json.loads(text + "]")', "json.loads(text)")}, 1)
    assert "definition of Ledger.read" in run.asked[0][1]["content"]


def test_a_long_file_of_another_language_is_edited_in_text(runner: Runner) -> None:
    lines = "".join(f"key_{number} = {number}\n" for number in range(400))
    settings = f"{lines}limit = 1\n{lines.replace('key', 'other')}"
    root = runner.repository({"tests/limit.sh": "grep -qx 'limit = 2' app.settings\n"}, protocol="text")
    check = "test ! -e app.settings || sh tests/limit.sh"
    text = spec(None, blocks=[block("create", "app.settings", settings)], test=[check])
    script = [say(f"```edit=app.settings\n{hunk('limit = 1', 'limit = 2')}\n```\n"), REFLECTION]
    run = runner.run(script, root=root, text=text)
    repaired(run, {"app.settings": settings.replace("limit = 1", "limit = 2")}, 2)


STEPS = "def first():\n    return 1 / 0\n\n\ndef second(value):\n    return value - 1\n"
TEST_STEPS = (
    "from steps import first, second\n\n\ndef test_steps():\n    assert first() == 1\n    assert second(1) == 2\n"
)
FIRST = STEPS.replace("1 / 0", "1")
BOTH = FIRST.replace("value - 1", "value + 1")


def test_an_error_that_shows_only_after_the_first_repair(runner: Runner) -> None:
    root, text = project(runner, {"steps.py": STEPS, "tests/test_steps.py": TEST_STEPS}, samples=2)
    script: list[Step] = [
        say(given(FIRST)),
        say(given(FIRST)),
        say(f"```edit=steps.py\n{hunk('    return 1 / 0', '    return 1')}\n```\n"),
        say(f"```edit=steps.py\n{hunk('    return value - 1', '    return value + 1')}\n```\n"),
        REFLECTION,
    ]
    run = runner.run(script, root=root, text=text)
    repaired(run, {"steps.py": BOTH}, 5)
    assert "assert 0 == 2" in run.asked[3][-1]["content"]


def test_an_answer_that_gives_the_code_back_unchanged_is_asked_again_for_nothing_but_the_answer(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    run = runner.run([say(given(APP)), say(given(APP.replace("wrong", "right")))], root=root)
    repaired(run, {"app.py": APP.replace("wrong", "right")}, 2)
    assert "app.py is already so" in run.asked[1][1]["content"]
    assert not any("not ok" in each for each in run.observations)  # nothing changed, so nothing was tested


def test_an_answer_that_breaks_another_test_leaves_nothing_behind(runner: Runner) -> None:
    slug = "def slug(title):\n    return title.lower().replace(' ', '_')\n"
    names = f"{slug}\n\ndef key(title):\n    return slug(title) + '_'\n"
    test = (
        "from names import key, slug\n\n\ndef test_slug():\n    assert slug('A b') == 'a-b'\n\n\n"
        "def test_key():\n    assert key('A') == 'a_'\n"
    )
    root, text = project(runner, {"names.py": names, "tests/test_names.py": test})
    breaks = names.replace("' ', '_'", "' ', '-'").replace("+ '_'", "+ '-'")
    right = names.replace("' ', '_'", "' ', '-'")
    run = runner.run([say(given(breaks)), say(given(right))], root=root, text=text)
    repaired(run, {"names.py": right}, 2)
    assert "test_key" in run.observations[1]


def test_a_difference_then_a_whole_file(runner: Runner) -> None:
    root, text = project(runner, {"steps.py": STEPS, "tests/test_steps.py": TEST_STEPS})
    diff = (
        "Two mistakes.\n\n```diff\n--- a/steps.py\n+++ b/steps.py\n@@ -1,6 +1,6 @@\n def first():\n-    return 1 / 1\n"
        "+    return 1\n \n \n def second(value):\n-    return value - 1\n+    return value + 1\n```\n"
    )
    run = runner.run([say(diff), say(given(BOTH))], root=root, text=text)
    repaired(run, {"steps.py": BOTH}, 2)
    sound = diff.replace("1 / 1", "1 / 0")
    again = runner.run([say(sound)], root=root, text=text)
    repaired(again, {"steps.py": BOTH}, 1)


def test_a_model_that_calls_a_tool_for_the_whole_file_leaves_a_small_difference(runner: Runner) -> None:
    root = runner.repository()
    run = runner.run([call("write", path="app.py", content=APP.replace("wrong", "right")), REFLECTION], root=root)
    repaired(run, {"app.py": APP.replace("wrong", "right")}, 2)


def test_four_red_answers_use_up_no_nudge_and_stop_nothing(runner: Runner) -> None:
    root = runner.repository(protocol="text")
    one, other = (say(given(APP.replace("note = 0", f"note = {number}"))) for number in (1, 2))
    edits = [say(f"```edit=app.py\n{hunk(f'note = {number}', f'note = {number + 1}')}\n```\n") for number in range(3)]
    repair = hunk("one = 'wrong'", "one = 'right'")
    last = say(f"```edit=app.py\n{repair}\n```\n")
    run = runner.run([one, other, one, one, *edits, last, REFLECTION], root=root)
    repaired(run, {"app.py": APP.replace("wrong", "right").replace("note = 0", "note = 3")}, 9)
