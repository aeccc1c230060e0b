"""What an answer about a Python file deletes or changes: only what it gives, and all that it gives is put in."""

from __future__ import annotations

from contextlib import suppress

import pytest

from mtor_action.implementer.answered_files.answer_merge import merged_answer
from mtor_action.implementer.answered_files.minimal_change import minimal_change
from mtor_action.implementer.answered_files.refusals import AnswerRefused
from mtor_action.implementer.source_code.lost_definitions import lost_definitions

ONE = "def one():\n    a = 1\n    return a\n"
TWO = "def two():\n    return 2\n"
CLASS = "class A:\n    def m(self):\n        return 1\n\n    def n(self):\n        return 3\n"
OVERLOADS = "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a):\n    return 1\n"
REGISTERED = "@f.register\ndef _(a: int):\n    return 1\n\n\n@f.register\ndef _(a: str):\n    return 2\n"
PROTOCOL = "import abc\n\n\nclass P(Protocol):\n    def a(self) -> int: ...\n"
YAML = "import sys\n\ntry:\n    import yaml\nexcept ImportError:\n    yaml = None\n\n\n"
SHEBANG = "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n"
DOING = "class A:\n    register(1)\n    if os.name:\n        def g(self):\n            return 1\n"
SQL = "    def m(self):\n        return '''\n            select a\n              from b\n        '''\n"
BRANCHES = "import sys\n\nif sys.platform:\n    def g():\n        return 1\nelse:\n    g = None\n\n\n"
BESIDE_B = "class A:\n    def m(self):\n        return 1\n\n\nclass B:\n    def check(self):\n        return 2\n"
TYPES = "from a import A, B\nfrom b import C\n\n"
ALL = "__all__ = ['A', 'two']\nX: 'B' = 1\n\n\ndef two(c: list['C']) -> int:\n    return 2\n"
FROZEN = "@dataclass(frozen=True)\nclass P(Base):\n    x: int\n\n    def norm(self):\n        return x + y\n"
FAST = "try:\n    from fast import go\nexcept ImportError:\n    def go(x):\n        return x - 1\n\n\n"
TABS = "class A:\n\tdef m(self):\n\t\tx = f(1,\n  2)\n"

