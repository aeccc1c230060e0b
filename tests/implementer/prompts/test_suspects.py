"""What the smallest question is about: the place that fails, and in turns with it what the spec changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from command_line import FORKED_PYTEST as PYTEST
from mtor_action.implementer.prompts.suspects import new_lines_in, suspects
from mtor_action.implementer.source_code.definitions import definition_at
from mtor_action.implementer.source_code.shown_file import ShownFile
from scripted_runs import block, hunk, spec
from standins.model import say

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_runs import Run, Runner

FILLER = "".join(f"\n\ndef filler_{number}():\n    return {number}\n" for number in range(80))
HELPER = '''def _rate(kind):
    """Give the rate of a kind of goods, in percent."""
    rates = {"food": 7, "rest": 19}
    return rates.get(kind, rates["rest"])
'''
CALLER = '''def tax(amount, kind):
    """Give the tax on an amount, rounded down."""
    percent = _rate(kind)
    return amount * percent // 100
'''
PRICES = f"{HELPER}\n\n{CALLER}{FILLER}"
RIGHT = 'rates.get(kind, rates["rest"])'
WRONG = 'rates.get(kind, rates["food"])'
TEST = "import prices\n\n\ndef test_tax():\n    assert prices.tax(200, 'books') == 38\n"
CONFTEST = "import sys\n\nsys.path.insert(0, '.')\n"
FAILS = "test_tax\ntests/test_prices.py:5\n    assert prices.tax(200, 'books') == 38\nAssertionError: assert 14 == 38"


def given_back(code: str) -> str:
    return f"The rate is wrong.\n\n```python\n{code}```\n"


def run_of(runner: Runner, answers: list[str], wrong: str = f"    return {WRONG}") -> Run:
    tree = {"prices.py": PRICES, "tests/test_prices.py": TEST, "tests/conftest.py": CONFTEST}
    root: Path = runner.repository(tree, protocol="text")
    text = spec(None, blocks=[block("edit", "prices.py", hunk(f"    return {RIGHT}", wrong))], test=[PYTEST])
    return runner.run([say(answer) for answer in answers], root=root, text=text)


def test_what_the_spec_changed_is_asked_about_though_another_function_fails(runner: Runner) -> None:
    run = run_of(runner, [given_back(f"return {RIGHT}\n")])
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert run.committed("prices.py") == PRICES
    asked = run.asked[0][1]["content"]
    assert f"```python\n{HELPER.replace(RIGHT, WRONG)}```" in asked
    assert asked.endswith(
        f"Only this line is new:\n\n```python\n    return {WRONG}\n```\n\nGive this line corrected, nothing else."
    )
    assert RIGHT not in asked  # the model is to do what the spec wants, not to take it back
    assert "def tax" not in asked


def test_new_lines_all_around_them_and_what_fails_are_asked_about_in_turns(runner: Runner) -> None:
    worse = given_back(HELPER.replace('rates["rest"]', "3"))
    run = run_of(runner, [given_back("return 0\n"), worse, given_back(CALLER), given_back(HELPER)])
    assert (run.outcome, len(run.requests)) == ("fixed", 4)
    first, second, third, fourth = (asked[1]["content"] for asked in run.asked)
    assert "Give the whole corrected definition of _rate." in second
    assert "Only this line is new" in second
    assert "definition of tax" in third
    assert "Only this line" not in third
    assert fourth == first
    assert [request.body["temperature"] for request in run.requests] == [0.0, 0.0, 0.0, 0.8]


@pytest.mark.parametrize(
    "also",
    [
        pytest.param("Run the tests:\n\n```bash\npytest -q\n```\n", id="a command"),
        pytest.param("It gives:\n\n```\n38\n```\n", id="output"),
        pytest.param("To see it:\n\n```python\nprint(tax(200, 'books'))\n```\n", id="a use"),
    ],
)
def test_what_comes_after_the_line_that_was_asked_for_does_not_take_its_place(runner: Runner, also: str) -> None:
    run = run_of(runner, [given_back(f"return {RIGHT}\n") + also])
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert run.committed("prices.py") == PRICES


def names(texts: dict[str, str], failures: str, before: dict[str, str]) -> list[list[str]]:
    shown = [suspect for suspect in suspects(texts, failures, before) if not suspect[0].is_only_new_asked]
    return [[f"{item.path}:{item.part.name}" if item.part else item.path for item in suspect] for suspect in shown]


CLASS = f"class Till:\n    def open(self):\n        return 1\n\n    def close(self):\n        return 2\n{FILLER}"
DRAWER = "    class Drawer:\n        def shut(self):\n            return 2\n"
INNER = f"class Till:\n{DRAWER}\n    def open(self):\n        pass\n{FILLER}"


@pytest.mark.parametrize(
    ("before", "after", "failures", "expected"),
    [
        pytest.param(PRICES, PRICES.replace(RIGHT, WRONG), FAILS, ["_rate", "tax"], id="a helper of what fails"),
        pytest.param(PRICES, PRICES.replace("// 100", "// 10"), FAILS, ["tax"], id="what fails itself"),
        pytest.param(
            PRICES, PRICES.replace("// 100", "// 10").replace(RIGHT, WRONG), FAILS, ["tax", "_rate"], id="both"
        ),
        pytest.param(None, PRICES, FAILS, ["tax", "_rate"], id="a file that the spec made"),
        pytest.param(CLASS, CLASS.replace("return 2", "return 3"), "3 != 2", ["Till.close"], id="one of two methods"),
        pytest.param(
            CLASS, CLASS.replace("class Till", "class Till(dict)"), "Till()", ["Till"], id="a class but no method of it"
        ),
        pytest.param(
            INNER,
            INNER.replace("return 2", "return 3"),
            "3 != 2",
            ["Till.Drawer.shut"],
            id="a method of a class in a class",
        ),
        pytest.param(PRICES, PRICES, "nothing", [], id="nothing"),
        pytest.param(
            PRICES,
            PRICES.replace("    return 1\n", "    return 101\n").replace("    return 5\n", "    return 105\n"),
            "assert filler_5() == 5",
            ["filler_5", "filler_1"],
            id="the named one of two",
        ),
        pytest.param("def a(:\n" + FILLER, PRICES, FAILS, ["tax"], id="a file that did not parse"),
    ],
)
def test_subjects_of_a_long_file(before: str | None, after: str, failures: str, expected: list[str]) -> None:
    found = names({"prices.py": after}, failures, {} if before is None else {"prices.py": before})
    assert found[: len(expected)] == [[f"prices.py:{name}"] for name in expected]
    assert len(found) <= 4


TABLE = f"""RATES = {{}}


