"""Definitions that a spec names: hunks inside of one, replaced, inserted, deleted, moved; never anywhere else."""

from __future__ import annotations

import pytest

from mtor_action.diagnostics import render
from mtor_action.plan.plan import make_plan
from mtor_action.symbols.lookup import shown_hash
from mtor_action.tree.tree import DictTree
from planning import after, edit, files, plan, read, rules, settings, state

SOURCE = '''"""Doc."""
from __future__ import annotations

import os


class One:
    """The first."""

    def send(self, x):
        y = x
        return y

    def close(self):
        return 1


class Two:
    def send(self, x):
        y = x
        return y


# Glued.
@dec
def f(a):
    return os.getcwd()


def g():
    return f(1)
'''
TREE = files(a_py=SOURCE)


def block(info: str, body: str) -> str:
    return f"```{info}\n{body}```\n"


def lines(first: str, last: str, source: str = SOURCE) -> str:
    """The lines of `source` from the one that contains `first` to the next that contains `last`."""
    rows = source.split("\n")
    start = next(number for number, row in enumerate(rows) if first in row)
    end = next(number for number, row in enumerate(rows[start:], start) if last in row)
    return "\n".join(rows[start : end + 1])


def was(first: str, last: str, source: str = SOURCE) -> str:
    return shown_hash(lines(first, last, source).encode().split(b"\n"))


F = was("# Glued", "getcwd")


def text_after(spec: str, source: str = SOURCE, path: str = "a.py") -> str:
    return after(spec, {path: state(source)})[path].content.decode()


def faults(spec: str, source: str = SOURCE, path: str = "a.py") -> str:
    made = plan(spec, {path: state(source)})
    assert made.changes == ()
    return "\n".join(render(fault) for fault in made.faults)


def test_a_hunk_is_looked_for_inside_of_one_definition_only() -> None:
    spec = edit("a.py", ("        y = x\n", "        y = x + 1\n"), attributes="in=Two.send")
    expected = SOURCE.partition("class Two")
    assert text_after(spec) == expected[0] + "class Two" + expected[2].replace("y = x", "y = x + 1")
    assert rules(edit("a.py", ("        y = x\n", "        y = 2\n")), TREE) == ["hunk-ambiguous"]
    assert rules(edit("a.py", ("        return 1\n", "        return 2\n"), attributes="in=Two"), TREE) == [
        "hunk-not-found"
    ]


def test_hunks_inside_see_those_before() -> None:
    hunks = (("        y = x\n", "        z = x\n"), ("        z = x\n        return y\n", "        return x\n"))
    assert "z" not in text_after(edit("a.py", *hunks, attributes="in=Two.send"))


@pytest.mark.parametrize("body", ["def f(a):\n    return a\n", "# New.\n@other\ndef f(a, b):\n    return a\n"])
def test_a_definition_is_replaced_with_its_decorators_and_its_glued_comment(body: str) -> None:
    assert text_after(block(f"python replace=a.py symbol=f was={F}", body)) == SOURCE.replace(
        lines("# Glued", "getcwd") + "\n", body
    )


@pytest.mark.parametrize("indent", ["", "    "])
def test_the_body_of_a_method_is_at_the_margin_or_at_its_own_indentation(indent: str) -> None:
    body = f'{indent}def close(self):\n{indent}    """Doc\n\n{indent}    more."""\n{indent}    return 2\n'
    spec = block(f"python replace=a.py symbol=One.close was={was('def close', 'return 1')}", body)
    new = '    def close(self):\n        """Doc\n\n        more."""\n        return 2\n'
    assert text_after(spec) == SOURCE.replace("    def close(self):\n        return 1\n", new)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def h(a):\n    return a\n", 'the body defines "h" (function), expected "f" (function) alone'),
        ("class f:\n    pass\n", 'the body defines "f" (class)'),
        ("def f(a):\n    return a\n\n\ndef h():\n    pass\n", 'the body defines "f" (function), "h" (function)'),
        ("# apart\n\ndef f(a):\n    return a\n", "the body contains more than the definition"),
        ("x\n", "the body defines nothing"),
        ("def f(a:\n    return a\n", "no longer parses"),
        ("  def f(a):\n      return a\n", "indented by 2 blanks, expected none"),
        ("def f(a):\n    return a\nprint(1)\n", "the body contains more than the definition"),
    ],
)
def test_a_body_that_is_not_the_definition_is_refused(body: str, reason: str) -> None:
    spec = block(f"python replace=a.py symbol=f was={F}", body)
    assert rules(spec, TREE) == ["symbol-body"]
    assert reason in faults(spec)


