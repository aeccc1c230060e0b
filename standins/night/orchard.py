"""A small project with the specs of one night, and a scripted model that works on them: what the demo plays.

Every spec is named after the way it ends. The model is scripted: it knows the specs, and answers as a model might.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from standins.model import call, say

if TYPE_CHECKING:
    from standins.model import Answer, Request, Step

MODEL = "openai/scripted"
_KEYS = """\
          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
          OPENAI_API_BASE: ${{ vars.OPENAI_API_BASE }}
"""
_TEST = """\
import unittest

from orchard.prices import price


class Prices(unittest.TestCase):
    def test_two_apples_cost_twice_as_much(self):
        self.assertEqual(price("apple", 2), 80)
"""
FILES = {
    WORKFLOW_FILE: render(PLACEHOLDER, (), {"keys": _KEYS}),
    ".github/mtor.yml": f"""\
test:
  - python3 -B -m unittest discover -t . -s tests
implementer: [{MODEL}]
protocol: tools
""",
    "orchard/__init__.py": '"""Fruit, by the piece."""\n',
    "orchard/prices.py": """\
\"\"\"What fruit costs.\"\"\"

CENTS = {"apple": 40, "pear": 55, "plum": 15}


def price(fruit, pieces=1):
    \"\"\"In cents.\"\"\"
    return CENTS[fruit] * pieces
