"""A definition of a language with a grammar, put back in the place of the one that was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.implementer.answered_files.answer_splice import with_definition
from mtor_action.implementer.answered_files.refusals import AnswerRefused
from mtor_action.implementer.prompts.suspects import suspects
from mtor_action.implementer.source_code.definitions import definitions_in
from mtor_action.implementer.source_code.shown_file import ShownFile
from scripted_runs import block, spec
from standins.model import say

if TYPE_CHECKING:
    from scripted_runs import Runner

TOTAL = """  /** The sum of the prices. */
  total(prices) {
    const text = `a
b
      c`
    return prices.length + text.length * 0
  }
"""
CLASS = f"export class Cart {{\n  constructor() {{\n    this.items = []\n  }}\n\n{TOTAL}}}\n"
FILLER = "".join(f"\nexport function filler{number}() {{\n  return {number}\n}}\n" for number in range(60))
CART = f"{CLASS}{FILLER}"
GO = """package shop

// Total sums prices.
func Total(prices []int) int {
\treturn len(prices)
}
"""
RUST = """pub struct Cart;

impl Cart {
    pub fn total(&self) -> usize {
        0
    }
}
"""
PAGE = 'class Page {\n  json(n) {\n    return `{\n  "n": ${n + 1}\n}\n`\n  }\n}\n'
RAW = """impl Page {
    fn json(&self, n: u32) -> String {
        format!(r#"{{
    "n": {}
}}
}
"#, n + 1)
    }
}
"""
HERE_DOCUMENT = """class Page
  def json(n)
    render(n + 1, <<TEXT)
  {
    end
TEXT
  end
end
"""


def spliced(path: str, text: str, name: str, answer: str) -> str:
    [part] = [each for each in definitions_in(path, text) or () if each.name == name]
    return with_definition(ShownFile(path, text, part), part, answer)


def shown(path: str, text: str, name: str) -> str:
    [part] = [each for each in definitions_in(path, text) or () if each.name == name]
    return ShownFile(path, text, part).excerpt


@pytest.mark.parametrize(
    ("path", "text", "name", "wrong", "right"),
    [
        pytest.param(
            "src/cart.js", CART, "Cart.total", "prices.length", "sum(prices)", id="a method, with a text in it"
        ),
        pytest.param("src/cart.ts", CART, "filler59", "return 59", "return 60", id="an exported function"),
        pytest.param("shop/total.go", GO, "Total", "len(prices)", "sum(prices)", id="tabs"),
        pytest.param("src/lib.rs", RUST, "Cart.total", "        0", "        1", id="of an impl"),
        pytest.param("page.js", PAGE, "Page.json", "n + 1", "n", id="with a text that has lines like the code's"),
        pytest.param("page.rs", RAW, "Page.json", "n + 1", "n", id="with a raw string"),
        pytest.param("page.rb", HERE_DOCUMENT, "Page.json", "n + 1", "n", id="with a here document"),
    ],
)
def test_a_definition_takes_its_place(path: str, text: str, name: str, wrong: str, right: str) -> None:
    answer = shown(path, text, name).replace(wrong.strip(), right.strip())
    assert spliced(path, text, name, answer) == text.replace(wrong, right)


@pytest.mark.parametrize("indentation", ["", "      "])
def test_the_lines_of_a_text_stay_as_they_are_if_only_the_code_is_indented(indentation: str) -> None:
    code = ["json(n) {", "  return `{", '  "n": ${n}', "}", "`", "}"]
    answer = [line if 2 <= number <= 4 else f"{indentation}{line}" for number, line in enumerate(code)]
    assert spliced("page.js", PAGE, "Page.json", "\n".join(answer)) == PAGE.replace("n + 1", "n")


def test_a_line_that_the_file_indents_in_its_own_way_stays_as_it_is() -> None:
    text = "namespace a {\n  int f() {\n#ifdef X\n    return 1;\n#endif\n    return 2;\n  }\n}\n"
    answer = shown("a.cpp", text, "a.f").replace("return 2", "return 3")
    assert spliced("a.cpp", text, "a.f", answer) == text.replace("return 2", "return 3")


def test_a_helper_beside_it_comes_with_it() -> None:
    answer = "func Total(prices []int) int {\n\treturn sum(prices)\n}\n\nfunc sum(all []int) int {\n\treturn 0\n}\n"
    assert spliced("total.go", GO, "Total", answer) == f"package shop\n\n{answer}"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param("total(prices) {\n  return (\n}\n", "does not parse", id="what does not parse"),
        pytest.param("sum(prices) {\n  return 0\n}\n", "the block has no Cart.total", id="under another name"),
        pytest.param(f"{TOTAL}\nconstructor() {{}}\n", "has Cart.constructor already", id="one that is there"),
        pytest.param("total(prices) {\n  // ...\n}\n", "placeholder", id="three dots"),
        pytest.param("return 1\n", "does not parse", id="a part of it"),
        pytest.param(CLASS, "does not parse", id="with its class"),
    ],
)
def test_a_block_without_a_single_reading_is_refused_with_what_to_give(answer: str, words: str) -> None:
    with pytest.raises(AnswerRefused, match=words):
        spliced("cart.js", CART, "Cart.total", answer)


@pytest.mark.parametrize(
    ("failures", "name"),
    [
        pytest.param("src/cart.js:6:5\nAssertionError", "Cart.total", id="a frame"),
        pytest.param("assert.equal(cart.total([1, 2]), 3)", "Cart.total", id="a call"),
        pytest.param("new Cart()\nfiller7() is 6", "filler7", id="a function, not the class"),
    ],
)
def test_of_a_long_file_the_definition_that_fails_is_asked_about(failures: str, name: str) -> None:
    [[item]] = suspects({"src/cart.js": CART}, f"{failures} in Cart, cart.js", {})
    assert item.part
    assert item.part.name == name


def test_a_long_file_of_another_language_is_repaired_by_one_definition(runner: Runner) -> None:
    test = "grep -q 'sum(prices)' cart.js || { echo 'cart.js:9: the total is wrong: cart.total(2)'; false; }"
    text = spec(None, blocks=[block("create", "cart.js", CART)], test=[test])
    root = runner.repository({"README": "A shop.\n"}, protocol="text")
    answer = shown("cart.js", CART, "Cart.total").replace("prices.length", "sum(prices)")
    run = runner.run([say(f"It counts them.\n\n```js\n{answer}```\n")], root=root, text=text)
    assert (run.outcome, len(run.requests)) == ("fixed", 1)
    assert "This definition in cart.js has a mistake" in run.asked[0][1]["content"]
    assert run.committed("cart.js") == CART.replace("prices.length", "sum(prices)")