def test_a_string_over_several_lines_is_not_shifted() -> None:
    body = 'def close(self):\n    return """\nx\n"""\n'
    spec = block(f"python replace=a.py symbol=One.close was={was('def close', 'return 1')}", body)
    assert "line 3 of the body is in a string" in faults(spec)
    own = '    def close(self):\n        return """\nx\n"""\n'
    assert own in text_after(spec.replace(body, own))


def test_a_brace_too_many_cannot_eat_a_neighbour() -> None:
    source = "class A {\n  f() {\n    return 1;\n  }\n\n  g() {\n    return 2;\n  }\n}\n"
    digest = shown_hash([b"  f() {", b"    return 1;", b"  }"])
    for body in ("f() {\n  return 3;\n}\n}\nclass B {\n", "f() {\n  return 3;\n", "f() {\n  return 3;\n}\ng() {}\n"):
        assert "symbol-body" in faults(block(f"js replace=a.js symbol=A.f was={digest}", body), source, "a.js")


def test_as_renames() -> None:
    assert "def h(a):" in text_after(block(f"python replace=a.py symbol=f as=h was={F}", "def h(a):\n    return a\n"))
    assert "symbol-body" in faults(block(f"python replace=a.py symbol=f as=k was={F}", "def h(a):\n    return a\n"))
    assert "as=h renames it" in faults(block(f"python replace=a.py symbol=f was={F}", "def h(a):\n    return a\n"))


@pytest.mark.parametrize(
    ("point", "body", "before", "new"),
    [
        ("after=One.send", "def h(self):\n    pass\n", "        return y\n", "\n    def h(self):\n        pass\n"),
        ("after=One.close", "    def h(self): ...\n", "        return 1\n", "\n    def h(self): ...\n"),
        ("into=One", "def h(self): ...\n", "        return 1\n", "\n    def h(self): ...\n"),
        ("into=Two", "x = 1\n", lines("class Two", "return y") + "\n", "\n    x = 1\n"),
        ("before=f", "def h():\n    pass\n", "\n\n", "def h():\n    pass\n\n\n"),
        ("after=g", "def h():\n    pass\n", "    return f(1)\n", "\n\ndef h():\n    pass\n"),
        ("after=g", "\ndef h():\n    pass\n", "    return f(1)\n", "\ndef h():\n    pass\n"),
        ("at=end", "x = 1\n", "    return f(1)\n", "x = 1\n"),
        ("at=top", "import sys\n", "annotations\n\n", "import sys\n"),
    ],
)  # fmt: skip
def test_an_insertion_is_as_far_from_its_neighbour_as_the_file_has_it(
    point: str, body: str, before: str, new: str
) -> None:
    position = SOURCE.index("# Glued") if point == "before=f" else SOURCE.index(before) + len(before)
    assert text_after(block(f"python insert=a.py {point}", body)) == SOURCE[:position] + new + SOURCE[position:]


