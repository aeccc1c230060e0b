"""Answers to the smallest question: what is left out stays, and a placeholder deletes nothing (replies/answers.yml)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtor_action.implementer.answered_files import ShownFile, answer_calls
from mtor_action.implementer.definitions import definitions
from mtor_action.implementer.lost_definitions import lost_definitions, opened_names
from mtor_action.implementer.tool_arguments import UNREADABLE
from mtor_action.model.chat import Reply

HERE = Path(__file__).parent / "replies"
ANSWERS: list[dict[str, Any]] = yaml.safe_load((HERE / "answers.yml").read_text(encoding="utf-8"))
SHOP = (HERE / "shop.txt").read_text(encoding="utf-8")
REPAIR = ("sum(price for _, price in self.items) - 1", "sum(price for _, price in self.items)")
LABEL = ("return name.title()", "return name.strip().title()")
CHANGES = {"repaired": [REPAIR], "labelled": [LABEL], "repaired and labelled": [REPAIR, LABEL]}


def calls_of(text: str, file: ShownFile, *, truncated: bool = False) -> list[tuple[str, dict[str, Any]]]:
    reply = Reply(
        text, (), "stop", truncated, input_tokens=0, output_tokens=0, usd=0.0, usage_estimated=False, model="m"
    )
    return [
        (each.name, json.loads(each.arguments)) for each in answer_calls(reply, 1, {file.path: file}, is_asked=True)
    ]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer["name"]))
def test_an_answer_means_one_change_or_is_told_what_was_wrong(answer: dict[str, Any]) -> None:
    calls = calls_of(answer["reply"], ShownFile("shop.py", SHOP), truncated=answer.get("finish") == "length")
    means = answer.get("means")
    if means == "nothing":
        assert calls == []
    elif means is not None:
        expected = SHOP
        for old, new in CHANGES[means] if isinstance(means, str) else means:
            assert expected.count(old) == 1
            expected = expected.replace(old, new)
        assert [(name, given.get("content")) for name, given in calls] == [("write", expected)]
    elif "refused" in answer:
        assert [answer["refused"] in given[UNREADABLE] for _, given in calls] == [True]
    else:
        assert [name for name, _ in calls] == [answer["calls"]]


def test_the_class_around_an_asked_method_keeps_its_other_methods() -> None:
    part = next(each for each in definitions(SHOP) or () if each.name == "Basket.total")
    answer = (
        "```python\nclass Basket:\n    def total(self):\n        return sum(price for _, price in self.items)\n```\n"
    )
    [(name, given)] = calls_of(answer, ShownFile("shop.py", SHOP, part))
    assert (name, given["content"]) == ("write", SHOP.replace(*REPAIR))


def test_the_setter_of_a_property_alone_leaves_the_property() -> None:
    getter = "    @property\n    def x(self):\n        return self._x\n"
    text = f"class A:\n{getter}\n    @x.setter\n    def x(self, x):\n        self.y = x\n"
    answer = "```python\nclass A:\n    @x.setter\n    def x(self, x):\n        self._x = x\n```\n"
    [(_, given)] = calls_of(answer, ShownFile("a.py", text))
    assert given["content"] == text.replace("self.y = x", "self._x = x")


def test_a_function_with_another_name_in_a_whole_file_is_renamed_and_not_kept_twice() -> None:
    text = "import os\n\n\ndef totl():\n    return 1\n\n\ndef other():\n    return os.sep\n"
    [(_, given)] = calls_of(f"```python\n{text.replace('totl', 'total')}```\n", ShownFile("a.py", text))
    assert given["content"] == text.replace("totl", "total")


def test_a_text_over_several_lines_is_not_shifted_with_its_method() -> None:
    text = "class A:\n    def sql(self):\n        return '''\nselect 1\n  from t\n'''\n"
    answer = "```python\ndef sql(self):\n    return '''\nselect 2\n  from t\n'''\n```\n"
    [(_, given)] = calls_of(answer, ShownFile("a.py", text))
    assert given["content"] == text.replace("select 1", "select 2")


def test_a_block_that_was_cut_beside_one_that_is_whole_is_not_dropped_in_silence() -> None:
    whole = "```python\ndef label(name):\n    return name.strip().title()\n```\n"
    calls = calls_of(
        f"{whole}\n```python\ndef gross(net):\n    tax = net\n", ShownFile("shop.py", SHOP), truncated=True
    )
    assert [name for name, _ in calls] == ["write", "write"]
    assert "never closed" in calls[0][1][UNREADABLE]
    assert calls[1][1]["content"] == SHOP.replace(*LABEL)


CART = """\
import { tax } from './tax.js';

const RATE = 0.2;

export class Cart {
  constructor() {
    this.items = [];
  }

  add(item) {
    this.items.push(item);
  }

  total() {
    return this.items.reduce((sum, item) => sum + item.price, 1);
  }
}

export function gross(net) {
  return net + tax(net, RATE);
}

export const label = (name) => name.trim();
"""
FIXED = CART.replace("price, 1", "price, 0")
OTHERS = {
    "a method left out": (
        FIXED.replace("  add(item) {\n    this.items.push(item);\n  }\n\n", ""),
        "leaves out Cart.add;",
    ),
    "the end left out": (FIXED.replace("\nexport const label = (name) => name.trim();\n", ""), "leaves out label;"),
    "a constant left out": (FIXED.replace("const RATE = 0.2;\n", ""), "leaves out RATE;"),
    "a helper for a method": (
        FIXED.replace("  add(item) {\n    this.items.push(item);\n  }\n\n", "").replace(
            "export class", "function sum() {\n  return 0;\n}\n\nexport class"
        ),
        "leaves out Cart.add;",
    ),
    "dots in a comment": (FIXED.replace("this.items.push(item);", "// ..."), "line 11 of the answer, `// ...`,"),
    "dots": (FIXED.replace("this.items.push(item);", "..."), "line 11 of the answer, `...`,"),
    "a function alone": ("export function gross(net) {\n  return net * (1 + RATE);\n}\n", "not the whole of cart.js"),
    "another name": (FIXED.replace("gross(", "withTax("), ""),
    "the whole": (FIXED, ""),
}


@pytest.mark.parametrize("name", OTHERS)
def test_an_answer_in_another_language_deletes_no_definition_that_it_leaves_out(name: str) -> None:
    answer, fault = OTHERS[name]
    [(_, given)] = calls_of(f"```js\n{answer}```\n", ShownFile("cart.js", CART))
    if fault:
        assert fault in given[UNREADABLE]
    else:
        assert given["content"] == answer


def test_without_a_grammar_the_words_that_open_definitions_tell_what_is_left_out() -> None:
    names = ["Cart", "constructor", "add", "total", "gross", "label"]
    assert [name for name in opened_names(CART) if name != "RATE"] == names
    java = "public class A {\n  private static int one(int x) {\n    if (x) {\n    }\n    return two(x);\n  }\n}\n"
    assert opened_names(java) == ["A", "one"]
    assert lost_definitions("a.txt", java, "") == ""