""",
    "tests/__init__.py": "",
    "tests/test_prices.py": _TEST,
    "README.md": "# Orchard\n\nSells fruit, by the piece.\n",
}
RED_BRANCH = "release-1"
RED_FILES = {"tests/test_prices.py": _TEST.replace("80", "70")}  # somebody has left it so


def _block(info: str, body: str) -> str:
    return f"```{info}\n{body}```\n"


def _hunk(old: str, new: str) -> str:
    return f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


def _case(name: str, imported: str, body: str) -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    head = f"import unittest\n\nfrom orchard.{imported}\n\n\n"
    return f"{head}class Case(unittest.TestCase):\n    def test_{name}(self):\n{lines}"


def _setting(**settings: Any) -> str:
    return _block("yaml mtor", "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()))


_SHOPPING = '''\
"""Shopping lists."""


def read(text):
    """A dict of fruit and pieces, from lines such as `2 apple`."""
    lines = [line.split() for line in text.splitlines()]
    return {fruit: int(pieces) for pieces, fruit in lines}
'''
_SHOPPING_TEST = 'self.assertEqual(read("2 apple\\n\\n1 pear\\n"), {"apple": 2, "pear": 1})'
# Title and body of each spec, by its ending.
SPECS = {
    "clean": (
        "Show prices in euros",
        "People read euros, not cents.\n\n"
        + _block(
            "python create=orchard/money.py",
            '"""Money, for people."""\n\n\ndef euros(cents):\n    return f"{cents / 100:.2f} €"\n',
        )
        + _block(
            "python create=tests/test_money.py",
            _case("forty_cents", "money import euros", 'self.assertEqual(euros(40), "0.40 €")'),
        ),
    ),
    "fixed": (
        "Read a shopping list",
        "One line for each fruit; blank lines mean nothing.\n\n"
        + _block("python create=orchard/shopping.py", _SHOPPING)
        + _block("python create=tests/test_shopping.py", _case("blank_lines", "shopping import read", _SHOPPING_TEST)),
    ),
    "stalled": (
        "Ten pieces for the price of nine",
        "A discount for whoever buys much.\n\n"
        + _block(
            "python edit=orchard/prices.py",
            _hunk("    return CENTS[fruit] * pieces", "    return CENTS[fruit] * (pieces - pieces // 9)") + "\n",
        )
        + _block(
            "python create=tests/test_discount.py",
            _case("nine_cost_nine", "prices import price", 'self.assertEqual(price("plum", 9), 135)'),
        ),
    ),
    "built nothing": (
        "Print a receipt",
        "For the shop's printer, which has 20 columns.\n\n"
        + _block(
            "python create=orchard/receipt.py",
            'def line(fruit, cents):\n    return f"{fruit:<12}{cents / 100:>7.2f}"\n',
        )
        + _block(
            "python create=tests/test_receipt.py",
            _case("twenty_columns", "receipt import line", 'self.assertEqual(len(line("apple", 40)), 20)'),
        ),
    ),
    "rejected": (
        "Sell quinces",
        "They are in season.\n\n" + _block("python creat=orchard/quinces.py", "CENTS = 70\n"),
    ),
    "base already red": (
        "Sell cherries in the old release",
        "Only there; main has them by weight.\n\n"
        + _block("python create=orchard/cherries.py", '"""Cherries."""\n\nCENTS = 5\n')
        + _setting(base=RED_BRANCH),
    ),
}
# A pull request of a person, and the comment that asks for more in it.
PULL_TITLE = "Sell figs"
PULL_FILES = {"orchard/figs.py": '"""Figs."""\n\nCENTS = 90\n'}
PULL_COMMENT = "/mtor run\n\nA test is missing:\n\n" + _block(
    "python create=tests/test_figs.py", _case("figs_are_dear", "figs import CENTS", "self.assertEqual(CENTS, 90)")
)
# The next night, for the coaching that a reviewer gave.
REMARK = "/mtor coach Lists that people type have blank lines and comments: skip both, and test both."
NEXT = (
    "Read a price list",
    "Lines such as `apple 40`.\n\n"
    + _block(
        "python create=orchard/price_list.py",
        "def read(text):\n    lines = [line.split() for line in text.splitlines()]\n"
        "    return {fruit: int(cents) for fruit, cents in lines}\n",
    )
    + _block(
        "python create=tests/test_price_list.py",
        _case("comments", "price_list import read", 'self.assertEqual(read("# fruit\\napple 40\\n"), {"apple": 40})'),
    ),
)

_LINES = "    lines = [line.split() for line in text.splitlines()]"
_PAUSE_SECONDS = 0.3
_USAGE = {"prompt_tokens": 2_400, "completion_tokens": 160, "total_tokens": 2_560}


WISH = ("Sell by the dozen", "People ask what a dozen pears cost. Add a price for it, with a test.")
_PLANNING = [
    call("read", path="orchard/prices.py"),
    say(
        "# Sell by the dozen\n\n"
        + _block(
            "python create=orchard/dozens.py",
            '"""Fruit, by the dozen."""\n\nfrom orchard.prices import price\n\n\n'
            "def dozen(fruit):\n    return price(fruit, 12)\n",
        )
        + "\n"
        + _block(
            "python create=tests/test_dozens.py",
            _case("pears", "dozens import dozen", 'self.assertEqual(dozen("pear"), 660)'),
        )
    ),
]


def script(most: int = 1_000) -> list[Step]:
    """Steps for a model server that any number of runs may ask, at once."""
    return [_answer] * most


def _answer(request: Request) -> Answer:
    """As the spec in the conversation wants it; each conversation is told from others by what it is about."""
    messages = request.body["messages"]
    asked = json.dumps(messages)
    turn = sum(message["role"] == "assistant" for message in messages)
    if "You are the architect." in asked:
        return _said(_PLANNING[min(turn, len(_PLANNING) - 1)])
    if not request.body.get("tools"):
        return _said(say(json.dumps(_REFLECTION)))
    plays = next((play for word, play in _PLAYS.items() if word in asked), [say("I do not know this project.")])
    return _said(plays[min(turn, len(plays) - 1)])


def _said(answer: Answer) -> Answer:
    return replace(answer, usage=_USAGE, latency_seconds=_PAUSE_SECONDS)


def _repair(path: str, old: str, new: str) -> Answer:
    return call("edit", path=path, hunks=_hunk(old, new))


_REFLECTION = {
    "surprised": "the spec's own code did not skip blank lines, though its prose asks for it",
    "spec_left_out": "what a line without a number should do",
    "advice": "lists that people type have blank lines",
}
_THOUGHTS = [
    say("The price of nine plums is off by one plum. The division should count complete tens."),
    say("So the question is which of the two the shop wants: nine for eight, or ten for nine?"),
    say("I could think about prices in general: a discount is a step function of the pieces."),
    say("Before I change anything I would like to describe the three ways in which it could be written."),
    say("In short, it is about tens. I am confident about the direction."),
    say("Let me summarise what we know so far, and what a careful solution would have to respect."),
]
_PLAYS = {
    "orchard/price_list.py": [
        _repair("orchard/price_list.py", _LINES, _LINES[:-1] + " if line and not line.startswith('#')]"),
        call("finish"),
    ],
    "orchard/shopping.py": [
        _repair("orchard/shopping.py", _LINES, _LINES[:-1] + " if line.strip()]"),
        call("finish"),
    ],
    "Ten pieces for the price of nine": _THOUGHTS,
    "Give the amount a name": [
        _repair(
            "orchard/money.py",
            '    return f"{cents / 100:.2f} €"',
            '    amount = cents / 100\n    return f"{amount:.2f} €"',
        ),
        call("finish"),
    ],
    "orchard/receipt.py": [call("finish")],
}