def test_code_beside_a_definition_in_a_try_or_if_is_put_there_only_if_it_is_indented_so() -> None:
    source = (
        "try:\n    import ssl\nexcept ImportError:\n    ssl = None\n\n\nclass A:\n    if X:\n        y = 1\n    z = 2\n"
    )
    for anchor in ("ssl", "A.y"):
        assert "[symbol-body]" in faults(block(f"python insert=a.py after={anchor}", "b = 3\n"), source)
        assert "[symbol-body]" in faults(block(f"python insert=a.py before={anchor}", "b = 3\n"), source)
    within = text_after(block("python insert=a.py after=ssl", "    b = 3\n"), source)
    assert within == source.replace("    ssl = None\n", "    ssl = None\n    b = 3\n")
    inside = text_after(block("python insert=a.py after=A.y", "        b = 3\n"), source)
    assert inside == source.replace("y = 1\n", "y = 1\n        b = 3\n")
    assert text_after(block("python insert=a.py after=A.z", "b = 3\n"), source) == f"{source}    b = 3\n"


def test_members_of_braces_are_inserted_before_the_closing_one() -> None:
    source = "class A {\n  f() {\n  }\n}\n\nclass B {\n}\n"
    spec = block("js insert=a.js into=A", "g() {\n  return `\n`;\n}\n")
    assert "[symbol-body]" in faults(spec, source, "a.js")
    spec = block("js insert=a.js into=A", "g() {\n}\n") + block("js insert=a.js into=B", "h() {\n}\n")
    assert text_after(spec, source, "a.js") == (
        "class A {\n  f() {\n  }\n\n  g() {\n  }\n}\n\nclass B {\n  h() {\n  }\n}\n"
    )


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        (block("python insert=a.py after=One.sned", "x = 1\n"), "symbol-missing"),
        (block("python insert=a.py into=f", "x = 1\n"), "symbol-body"),
        (block("python insert=a.py after=f", "def g():\n    return 9\n"), "exists"),
        (block("python insert=a.py after=One.send", "def h(self:\n    pass\n"), "symbol-body"),
        (block("python insert=a.py after=One.send", "  def h(self): ...\n"), "symbol-body"),
        (block("insert=a.txt after=f", "x\n"), "symbol-language"),
        (block("js insert=a.js after=A.f", "g() {}\n"), "symbol-unparsed"),
        (edit("a.js", ("x\n", "y\n"), attributes="in=B"), "symbol-ambiguous"),
        (block("python replace=a.py symbol=f", "def f(a):\n    return a\n"), "unseen"),
        (block("python replace=a.py symbol=f was=00000000", "def f(a):\n    return a\n"), "unseen"),
        (edit("a.py", ("    def send(self, x):\n⋮\n        return y\n", "x\n"), attributes="in=Two"), "unseen"),
        (settings('delete: ["a.py::f"]'), "unseen"),
        (settings('delete: ["a.py::h was=00000000"]'), "symbol-missing"),
        (settings('move: {"a.py::One.send": b.py}'), "symbol-body"),
        (settings('move: {"a.py::h": b.py}'), "symbol-missing"),
        (settings('move: {"b.py::h": a.py}'), "missing"),
    ],
)
def test_what_cannot_be_done_is_named(spec: str, rule: str) -> None:
    twins = "class A { f() {} }\nfunction B(x) {}\nfunction B() {}\n"
    assert rules(spec, files(a_py=SOURCE, a_txt="f\n", a_js=twins)) == [rule]


@pytest.mark.parametrize(
    ("first", "last", "symbol", "rest"),
    [
        ("# Glued", "getcwd", "f", lambda: SOURCE.replace(lines("# Glued", "getcwd") + "\n\n\n", "")),
        ("def g", "f(1)", "g", lambda: SOURCE.replace("\n\n\n" + lines("def g", "f(1)"), "")),
        ("def close", "return 1", "One.close", lambda: SOURCE.replace("\n\n" + lines("def close", "return 1"), "")),
    ],
)
def test_a_deleted_definition_leaves_its_neighbours_as_far_apart_as_before(
    first: str, last: str, symbol: str, rest: object
) -> None:
    spec = settings(f'delete: ["a.py::{symbol} was={was(first, last)}"]')
    assert callable(rest)
    assert text_after(spec) == rest()
    # That it is absent proves nothing: a wrong name looks the same.
    assert rules(spec, files(a_py=rest())) == ["symbol-missing"]