def tax(amount, kind):
    return amount * RATES[kind] // 100


def rate_of(kind, percent):
    RATES[kind] = percent


def shown(percent):
    rates = []
    rates.append(percent)
    return rates


rate_of("books", 7)
{FILLER}"""
TILL = f"""class Till:
    def __init__(self, floats):
        self.floats = floats

    def close(self):
        return self._sum()

    def _sum(self):
        return sum(self.floats)

    def add(self, amount):
        self.floats.append(amount)

    def open(self):
        return self._sum() + _rounded(1)


def _rounded(amount):
    return Till([amount])
{FILLER}"""


@pytest.mark.parametrize(
    ("text", "failures", "related"),
    [
        pytest.param(TABLE, "tax(200, 'books')", ["rate_of"], id="what fills a variable of the module"),
        pytest.param(TABLE, "rate_of('a', 2)", [], id="what another one fills is read by nobody here"),
        pytest.param(TABLE, "shown(7)", [], id="a variable of its own"),
        pytest.param(TILL, "till.close()", ["_sum", "__init__"], id="a method, then what fills the object"),
        pytest.param(TILL, "till.open()", ["_sum", "_rounded"], id="two at the most, the nearest ones"),
        pytest.param(TILL, "_rounded(1)", ["__init__"], id="a class, by how it begins"),
        pytest.param(
            TILL.replace("def _sum(self):", f"def _sum(self):\n{'        pass' + chr(10) * 170}"),
            "till.close()",
            ["__init__", "add"],
            id="one that is too long to be given back",
        ),
    ],
)
def test_what_fails_in_a_new_file_is_asked_about_in_turns_with_what_it_depends_on(
    text: str, failures: str, related: list[str]
) -> None:
    shown = [suspect[0].part for suspect in suspects({"prices.py": text}, f"prices.py: {failures}", {})]
    asked = [part.name.rpartition(".")[2] for part in shown if part]
    function = failures.partition("(")[0].rpartition(".")[2]
    assert asked == ([each for other in related for each in (function, other)] or [function])


GRAPH = f"""class Graph:
    def __init__(self):
        self.edges = {{}}

    def connect(self, one, other):
        self.edges[one].append(other)

    def paint(self, row, column):
        self.grid[row][column] = 1

    def neighbours(self, one):
        return sorted(self.edges[one])
{FILLER}"""


def test_what_fills_an_element_of_a_table_fills_the_table() -> None:
    shown = suspects({"graph.py": GRAPH}, "graph.py:12\n    return sorted(self.edges[one])", {})
    asked = {suspect[0].part.name for suspect in shown if suspect[0].part}
    assert asked == {"Graph.neighbours", "Graph.__init__", "Graph.connect"}


PROPERTY = f"""class Level:
    @property
    def now(self):
        if self._now < 0:
            raise ValueError(self._now)
        return self._now

    @now.setter
    def now(self, now):
        self._now = abs(now)
{FILLER}"""


@pytest.mark.parametrize("is_made", [False, True], ids=["changed", "made"])
def test_the_setter_of_a_property_is_asked_about_though_the_getter_fails(*, is_made: bool) -> None:
    before = {} if is_made else {"level.py": PROPERTY}
    shown = suspects({"level.py": PROPERTY.replace("abs(now)", "-now")}, "level.py:5\nValueError: -3", before)
    assert 8 in [suspect[0].part.first_line for suspect in shown if suspect[0].part]


def test_a_file_that_the_spec_left_as_it_was_is_asked_about_last(runner: Runner) -> None:
    """It may be written as `allow` says so."""
    tree = {
        "prices.py": PRICES,
        "till.py": TILL_FILE,
        "tests/test_till.py": TEST_OF_TILL,
        "tests/conftest.py": CONFTEST,
    }
    root: Path = runner.repository(tree, protocol="text", allow=["till.py"])
    wrong = block("edit", "prices.py", hunk(f"    return {RIGHT}", f"    return {WRONG}"))
    run = runner.run([say("I do not know.")] * 4, root=root, text=spec(None, blocks=[wrong], test=[PYTEST]))
    asked = [request[1]["content"] for request in run.asked if len(request) == 2]
    assert [("definition of _rate" in each or WRONG in each) for each in asked[:2]] == [True, True]


TILL_FILE = f"""import prices


