"""Answers to the smallest question: what is left out stays, and a placeholder deletes nothing (answers.yml)."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtor_action.implementer.answered_files.answer_calls import answer_calls
from mtor_action.implementer.answered_files.answer_merge import merged_answer
from mtor_action.implementer.replies.reply_words import words_of
from mtor_action.implementer.source_code.definitions import definitions
from mtor_action.implementer.source_code.lost_definitions import lost_definitions, opened_names
from mtor_action.implementer.source_code.shown_file import ShownFile
from mtor_action.implementer.tools.tool_arguments import UNREADABLE
from mtor_action.model.chat import Reply

HERE = Path(__file__).parent
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
def test_an_answer_means_one_change_or_the_model_learns_what_was_wrong(answer: dict[str, Any]) -> None:
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


PROPERTY = """class A:
    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, x):
        self.y = x
"""


@pytest.mark.parametrize(
    ("answer", "old", "new"),
    [
        pytest.param("def x(self, x):\n    self._x = x\n", "self.y", "self._x", id="alone"),
        pytest.param("class A:\n    def x(self, x):\n        self._x = x\n", "self.y", "self._x", id="in its class"),
        pytest.param("def x(self):\n    return self.y\n", "self._x", "self.y", id="what is the getter for certain"),
        pytest.param("@property\ndef x(self):\n    return self.y\n", "self._x", "self.y", id="the getter"),
    ],
)
def test_the_setter_that_was_asked_for_needs_no_decorator(answer: str, old: str, new: str) -> None:
    setter = [each for each in definitions(PROPERTY) or () if each.name == "A.x"][1]
    [(_, given)] = calls_of(f"```python\n{answer}```\n", ShownFile("a.py", PROPERTY, setter))
    assert given["content"] == PROPERTY.replace(old, new)


def test_the_asked_one_of_several_functions_of_a_name_needs_no_decorator() -> None:
    text = "@f.register\ndef _(a: int):\n    return 1\n\n\n@f.register\ndef _(a: str):\n    return 2\n"
    first = (definitions(text) or [])[0]
    [(_, given)] = calls_of("```python\ndef _(a: int):\n    return 3\n```\n", ShownFile("a.py", text, first))
    assert given["content"] == text.replace("return 1", "return 3")


def test_any_of_several_methods_of_a_name_comes_back_as_it_was_shown() -> None:
    head, rest = "    @overload\n    def f(self, a: int) -> int: ...\n", "    def f(self, a):\n        return a\n"
    text = f"class A:\n{head}\n{head.replace('int', 'str')}\n{rest}"
    for part in (definitions(text) or [])[1:]:
        file = ShownFile("a.py", text, part)
        assert [given["content"] for _, given in calls_of(f"```python\n{file.excerpt}```\n", file)] == [text]


def test_an_asked_overload_stands_for_its_function() -> None:
    text = "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a):\n    return 1\n"
    first = (definitions(text) or [])[0]
    [(_, given)] = calls_of("```python\ndef f(a):\n    return 2\n```\n", ShownFile("a.py", text, first))
    assert given["content"] == text.replace("return 1", "return 2")


def test_a_function_with_another_name_in_a_whole_file_is_renamed_and_not_kept_twice() -> None:
    text = "import os\n\n\ndef totl():\n    return 1\n\n\ndef other():\n    return os.sep\n"
    [(_, given)] = calls_of(f"```python\n{text.replace('totl', 'total')}```\n", ShownFile("a.py", text))
    assert given["content"] == text.replace("totl", "total")


def test_a_text_over_several_lines_is_not_shifted_with_its_method() -> None:
    text = "class A:\n    def sql(self):\n        return '''\nselect 1\n  from t\n'''\n"
    answer = "```python\ndef sql(self):\n    return '''\nselect 2\n  from t\n'''\n```\n"
    [(_, given)] = calls_of(answer, ShownFile("a.py", text))
    assert given["content"] == text.replace("select 1", "select 2")


REPORT = '''class Report:
    def text(self, n):
        """Say it.

          In words.
        """
        head = f"""\\
        Total:
            {n + 1}
  and