def test_a_twin_is_deleted_once_even_if_the_other_is_just_the_same() -> None:
    source = "def f():\n    return 1\n\n\ndef f():\n    return 1\n"
    digest = shown_hash([b"def f():", b"    return 1"])
    spec = settings(f"delete: [\"a.py::f#1 sig='()' was={digest}\"]")
    assert text_after(spec, source) == "def f():\n    return 1\n"


def test_a_definition_moves_to_a_file_that_exists_or_not_and_what_it_lacks_there_is_named() -> None:
    spec = settings('move: {"a.py::f": b.py}')
    moved = lines("# Glued", "getcwd") + "\n"
    result = after(spec, TREE)
    assert (result["a.py"].content.decode(), result["b.py"].content.decode()) == (
        SOURCE.replace(moved + "\n\n", ""),
        moved,
    )
    notes = [(landing.kind, landing.path, landing.note) for landing in plan(spec, TREE).landings]
    assert notes == [
        ("move", "b.py", "f from a.py; b.py lacks os; a.py still names f"),
        ("move", "a.py", "f to b.py"),
    ]
    there = after(spec, files(a_py=SOURCE, b_py="import os\nx = 1\n"))["b.py"].content.decode()
    assert there == "import os\nx = 1\n\n\n" + moved
    assert rules(spec, files(a_py=SOURCE, b_py="def f(): ...\n")) == ["exists"]


GO_IMPORTS = 'package a\n\nimport (\n\t"fmt"\n\tx "b/c"\n\t"d/yaml/v3"\n)\n\n'
GO_SOURCE = GO_IMPORTS + "type T int\n\nfunc f(t T) {\n\tfmt.Print(x.Y, yaml.Z)\n}\n\nfunc g() { f(1) }\n"
PHP_SOURCE = "<?php\nnamespace A;\n\nfunction f() {\n    return 1;\n}\n"


@pytest.mark.parametrize(
    ("path", "source", "target", "opening", "names"),
    [
        ("a.go", GO_SOURCE, "b.go", "package a", "b.go lacks fmt, x, yaml"),
        ("p/a.go", GO_SOURCE, "q/b.go", "package a", "q/b.go lacks T, fmt, x, yaml; p/a.go still names f"),
        ("a.php", PHP_SOURCE, "b.php", "<?php namespace A;", ""),
    ],
)
def test_a_move_to_a_new_file_says_how_files_of_the_package_begin(
    path: str, source: str, target: str, opening: str, names: str
) -> None:
    made = plan(settings(f'move: {{"{path}::f": {target}}}'), {path: state(source)})
    begins = f"f from {path}; {target} lacks `{opening}`, which insert={target} at=top can add"
    assert made.landings[0].note == "; ".join(filter(None, [begins, names]))


def test_lines_left_out_are_those_between_their_neighbours() -> None:
    digest = shown_hash(lines("class One", "return 1").encode().split(b"\n"))
    spec = edit(
        "a.py", ("    def send(self, x):\n⋮\n        return 1\n", "    x = 1\n"), attributes=f"in=One was={digest}"
    )
    cut = SOURCE.index("    def send"), SOURCE.index("\n\nclass Two")
    assert text_after(spec) == SOURCE[: cut[0]] + "    x = 1\n" + SOURCE[cut[1] :]
    whole = shown_hash(lines("class Two", "return y").encode().split(b"\n"))
    twice = edit("a.py", ("        y = x\n⋮\n        return y\n", "x\n"), attributes=f"in=Two was={whole}")
    source = SOURCE.replace("        return y\n\n\n#", "        return y\n        return y\n\n\n#")
    again = shown_hash([*lines("class Two", "return y", source).encode().split(b"\n"), b"        return y"])
    assert "more than one place" in faults(twice.replace(whole, again), source)
    first = edit("a.py", ("⋮\n        return y\n", "x\n"), attributes=f"in=One was={digest}")
    assert "expected lines around it" in faults(first)