def close(amount):
    if prices.tax(amount, "books") != 38:
        raise ValueError(amount)
    return amount
{FILLER}"""
TEST_OF_TILL = "import till\n\n\ndef test_till():\n    assert till.close(200) == 200\n"


def test_a_helper_in_a_file_that_the_spec_made_is_asked_about_second(runner: Runner) -> None:
    tree = {"tests/test_prices.py": TEST, "tests/conftest.py": CONFTEST}
    text = spec(None, blocks=[block("create", "prices.py", PRICES.replace(RIGHT, WRONG))], test=[PYTEST])
    answers = [say(given_back(CALLER)), say(given_back(HELPER))]
    run = runner.run(answers, root=runner.repository(tree, protocol="text"), text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 2)
    assert run.committed("prices.py") == PRICES
    assert [request.body["temperature"] for request in run.requests] == [0.0, 0.0]


def test_a_changed_file_beside_the_one_that_fails_comes_first_a_new_one_does_not() -> None:
    texts = {"a.py": "def a():\n    return 2\n", "b.py": "def b():\n    return 1\n"}
    failures = "b.py:2\n    return 1\nAssertionError"
    assert names(texts, failures, {**texts, "a.py": "def a():\n    return 1\n"}) == [["a.py"], ["b.py"]]
    assert names(texts, failures, {}) == [["b.py"]]
    assert names(texts, failures, {"a.py": "def a():\n    return 1\n"}) == [["b.py"], ["a.py"]]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(PRICES.replace(RIGHT, "0"), (4,), id="one line"),
        pytest.param(PRICES.replace(HELPER, "def _rate(kind):\n    return 7\n"), (), id="most of it"),
        pytest.param(PRICES.replace(HELPER, ""), (), id="all of it"),
        pytest.param(PRICES.replace(RIGHT, f"{RIGHT}\n    # done"), (), id="a line that went"),
        pytest.param(
            PRICES.replace(RIGHT, "0").replace("    return 0\n", "    x = 1\n" * 2_000), (), id="far more before"
        ),
        pytest.param(None, (), id="no file"),
    ],
)
def test_new_lines_are_named_where_they_are_few(before: str | None, expected: tuple[int, ...]) -> None:
    assert new_lines_in(ShownFile("prices.py", PRICES, definition_at("prices.py", PRICES, 2)), before) == expected


def test_new_lines_are_those_of_the_overload_that_they_are_in() -> None:
    second = "    def f(self, x):\n        y = x\n        return y\n"
    before = f"class A:\n    def f(self):\n        return 1\n\n{second}{FILLER}"
    after = before.replace("y = x", "y = -x")
    part = definition_at("a.py", after, 6)
    assert new_lines_in(ShownFile("a.py", after, part), before) == (6,)


LINES = "".join(f"# the rule of {year}\n" for year in range(2010, 2021))
SHORT = f"{HELPER}\n\n{CALLER}\n\n{LINES}"
METHOD = f"class Till:\n    def close(self):\n        return 2\n\n{LINES}"


@pytest.mark.parametrize(
    ("after", "before", "failures", "expected"),
    [
        pytest.param(SHORT, None, FAILS, ["tax", ""], id="a file that the spec made"),
        pytest.param(SHORT, SHORT.replace(RIGHT, "0"), FAILS, ["line", "_rate", ""], id="the one with the new line"),
        pytest.param(SHORT, None, "nothing", [""], id="nothing is named"),
        pytest.param(SHORT, None, "prices.py:9\nNameError", ["tax", ""], id="a frame"),
        pytest.param(SHORT, None, "prices.py:15\nNameError", [""], id="a frame outside of them"),
        pytest.param(METHOD, None, "prices.py:3\nAssertionError", ["Till.close", ""], id="a method"),
        pytest.param(f"{HELPER}\n\n{CALLER}", None, FAILS, [""], id="little else in the file"),
    ],
)
def test_of_a_short_file_its_definition_is_asked_for_before_all_of_it(
    after: str, before: str | None, failures: str, expected: list[str]
) -> None:
    texts = {"prices.py": after}
    shown = [item for [item] in suspects(texts, failures, {"prices.py": before} if before else {})]
    assert all(item.excerpt == after for item in shown)
    assert ["line" if item.is_only_new_asked else item.asked.name if item.asked else "" for item in shown] == expected


def forms(after: str, before: str) -> list[str]:
    shown = [suspect[0] for suspect in suspects({"prices.py": after}, FAILS, {"prices.py": before})]
    return [f"{'line' if item.is_only_new_asked else 'all'} of {item.part.name}" for item in shown if item.part]


def test_what_fails_is_asked_about_before_each_of_the_others_if_the_spec_changed_it() -> None:
    one = PRICES.replace("// 100", "// 10")
    assert forms(one, PRICES) == ["line of tax", "all of tax"]
    two = one.replace(RIGHT, WRONG)
    assert forms(two, PRICES) == ["line of tax", "all of tax", "line of _rate", "all of _rate"]
    three = two.replace("return 5\n", "return 105\n")
    asked = ["line of tax", "line of _rate", "all of _rate", "all of tax", "line of filler_5", "all of filler_5"]
    assert forms(three, PRICES) == asked