"""
        return head

    def other(self):
        return 1
'''


@pytest.mark.parametrize(
    ("head", "margin"),
    [
        pytest.param("", "", id="as it is shown"),
        pytest.param("", "    ", id="indented"),
        pytest.param("class Report:\n", "    ", id="in its class"),
    ],
)
def test_a_method_that_comes_back_as_it_was_shown_keeps_its_texts(head: str, margin: str) -> None:
    part = next(each for each in definitions(REPORT) or () if each.name == "Report.text")
    for file in (ShownFile("r.py", REPORT, part), ShownFile("r.py", REPORT, asked_part=part)):
        answer = textwrap.indent(file.asked_text.replace("return head", "return head.strip()"), margin)
        [(_, given)] = calls_of(f"```python\n{head}{answer}```\n", file)
        assert given["content"] == REPORT.replace("return head", "return head.strip()")


def test_a_block_that_was_cut_beside_one_that_is_whole_is_not_dropped_in_silence() -> None:
    whole = "```python\ndef label(name):\n    return name.strip().title()\n```\n"
    calls = calls_of(
        f"{whole}\n```python\ndef gross(net):\n    tax = net\n", ShownFile("shop.py", SHOP), truncated=True
    )
    assert [name for name, _ in calls] == ["write", "write"]
    assert "never closed" in calls[0][1][UNREADABLE]
    assert calls[1][1]["content"] == SHOP.replace(*LABEL)


def test_a_decorator_and_the_head_of_a_class_that_an_answer_leaves_out_stay() -> None:
    text = "@register\nclass A(Base):\n    @property\n    def x(self):\n        return 1\n"
    [(_, given)] = calls_of("```python\nclass A:\n    def x(self):\n        return 2\n```\n", ShownFile("a.py", text))
    assert given["content"] == text.replace("1", "2")


def test_a_method_that_takes_self_is_never_put_over_a_function_of_the_same_name() -> None:
    text = "class A:\n    def digest(self):\n        return 1\n\n\ndef digest(key):\n    return 3\n"
    [(_, given)] = calls_of("```python\ndef digest(self):\n    return 2\n```\n", ShownFile("a.py", text))
    assert given["content"] == text.replace("1", "2")


def test_tags_of_reasoning_in_a_programs_own_text_are_no_reasoning() -> None:
    text = "def prompt(text):\n    return f'''\n<thinking>\n{text}\n</thinking>\n'''\n\n\ndef other():\n    return 1\n"
    answer = f"<think>\nA draft.\n</think>\n```python\n{text.replace('1', '2')}```\n"
    [(_, given)] = calls_of(answer, ShownFile("p.py", text))
    assert given["content"] == text.replace("1", "2")


def test_tags_in_a_block_or_a_hunk_are_the_files_own_and_those_around_it_are_not() -> None:
    text = "<details>\n<summary>\nOne\n</summary>\n\nText\n\n</details>\n"
    file = ShownFile("page.html", text)
    fixed = text.replace("One", "Two")
    for opened, closed in (("<answer>\n", "</answer>\n"), ("", ""), ("<details>\n<summary>\n", "</details>")):
        [(_, given)] = calls_of(f"{opened}```html\n{fixed}```\n{closed}", file)
        assert given["content"] == fixed
        hunk = "<<<<<<< SEARCH\n<summary>\nOne\n=======\n<summary>\nTwo\n>>>>>>> REPLACE\n"
        [(name, given)] = calls_of(f"page.html\n{opened}{hunk}{closed}", file)
        assert (name, given["hunks"]) == ("edit", hunk)
    call = "<function=write>\n<parameter=path>page.html</parameter>\n<parameter=content>\n"
    [(_, given)] = calls_of(f"{call}{fixed}</parameter>\n</function>", file)
    assert given["content"].strip() == fixed.strip()


def test_a_call_in_a_programs_own_text_is_none() -> None:
    call = '<tool_call>{"name": "read", "arguments": {"path": "m.py"}}</tool_call>'
    text = f"CALL = '''\n{call}\n'''\n\n\ndef one():\n    return 1\n"
    [(name, given)] = calls_of(f"```python\n{text.replace('return 1', 'return 2')}```\n", ShownFile("m.py", text))
    assert (name, given["content"]) == ("write", text.replace("return 1", "return 2"))
    for reply in (call, f"```\n{call}\n{call}\n```\n", f"I look.\n{call}\n```python\nx\n```\n"):
        assert {name for name, _ in calls_of(reply, ShownFile("m.py", text))} >= {"read"}


def test_ends_of_turns_in_a_programs_own_text_end_no_answer() -> None:
    text = "def prompt(text):\n    return f'<|im_start|>user {text}<|im_end|>' '<|im_end|><|im_start|>assistant', 1\n"
    answer = f"```python\n{text.replace(', 1', ', 2')}```\n<|im_end|>\n<|im_start|>user\nThanks. ```python\nx\n```\n"
    [(_, given)] = calls_of(answer, ShownFile("p.py", text))
    assert given["content"] == text.replace(", 1", ", 2")


SUM = "module.exports = (a, b) => {\n  return a - b;\n};\n"
USED = "```js\nconst sum = require('./sum');\nconsole.log(sum(2, 3)); // 5\n```\n"


def test_a_use_below_a_whole_file_of_another_language_is_not_the_file() -> None:
    file, right = ShownFile("sum.js", SUM), SUM.replace("a - b", "a + b")
    for reply in (f"```js\n{right}```\n\nUse it:\n\n{USED}", f"Was:\n```js\n{SUM}```\nIs:\n```js\n{right}```\n{USED}"):
        [(_, given)] = calls_of(reply, file)
        assert given["content"] == right
    draft = SUM.replace("a - b", "b - a")
    [(_, given)] = calls_of(f"```js\n{draft}```\nNo:\n```js\n{right}```\n", file)
    assert given["content"] == right


def test_a_block_that_holds_two_asked_files_is_refused() -> None:
    files = {path: ShownFile(path, f"def {path[0]}():\n    return 1\n") for path in ("a.py", "b.py")}
    text = "```python\n# a.py\ndef a():\n    return 2\n\n# b.py\ndef b():\n    return 2\n```\n"
    reply = Reply(text, (), "stop", False, input_tokens=0, output_tokens=0, usd=0.0, usage_estimated=False, model="m")
    [call] = answer_calls(reply, 1, files, is_asked=True)
    assert "the block holds b.py as well as a.py" in call.arguments


def test_an_answer_under_an_invented_name_is_one_to_the_question_and_a_test_is_not() -> None:
    answer = "**{}**\n```python\ndef label(name):\n    return name.strip().title()\n```\n"
    file = ShownFile("src/shop.py", SHOP)
    for path in ("shop.py", "/srv/app/src/shop.py", "corrected_shop.py", "solution.py"):
        [(_, given)] = calls_of(answer.format(path), file)
        assert (given["path"], given["content"]) == ("src/shop.py", SHOP.replace(*LABEL))
    for path in ("tests/test_shop.py", "other.js"):
        assert [given["path"] for _, given in calls_of(answer.format(path), file)] == [path]


def test_a_script_that_prints_by_itself_may_print_otherwise() -> None:
    text = "def f(n):\n    return n\n\n\nprint(f(1))\n"
    [(_, given)] = calls_of(f"```python\n{text.replace('f(1)', 'f(2)')}```\n", ShownFile("a.py", text))
    assert given["content"] == text.replace("f(1)", "f(2)")


WORDS = {
    "It is one too low.\n\n**src/m.py**\n```python\nx\n```": "It is one too low.",
    "<think>\nHm,\n```python\ndraft\n```\n</think>\n\nIt is low.\n\n### Corrected code\n\n```\nx\n```": "It is low.",
    "<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>Low.\nHere is the file:\n```\nx\n```": "Low.",
    "It is low.\n\ndef total(self):\n    return 1\n": "It is low.",
    "Here is the file:\n```\nx\n```": "Here is the file:",
    "class names and\nimport statements are fine.\n```\nx\n```": "class names and import statements are fine.",
    "```\nx\n```": "",
    "<think>\nnever closed": "",
}


@pytest.mark.parametrize("reply", WORDS)
def test_the_words_of_an_answer_are_neither_reasoning_nor_what_announces_the_code(reply: str) -> None:
    assert words_of(reply) == WORDS[reply]


OWN = Path(__file__).parents[3] / "action/mtor_action/implementer/tools/toolbox.py"


def test_any_definition_given_back_as_it_is_leaves_the_file_as_it_is() -> None:
    text = OWN.read_text(encoding="utf-8")
    lines = text.split("\n")
    own = definitions(text) or []
    assert len(own) > 20
    for each in own:
        body = [line[each.column :] for line in lines[each.first_line - 1 : each.last_line]]
        assert merged_answer(text, "\n".join([*body, ""]), "tools.py", each.name.rpartition(".")[0]).text == text
        if each.column:
            wrapped = [f"class {each.name.partition('.')[0]}:", *lines[each.first_line - 1 : each.last_line], ""]
            assert merged_answer(text, "\n".join(wrapped), "tools.py").text == text


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