def test_what_the_author_saw_proves_what_is_overwritten() -> None:
    spec = read(block("python replace=a.py symbol=f", "def f(a):\n    return a\n"))
    same = make_plan(spec, DictTree(TREE), None, lambda path: TREE[path].content)
    assert (same.faults, len(same.changes)) == ([], 1)
    stale = TREE["a.py"].content.replace(b"getcwd", b"getpid")
    for seen in (lambda _: stale, lambda _: None):
        assert [fault.rule for fault in make_plan(spec, DictTree(TREE), None, seen).faults] == ["unseen"]


@pytest.mark.parametrize(
    "spec",
    [
        settings('delete: ["a.py::f was=00000000"]') + block("python replace=a.py symbol=f was=00000000", "x\n"),
        settings('delete: ["a.py::One was=00000000", "a.py::One.send was=00000000"]'),
        settings('move: {"a.py::f": a.py}'),
    ],
)
def test_two_operations_on_one_definition_contradict(spec: str) -> None:
    from mtor_action.manifest.manifest import parse_spec
    from mtor_action.manifest.text import Part

    found = parse_spec([Part("spec.md", spec.encode())]).diagnostics
    assert [fault.rule for fault in found] == ["conflict"]


def test_endings_the_byte_order_mark_and_a_missing_newline_stay() -> None:
    source = b"\xef\xbb\xbfdef f():\r\n    return 1\r\n\r\ndef g():\r\n    return 2"
    digest = shown_hash([b"def f():", b"    return 1"])
    spec = block(f"python replace=a.py symbol=f was={digest}", "def f():\n    x = 1\n    return x\n")
    spec += block("python insert=a.py after=g", "def h():\n    return 3\n")
    assert after(spec, {"a.py": state(source)})["a.py"].content == (
        b"\xef\xbb\xbfdef f():\r\n    x = 1\r\n    return x\r\n\r\ndef g():\r\n    return 2\r\n\r\n"
        b"def h():\r\n    return 3"
    )


def test_a_body_beyond_ascii_is_not_put_into_another_encoding() -> None:
    source = b"# caf\xe9\n\ndef f():\n    return 1\n"
    assert rules(block("python insert=a.py at=end", "# é\n"), {"a.py": state(source)}) == ["not-utf8"]


def test_paths_are_resolved_after_the_blocks_before() -> None:
    spec = block("python insert=a.py after=g", "def h():\n    return 3\n")
    spec += edit("a.py", ("    return 3\n", "    return 4\n"), attributes="in=h")
    assert text_after(spec).endswith("def h():\n    return 4\n")


@pytest.mark.parametrize(
    ("source", "path", "at"),
    [
        ("#!/bin/sh\n\necho\n", "a.sh", "#!/bin/sh\n\n"),
        (
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n",
            "a.py",
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
        ),
        ("<?php\n\nf();\n", "a.php", "<?php\n\n"),
        ("one\n", "a.txt", ""),
        ("", "a.txt", ""),
        ("def broken(:\n", "a.py", ""),
    ],
)
def test_the_top_is_below_what_must_come_first(source: str, path: str, at: str) -> None:
    spec = block(f"insert={path} at=top", "# new\n")
    assert text_after(spec, source, path) == at + "# new\n" + source[len(at) :]


README = "# Tool\n\n## Install\n\nx = 1\n\n## Use\n\nx = 1\n"
CONFIG = "jobs:\n  test:\n    image: a\n    retry: 1\n  build:\n    image: a\n    retry: 1\n"