# what is tried: the file, the answer, the file that comes out
PUT_TOGETHER = {
    "a helper above its function": (
        f"{ONE}\n\n{TWO}",
        f"def help():\n    return 1\n\n\n{ONE.replace('a = 1', 'a = help()')}",
        f"def help():\n    return 1\n\n\n{ONE.replace('a = 1', 'a = help()')}\n\n{TWO}",
    ),
    "the implementation of overloads": (OVERLOADS, "def f(a):\n    return 2\n", OVERLOADS.replace("1", "2")),
    "one of those that are registered": (
        REGISTERED,
        "@f.register\ndef _(a: str):\n    return 3\n",
        REGISTERED.replace("2", "3"),
    ),
    "one of two functions, of which the last counts": (
        f"{TWO}\n\n{ONE}\n\n{TWO}",
        TWO.replace("return 2", "return 3"),
        f"{TWO}\n\n{ONE}\n\n{TWO.replace('return 2', 'return 3')}",
    ),
    "an assignment that is quoted beside one that changes": (
        "X = 1\nX = X + 1\nX = X + 2\n",
        "X = 1\nX = X + 3\n",
        "X = 1\nX = X + 1\nX = X + 3\n",
    ),
    "a class that defines less than before": (
        "import os\n\n\nclass A:\n    x = os.sep\n    y = 2\n",
        "import os\n\n\nclass A:\n    x = os.name\n",
        "import os\n\n\nclass A:\n    x = os.name\n    y = 2\n",
    ),
    "imports that are still used": (
        f"import os\n\nX = os.sep\n\n\n{TWO}",
        f"X = os.name\n\n\n{TWO}",
        f"import os\n\nX = os.name\n\n\n{TWO}",
    ),
    "imports that are used in texts only": (
        f"{TYPES}{ALL}",
        ALL.replace("1", "2"),
        f"{TYPES}{ALL.replace('1', '2')}",
    ),
    "the decorators of a class that is whole": (
        f"{FROZEN}\n\n{TWO}",
        FROZEN.partition("\n")[2].replace("x + y", "x - y"),
        f"{FROZEN}\n\n{TWO}".replace("x + y", "x - y"),
    ),
    "the decorators of a class that is not whole": (
        f"{FROZEN}\n\n{TWO}",
        "class P(Base):\n    def norm(self):\n        return x - y\n",
        f"{FROZEN}\n\n{TWO}".replace("x + y", "x - y"),
    ),
    "the bases of a class": (
        f"{FROZEN}\n\n{TWO}",
        FROZEN.replace("(Base)", "").replace("x + y", "x - y"),
        f"{FROZEN}\n\n{TWO}".replace("x + y", "x - y"),
    ),
    "no decorators of a class that comes with others": (
        f"{FROZEN}\n\n{TWO}",
        FROZEN.replace("frozen=True", "order=True"),
        f"{FROZEN.replace('frozen=True', 'order=True')}\n\n{TWO}",
    ),
    "a function to whose name something is assigned below": (
        f"{TWO}\n\ntwo = cache(two)\n\n\n{ONE}",
        "def two() -> int:\n    return 3\n",
        f"def two() -> int:\n    return 3\n\n\ntwo = cache(two)\n\n\n{ONE}",
    ),
    "what is assigned to the name of a function above": (
        f"{TWO}\n\ntwo = cache(two)\n\n\n{ONE}",
        "two = lru_cache(1)(two)\n",
        f"{TWO}\n\ntwo = lru_cache(1)(two)\n\n\n{ONE}",
    ),
    "a function in place of what its name was": (
        f"two = None\n\n\n{ONE}",
        f"{TWO}\n\ntwo = cache(two)\n",
        f"{TWO}\n\ntwo = cache(two)\n\n\n{ONE}",
    ),
    "both of a name": (
        f"{TWO}\n\ntwo = cache(two)\n\n\n{ONE}",
        "def two():\n    return 3\n\n\ntwo = lru_cache(1)(two)\n",
        f"{TWO.replace('2', '3')}\n\ntwo = lru_cache(1)(two)\n\n\n{ONE}",
    ),
    "a method to whose name something is assigned below": (
        "class C:\n    x = 1\n\n    def area(w, h):\n        return w + h\n    area = staticmethod(area)\n",
        "class C:\n    def area(w, h):\n        return w * h\n",
        "class C:\n    x = 1\n\n    def area(w, h):\n        return w * h\n    area = staticmethod(area)\n",
    ),
    "an import that a branch makes": (
        f"{YAML}{TWO}",
        f"import sys\n\n\n{TWO.replace('return 2', 'return yaml or 3')}",
        f"{YAML}{TWO.replace('return 2', 'return yaml or 3')}",
    ),
    "definitions in branches": (
        f"{BRANCHES}{TWO}",
        f"import sys\n\n\n{TWO.replace('return 2', 'return g() + 2')}",
        f"{BRANCHES}{TWO.replace('return 2', 'return g() + 2')}",
    ),
    "a call at the end": (
        f"import sys\n\n\n{TWO}\n\nregister(two)\n",
        f"import sys\n\n\n{TWO.replace('return 2', 'return 3')}",
        f"import sys\n\n\n{TWO.replace('return 2', 'return 3')}\n\nregister(two)\n",
    ),
    "what a class does and defines in branches": (
        f"import os\n\n\n{DOING}\n    def m(self):\n        return 1\n",
        "import os\n\n\nclass A:\n    def m(self):\n        return 2\n",
        f"import os\n\n\n{DOING}\n    def m(self):\n        return 2\n",
    ),
    "a method at its class's indentation, with a text": (
        f"class A:\n{SQL}\n\nX = 1\n",
        SQL.replace("b", "c"),
        f"class A:\n{SQL}\n\nX = 1\n".replace("b", "c"),
    ),
    "a method with blanks in a file with tabs": (
        "class A:\n\tdef m(self):\n\t\tif self:\n\t\t\treturn 1\n",
        "def m(self):\n    '''Doc.\n\n    More.\n    '''\n    if self:\n        return '''\n    a\n'''\n",
        "class A:\n\tdef m(self):\n\t\t'''Doc.\n\n\t\tMore.\n\t\t'''\n\t\tif self:\n\t\t\treturn '''\n    a\n'''\n",
    ),
    "a method with blanks in a file with tabs and, in brackets and texts, blanks": (
        f"{TABS}\t\tif self:\n\t\t\treturn 1\n",
        "def m(self):\n    x = f(1, 2)\n    if self:\n        return 2\n",
        f"{TABS.partition('x =')[0]}x = f(1, 2)\n\t\tif self:\n\t\t\treturn 2\n",
    ),
    "an import below a shebang and an encoding": (
        f"{SHEBANG}\n{ONE}\n\n{TWO}",
        f"import os\n\n\n{TWO.replace('return 2', 'return os.sep')}",
        f"{SHEBANG}import os\n\n{ONE}\n\n{TWO.replace('return 2', 'return os.sep')}",
    ),
    "an import of the future above the others": (
        f"import os\n\n\n{ONE}\n\n{TWO}",
        f"from __future__ import annotations\n\n\n{TWO.replace('return 2', 'return 3')}",
        f"from __future__ import annotations\nimport os\n\n\n{ONE}\n\n{TWO.replace('return 2', 'return 3')}",
    ),
}
# Whole files that lack something, because that is the repair: the file before, the file as it is given back.
REPAIRED = {
    "the branch of a function": (f"{FAST}{TWO}", f"{FAST.replace('x - 1', 'x + 1')}{TWO}"),
    "an import that is not used": (
        f"import os\nimport sys\n\nX = os.sep\n\n\n{TWO}",
        f"import os\n\nX = os.sep\n\n\n{TWO}",
    ),
    "the first of two functions": (f"import os\n\n\n{TWO}\n\n{ONE}\n\n{TWO}", f"import os\n\n\n{ONE}\n\n{TWO}"),
    "a stray call": (f"import os\n\n\n{TWO}\n\nbreak_it()\nmain()\n", f"import os\n\n\n{TWO}\n\nmain()\n"),
    "a method that a protocol lacks": (PROTOCOL, f"{PROTOCOL}\n    def b(self) -> int: ...\n"),
    "a body that has nothing to do": (
        f"import os\n\n\n{ONE}\n\n{TWO}",
        f"import os\n\n\ndef one():\n    pass\n\n\n{TWO}",
    ),
    "another branch": (f"{BRANCHES}{TWO}", f"{BRANCHES.replace('return 1', 'return 5')}{TWO}"),
}
REFUSED = {
    "methods of two classes without their classes": (
        BESIDE_B,
        "def m(self):\n    return self.check()\n\n\ndef check(self):\n    return 3\n",
        "m is in A, check is in B; give each inside",
    ),
    "a method twice, in its class and alone": (
        f"{CLASS}\n\n{TWO}",
        f"{CLASS}\n\ndef m(self):\n    return 4\n",
        "twice",
    ),
    "a longer one alone before its class": (
        f"{CLASS}\n\n{TWO}",
        f"def m(self):\n    a = 1\n    b = 2\n    return a\n\n\n{CLASS}",
        "twice",
    ),
    "what a branch defines": (
        f"{BRANCHES}{TWO}",
        "def g():\n    return 3\n",
        "g is defined in a branch of m.py, below",
    ),
    "what a branch defines, beside another function": (
        f"{FAST}{TWO}",
        f"def go(x):\n    return x + 1\n\n\n{TWO}",
        "go is defined in a branch of m.py, below `try:`; give the whole file",
    ),
    "what a branch of a class defines": (
        f"{DOING}\n    def m(self):\n        return 1\n",
        "class A:\n    def g(self):\n        return 2\n\n    def m(self):\n        return 1\n",
        "g is defined in a branch of m.py, below `if os.name:`",
    ),
    "one of two statements on a line": (f"x = 1; y = 2\n\n\n{TWO}", "x = 3\n", "would change `y = 2`"),
    "one of two that look the same": (REGISTERED, "@f.register\ndef _(a: bytes):\n    return 3\n", "more than once"),
    "a class of which one method became dots": (
        f"import os\n\n\n{PROTOCOL}\n    def b(self):\n        x = 1\n        return x\n",
        f"import os\n\n\n{PROTOCOL}\n    def b(self):\n        x = 1\n        ...\n",
        "is a placeholder",
    ),
}

