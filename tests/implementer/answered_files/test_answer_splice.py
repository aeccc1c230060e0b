"""A definition of a language with a grammar, put back in the place of the one that was shown."""

from __future__ import annotations

from pathlib import Path
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

OUTLINES = Path(__file__).parents[2] / "symbols" / "outlines"
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


@pytest.mark.parametrize(
    "source", sorted(each for each in OUTLINES.iterdir() if each.suffix != ".txt"), ids=lambda source: source.name
)
def test_any_definition_that_comes_back_as_it_was_shown_leaves_the_file_as_it_is(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    for part in definitions_in(source.name, text) or ():
        file = ShownFile(source.name, text, part)
        assert with_definition(file, part, file.excerpt) == text, part


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
    assert spliced("total.go", GO, "Total", answer) == f"package shop\n\n// Total sums prices.\n{answer}"
    sum_first = "\n".join(answer.split("\n")[4:]) + "\n" + "\n".join(answer.split("\n")[:3]) + "\n"
    expected = sum_first.replace("func Total", "// Total sums prices.\nfunc Total")
    assert spliced("total.go", GO, "Total", sum_first) == f"package shop\n\n{expected}"


@pytest.mark.parametrize(
    ("lead", "given", "kept"),
    [
        pytest.param("/// One.\n#[must_use]\n", "", "/// One.\n#[must_use]\n", id="both"),
        pytest.param("/// One.\n#[must_use]\n", "/// Two.\n", "/// Two.\n#[must_use]\n", id="attributes"),
        pytest.param("/// One.\n#[must_use]\n", "#[inline]\n", "/// One.\n#[inline]\n", id="comments"),
        pytest.param("/// One.\n/// Two.\n", "/// One.\n", "/// One.\n", id="neither"),
        pytest.param("", "/// One.\n", "/// One.\n", id="where there was none"),
    ],
)
def test_comments_and_attributes_above_a_head_stay_if_the_answer_has_none(lead: str, given: str, kept: str) -> None:
    imports, wrong, right = (
        "use std::fmt;\n\n",
        "pub fn one() -> u32 {\n    2\n}\n",
        "pub fn one() -> u32 {\n    1\n}\n",
    )
    text = f"{imports}{lead}{wrong}"
    assert spliced("one.rs", text, "one", f"{given}{right}") == f"{imports}{kept}{right}"


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        pytest.param(
            "S.ts",
            "class S {\n  // Why.\n  @On('click')\n  push(a) {\n    return 2\n  }\n}\n",
            "S.push",
            id="TypeScript",
        ),
        pytest.param(
            "C.java",
            "class C {\n    /** One. */\n    @Transactional\n    @Two(\n        1)\n    int add(int a) {\n"
            "        return 2;\n    }\n}\n",
            "C.add",
            id="Java",
        ),
        pytest.param(
            "C.cs",
            "class C {\n    [Fact]\n    public int Add(int a) {\n        return 2;\n    }\n}\n",
            "C.Add",
            id="C#",
        ),
    ],
)
def test_what_marks_a_method_stays(path: str, text: str, name: str) -> None:
    lines = shown(path, text, name).split("\n")
    head = next(number for number, line in enumerate(lines) if line.endswith("{"))
    assert spliced(path, text, name, "\n".join(lines[head:]).replace("2", "1")) == text.replace("2", "1")


JS = """const fs = require('fs')

function total(a) {
  return 1
}

function other() {}

module.exports = { total }
"""


@pytest.mark.parametrize(
    ("path", "text", "name", "before", "after"),
    [
        pytest.param("total.go", GO, "Total", "package shop\n\n", "", id="a package"),
        pytest.param("a.php", "<?php\nuse A\\B;\n\nfunction f() {\n    return 1;\n}\n", "f", "<?php\n\n", "", id="PHP"),
        pytest.param(
            "a.js", JS, "total", "const fs = require('fs')\n\n", "\nmodule.exports = { total }\n", id="imports"
        ),
        pytest.param("a.js", JS, "total", "", "\nfunction other() {}\n\nmodule.exports = { total }\n", id="more"),
        pytest.param(
            "a.go",
            f'// Licence.\n\npackage shop\n\nimport (\n\t"fmt"\n)\n{GO.partition("shop")[2]}',
            "Total",
            '// Licence.\npackage shop\n\nimport (\n\t"fmt"\n)\n\n',
            "",
            id="with a comment",
        ),
    ],
)
def test_what_the_file_has_around_a_definition_may_come_with_it(
    path: str, text: str, name: str, before: str, after: str
) -> None:
    old, new = ("len(prices)", "sum(prices)") if name == "Total" else ("return 1", "return 2")
    answer = f"{before}{shown(path, text, name).replace(old, new)}{after}"
    assert spliced(path, text, name, answer) == text.replace(old, new)


@pytest.mark.parametrize(
    ("path", "text", "name", "more"),
    [
        pytest.param("a.js", JS, "total", "\n// Example usage:\nconsole.log(total([1, 2]))\n", id="a use"),
        pytest.param("a.js", JS, "total", "\nprocess.exit(0)\n", id="an end"),
        pytest.param("a.js", JS, "total", "\nexport default total\n", id="an export"),
        pytest.param("total.go", GO, "Total", "\npackage main\n", id="another package"),
        pytest.param("a.rb", "class A\n  def b\n    1\n  end\nend\n", "A.b", "\nputs b\n", id="Ruby"),
    ],
)
def test_what_runs_beside_a_definition_is_refused(path: str, text: str, name: str, more: str) -> None:
    with pytest.raises(AnswerRefused, match=r"is more than the definition of"):
        spliced(path, text, name, f"{shown(path, text, name)}{more}")


@pytest.mark.parametrize(
    ("path", "text", "name", "more"),
    [
        pytest.param("a.js", JS, "total", "\nconst { a, b } = require('c')\n", id="names taken from an import"),
        pytest.param("a.js", JS, "total", "\nexport class B {}\n", id="an exported class"),
        pytest.param("total.go", GO, "Total", "\nvar (\n\tx = 1\n\ty = 2\n)\n", id="a group"),
        pytest.param("a.c", "int f(void) {\n  return 1;\n}\n", "f", "\n#define X 1\nstatic int g(void);\n", id="C"),
        pytest.param("a.rb", "def b\n  1\nend\n", "b", '\nrequire "set"\n', id="Ruby"),
    ],
)
def test_what_only_declares_may_come_with_a_definition(path: str, text: str, name: str, more: str) -> None:
    answer = f"{shown(path, text, name)}{more}"
    assert spliced(path, text, name, answer) == text.replace(shown(path, text, name).strip("\n"), answer.strip("\n"))


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