@pytest.mark.parametrize(
    ("path", "source", "typed", "old", "new", "expected"),
    [
        ("a.md", README, "## Use", "x = 1\n", "x = 2\n", README[:-2] + "2\n"),
        ("a.md", README, "Tool.Install", "x = 1\n", "", README.replace("x = 1\n", "", 1)),
        ("a.yml", CONFIG, "jobs.build", "    image: a\n", "    image: b\n", CONFIG[:-15] + "b\n    retry: 1\n"),
        ("a.json", '{\n "a": {\n  "x": 1\n },\n "b": {\n  "x": 1\n }\n}\n', "b", '  "x": 1\n', '  "x": 2\n', None),
        ("a.toml", "[a]\nx = 1\n[b]\nx = 1\n", "b", "x = 1\n", "x = 2\n", "[a]\nx = 1\n[b]\nx = 2\n"),
        ("a.yml", CONFIG.replace("\n", "\r\n"), "jobs.build", "    image: a\n", "    image: b\n", None),
    ],
)
def test_a_hunk_is_looked_for_inside_of_one_heading_or_key_only(
    path: str, source: str, typed: str, old: str, new: str, expected: str | None
) -> None:
    before, _, last = source.rpartition(old.rstrip("\n"))
    spec = edit(path, (old, new), attributes=f'in="{typed}"')
    assert text_after(spec, source, path) == (expected or before + new.rstrip("\n") + last)
    assert rules(edit(path, (old, new)), {path: state(source)}) == ["hunk-ambiguous"]


def test_lines_left_out_below_a_heading_need_its_hash() -> None:
    section = "## Install\n\nx = 1\n\n"
    hunk = ("## Install\n⋮\nx = 1\n", "## Install\n\nNothing.\n")
    digest = shown_hash(section.encode().split(b"\n")[:-1])
    spec = edit("a.md", hunk, attributes=f'in="## Install" was={digest}')
    assert text_after(spec, README, "a.md") == README.replace("x = 1", "Nothing.", 1)
    assert "[unseen]" in faults(edit("a.md", hunk, attributes='in="## Install"'), README, "a.md")
    seen = make_plan(
        read(edit("a.md", hunk, attributes='in="## Install"')),
        DictTree({"a.md": state(README)}),
        seen=lambda _: README.encode(),
    )
    assert seen.faults == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        (block('insert=a.yml after="jobs.test"', "x: 1\n"), "symbol-language"),
        (block("replace=a.yml symbol=jobs.test was=012345678901", "x: 1\n"), "symbol-language"),
        (settings('delete: ["a.yml::jobs.test was=012345678901"]'), "symbol-language"),
        (settings('move: {"a.yml::jobs.test": "b.yml"}'), "symbol-language"),
        (edit("a.yml", ("    image: a\n", "    image: b\n"), attributes="in=jobs.none"), "symbol-missing"),
        (edit("a.yml", ("    image: a\n", "    image: b\n"), attributes='in=jobs.test sig="x"'), "symbol-missing"),
        (edit("a.yml", ("    image: a\n", "    image: [b\n"), attributes="in=jobs.test"), "syntax"),
        (edit("a.yml", ("    image: b\n", "    image: c\n"), attributes="in=jobs.test"), "hunk-not-found"),
    ],
)
def test_keys_are_named_by_edit_alone_and_a_file_that_parsed_must_parse_afterwards(spec: str, rule: str) -> None:
    assert rules(spec, {"a.yml": state(CONFIG)}) == [rule]


def test_a_key_is_looked_for_in_the_file_after_the_blocks_before() -> None:
    first = edit("a.yml", ("  build:\n", "  make:\n"))
    second = edit("a.yml", ("    retry: 1\n", "    retry: 2\n"), attributes="in=jobs.make")
    assert text_after(first + second, CONFIG, "a.yml").endswith("  make:\n    image: a\n    retry: 2\n")