# An answer about the method `m` of the class `A`: the file before, the answer, the file that comes out.
ABOUT_A_METHOD = {
    "a helper that another class has too": (
        BESIDE_B,
        "def m(self):\n    return self.check()\n\n\ndef check(self):\n    return 3\n",
        BESIDE_B.replace(
            "        return 1\n", "        return self.check()\n\n    def check(self):\n        return 3\n"
        ),
    ),
    "a helper that two other classes have": (
        f"{BESIDE_B}\n\nclass C(B):\n    def check(self):\n        return 4\n",
        "def check(self):\n    return 3\n\n\ndef m(self):\n    return self.check()\n",
        f"{BESIDE_B}\n\nclass C(B):\n    def check(self):\n        return 4\n".replace(
            "    def m(self):\n        return 1\n",
            "    def check(self):\n        return 3\n\n    def m(self):\n        return self.check()\n",
        ),
    ),
    "a function that it calls by its bare name": (
        BESIDE_B,
        "def is_one(x):\n    return x == 1\n\n\ndef m(self):\n    return is_one(1)\n",
        f"def is_one(x):\n    return x == 1\n\n\n{BESIDE_B.replace('return 1', 'return is_one(1)')}",
    ),
    "a function that it calls by its bare name, below it": (
        BESIDE_B,
        "def m(self):\n    return is_one(1)\n\n\n@cache\ndef is_one(x):\n    return x == 1\n",
        BESIDE_B.replace("return 1", "return is_one(1)").replace(
            "\n\n\nclass B", "\n\n\n@cache\ndef is_one(x):\n    return x == 1\n\n\nclass B"
        ),
    ),
    "a static method": (
        BESIDE_B,
        "@staticmethod\ndef h(x):\n    return x\n\n\ndef m(self):\n    return self.h(1)\n",
        BESIDE_B.replace(
            "    def m(self):\n        return 1\n",
            "    @staticmethod\n    def h(x):\n        return x\n\n    def m(self):\n        return self.h(1)\n",
        ),
    ),
    "constants that it reads by their bare names and as attributes": (
        f"import os\n\n\n{BESIDE_B}",
        "RATE = 3\nBASE = 4\nlimit = 5\n\ndef m(self):\n    limit = self.limit\n    return RATE + BASE + limit\n",
        f"import os\n\n\nRATE = 3\nBASE = 4\n\n\n{BESIDE_B}".replace(
            "    def m(self):\n        return 1\n",
            "    limit = 5\n\n    def m(self):\n        limit = self.limit\n        return RATE + BASE + limit\n",
        ),
    ),
    "an attribute that the class has": (
        BESIDE_B.replace("    def m", "    limit = 1\n\n    def m"),
        "limit = 2\n\ndef m(self):\n    return self.limit\n",
        BESIDE_B.replace("    def m", "    limit = 2\n\n    def m").replace("return 1", "return self.limit"),
    ),
    "an inner class": (
        f"class A:\n    class In:\n        x = 1\n\n    y = In\n\n\n{ONE}",
        "class In:\n    x = 2\n",
        f"class A:\n    class In:\n        x = 2\n\n    y = In\n\n\n{ONE}",
    ),
    "a constant below it": (
        BESIDE_B,
        "def m(self):\n    return RATE\n\nRATE = 3\n",
        f"RATE = 3\n\n\n{BESIDE_B.replace('return 1', 'return RATE')}",
    ),
    "a class that it makes": (
        BESIDE_B,
        "class Box:\n    size = 1\n\n\ndef m(self):\n    return Box()\n",
        f"class Box:\n    size = 1\n\n\n{BESIDE_B.replace('return 1', 'return Box()')}",
    ),
    "a method and a change outside of the class": (
        f"RATE = 2\n\n\n{BESIDE_B}",
        "def help(self):\n    return RATE\n\n\nRATE = 3\n\n\ndef m(self):\n    return self.help()\n",
        f"RATE = 3\n\n\n{BESIDE_B}".replace(
            "    def m(self):\n        return 1\n",
            "    def help(self):\n        return RATE\n\n    def m(self):\n        return self.help()\n",
        ),
    ),
    "a method of another class, where the mistake is": (
        BESIDE_B,
        "def check(self):\n    return 3\n",
        BESIDE_B.replace("return 2", "return 3"),
    ),
}


@pytest.mark.parametrize("name", ABOUT_A_METHOD)
def test_beside_an_asked_method_what_is_new_gets_its_place(name: str) -> None:
    text, answer, expected = ABOUT_A_METHOD[name]
    assert merged_answer(text, answer, "m.py", "A").text == expected


@pytest.mark.parametrize("name", PUT_TOGETHER)
def test_what_an_answer_leaves_out_stays_and_what_it_gives_is_put_in(name: str) -> None:
    text, answer, expected = PUT_TOGETHER[name]
    assert merged_answer(text, answer, "m.py").text == expected


def test_a_package_keeps_what_it_imports() -> None:
    text = f"from .core import run\n\nX = 1\n\n\n{TWO}"
    answer = f"X = 2\n\n\n{TWO}"
    assert merged_answer(text, answer, "pkg/__init__.py").text == f"from .core import run\n\n{answer}"
    assert merged_answer(text, answer, "pkg/core.py").text == answer


@pytest.mark.parametrize("name", REPAIRED)
def test_a_whole_file_may_lack_what_was_wrong(name: str) -> None:
    text, answer = REPAIRED[name]
    assert merged_answer(text, answer, "m.py").text == answer
    assert minimal_change(text, answer, "m.py") == answer


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        pytest.param(
            "m.py", "A = '''x \\n'''\nB = '''x \n y'''\n", "A = '''x \\n'''\nB = '''x\n y'''\n", None, id="alone"
        ),
        pytest.param(
            "m.py", "B = '''x \ny'''\nC = 1 \n", "B = '''x\ny'''\nC = 1\n", "B = '''x\ny'''\nC = 1 \n", id="beside"
        ),
        pytest.param("m.py", "C = 1 \n", "C = 1\n", "C = 1 \n", id="not in a text"),
        pytest.param("m.js", "a = `x \ny`\n", "a = `x\ny`\n", None, id="of another language"),
        pytest.param("m.js", "a = 1\n\n\nb = `x\ny`\n", "a = 1\nb = `x\n\ny`\n", None, id="blank lines"),
        pytest.param("m.js", "a = 1 \nb = 2\n", "a = 1\nb = 3\n", "a = 1 \nb = 3\n", id="beside a change"),
        pytest.param("m.js", "a = 1\r\n", "a = 1\n", "a = 1\r\n", id="line ends"),
        pytest.param("m.js", "a = 1\n", "a = 1", "a = 1\n", id="the end of the file"),
    ],
)
def test_white_space_is_a_change_inside_of_a_text(path: str, before: str, after: str, expected: str | None) -> None:
    assert minimal_change(before, after, path) == (after if expected is None else expected)


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_would_change_more_than_it_gives_is_refused(name: str) -> None:
    text, answer, fault = REFUSED[name]
    with pytest.raises(AnswerRefused, match=fault):
        merged_answer(text, answer, "m.py")


def test_python_that_does_not_parse_loses_no_definition() -> None:
    text = f"{ONE}\n\n{TWO}\n\nprint 'done'\n"
    assert (
        lost_definitions("m.py", text, f"{ONE}\n\nprint('done')\n") == "the text leaves out two; give the whole of m.py"
    )
    assert lost_definitions("m.py", text, f"{ONE}\n\n{TWO}\n\nprint('done')\n") == ""
    assert "placeholder" in lost_definitions("m.py", text, f"{ONE}\n\ndef two():\n    ...\n\n\nprint('done')\n")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("def two():\n    x = (#\r\n3)\n    return x\n \\\r\n", id="by Python 3.11"),
        pytest.param("def two():\n    return 3\n#\r\t", id="by Python 3.13"),
    ],
)
def test_line_ends_that_the_parser_takes_and_the_tokenizer_refuses_end_no_run(answer: str) -> None:
    with suppress(AnswerRefused):  # where the parser refuses them too
        assert "    return " in merged_answer(f"{ONE}\n\n{TWO}", answer, "m.py").text
