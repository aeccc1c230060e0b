"""`mtor spec --from-diff` names definitions and ends of files where that is shorter, and is exact all the same."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.authoring.from_diff import spec_from_trees
from mtor_action.authoring.token_estimate import estimated_tokens
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import outline_of
from mtor_action.symbols.outline import Outline
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import FileText
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES = Path(__file__).parent.parent / "symbols" / "outlines"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLIENT = """\
import json


class Client:
    def send(self, request):
        return self.http.send(request)

    def close(self):
        self.http.close()


def parse(text):
    pairs = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        pairs[key.strip()] = value.strip()
    return pairs


def fetch(request):
    return Client().send(request)
"""
RETRY = """
    def retry(self, request, times):
        for _ in range(times):
            if self.send(request).ok:
                return True
        return False
"""

Texts = dict[str, str]


def spec_of(before: Texts, after: Texts, base: str = COMMIT) -> str:
    """The spec, after it gave exactly these files, and nothing when applied again."""
    old, new = ({path: FileState(text.encode()) for path, text in side.items()} for side in (before, after))
    text = spec_from_trees(DictTree(old), DictTree(new), title="A change", base=base).text
    spec = parse_spec([Part("spec", text.encode())])
    assert not spec.diagnostics, text
    contents = {path: state.content for path, state in old.items()}
    plan = make_plan(spec, DictTree(old), seen=contents.get)
    assert not plan.faults, (plan.faults, text)
    states = old | {change.path: change.after for change in plan.changes}
    assert {path: state for path, state in states.items() if state} == new
    again = make_plan(spec, DictTree(new), lambda path: [contents[path]] if path in contents else [])
    assert (again.changes, again.faults) == ((), [])
    return text


def test_a_new_method_is_an_insertion_without_its_neighbours() -> None:
    after = CLIENT.replace("(request)\n\n    def close", f"(request)\n{RETRY}\n    def close")
    text = spec_of({"a.py": CLIENT}, {"a.py": after})
    assert "insert=a.py after=Client.send\ndef retry(" in text
    assert "self.http" not in text


def test_definitions_that_go_are_named_in_the_settings() -> None:
    after = CLIENT.replace(CLIENT[CLIENT.index("def parse") : CLIENT.index("def fetch")], "")
    text = spec_of({"a.py": CLIENT}, {"a.py": after})
    assert "delete:\n  - 'a.py::parse'\n" in text
    assert text.count("```") == 2
    assert "pairs" not in text


def test_a_definition_that_is_new_throughout_is_replaced_as_the_named_commit_proves_what_was_there() -> None:
    start, stop = CLIENT.index("    pairs"), CLIENT.index("def fetch")
    body = '    return dict(part.split("=") for part in text.split() if "=" in part)\n\n\n'
    text = spec_of({"a.py": CLIENT}, {"a.py": CLIENT[:start] + body + CLIENT[stop:]})
    assert f"written_for: {COMMIT}\n" in text
    assert "replace=a.py symbol=parse\ndef parse(text):\n" in text
    unnamed = spec_of({"a.py": CLIENT}, {"a.py": CLIENT[:start] + body + CLIENT[stop:]}, base="main")
    assert "replace=" not in unnamed


def test_a_definition_that_goes_to_another_file_is_one_line() -> None:
    parse = CLIENT[CLIENT.index("def parse") : CLIENT.index("def fetch")]
    before = {"a.py": CLIENT, "b.py": "LIMIT = 3\n"}
    after = {
        "a.py": CLIENT.replace(parse, "").replace("import json", "import b"),
        "b.py": f"LIMIT = 3\n\n\n{parse.rstrip()}\n",
    }
    text = spec_of(before, after)
    assert "move:\n  'a.py::parse': b.py\n" in text
    assert "pairs" not in text


def test_several_definitions_go_in_the_order_that_they_have_afterwards() -> None:
    start = CLIENT.index("def parse")
    parts = CLIENT[start:].rstrip().split("\n\n\n")
    before = {"a.py": CLIENT, "b.py": "LIMIT = 3\n"}
    after = {"a.py": CLIENT[:start].rstrip() + "\n", "b.py": "\n\n\n".join(["LIMIT = 3", *reversed(parts)]) + "\n"}
    text = spec_of(before, after)
    assert "move:\n  'a.py::fetch': b.py\n  'a.py::parse': b.py\n" in text


def test_lines_at_the_end_or_the_top_of_any_file_need_no_context() -> None:
    log = "# Changes\n\n- one\n"
    assert "insert=LOG.md at=end\n- two\n```" in spec_of({"LOG.md": log}, {"LOG.md": f"{log}- two\n"})
    assert "insert=a.cfg at=top\nx = 1\n```" in spec_of({"a.cfg": "y = 2\nz = 3\n"}, {"a.cfg": "x = 1\ny = 2\nz = 3\n"})


def test_a_small_change_in_a_definition_stays_a_hunk() -> None:
    text = spec_of({"a.py": CLIENT}, {"a.py": CLIENT.replace("value.strip()", "value")})
    assert "<<<<<<< SEARCH" in text


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".txt"))
def test_in_every_language_what_is_done_to_definitions_is_exact_and_not_longer_than_hunks(name: str) -> None:
    seed = random.Random(name)
    before = (SAMPLES / name).read_bytes().replace(b"\r\n", b"\n").decode()
    lines = FileText.read(before.encode()).lines
    outline = outline_of(name, lines, ParsingEffort())
    assert isinstance(outline, Outline)
    for _ in range(3):
        item = seed.choice(outline.definitions)
        start, stop = item.extent.start, item.extent.stop
        new = {
            "gone": [*lines[:start], *lines[stop:]],
            "twice": [*lines[:stop], b"", *lines[start:stop], *lines[stop:]],
            "emptied": [*lines[: start + 1], *lines[stop - 1 :]],
        }[seed.choice(["gone", "twice", "emptied"])]
        after = (b"\n".join(new) + b"\n").decode()
        if after != before and not name.endswith(".pyw"):  # which would have to parse
            named, plain = spec_of({name: before}, {name: after}), spec_of({name: before}, {name: after}, base="main")
            assert estimated_tokens(named.encode()) <= estimated_tokens(plain.encode()) + len(COMMIT)


def _rows(names: Sequence[str], rows: str) -> str:
    return "".join(rows.replace("NAME", name) for name in names)


WORKFLOW = "on: push\njobs:\n" + _rows(
    ["lint", "test", "build", "docs"],
    "  NAME:\n    runs-on: ubuntu-24.04\n    timeout: 10\n    steps:\n      - uses: checkout\n      - run: make\n",
)
CHANGES = "# Log\n\n" + _rows(["3.0", "2.0", "1.0"], "## NAME\n\n### Added\n\n- a\n- b\n\n### Fixed\n\n- a\n- c\n\n")
TOML = _rows(["a", "b", "c"], "[tool.NAME]\nline = 100\ntarget = 1\nquiet = true\nother = 1\n\n")
JSON_ROW = '  "NAME": {\n    "a": 1,\n    "b": 2,\n    "c": true\n  },\n'
JSON = "{\n" + _rows(["one", "two"], JSON_ROW) + '  "z": 0\n}\n'
TWIN = "def NAME(a):\n    if a > 1:\n        return 0\n    a += 1\n    if a > 3:\n        return a\n\n\n"
TWINS = _rows(["f", "g", "h"], TWIN)


@pytest.mark.parametrize(
    ("path", "text", "start", "old", "new", "form"),
    [
        ("ci.yml", WORKFLOW, "  build:", "timeout: 10", "timeout: 30", "in=jobs.build"),
        ("a.md", CHANGES, "## 2.0", "- b\n", "- b as it is in that version\n", 'in="## 2.0"'),
        ("a.toml", TOML, "[tool.b]", "quiet = true", "quiet = false", "in=tool.b"),
        ("a.json", JSON, '  "two"', "true", "false", "in=two"),
        ("a.py", TWINS, "def g", "a > 3", "a > 4", "in=g"),
    ],
)
def test_a_line_that_is_in_several_places_is_placed_by_the_name_of_one(
    path: str, text: str, start: str, old: str, new: str, form: str
) -> None:
    at = text.index(start)
    spec = spec_of({path: text}, {path: text[:at] + text[at:].replace(old, new, 1)})
    assert f"edit={path} {form}\n<<<<<<< SEARCH\n" in spec
    assert spec.count("\n=======\n") == 1
    assert spec[spec.index("SEARCH") :].count("\n") <= 7


def test_two_changes_of_equal_lines_are_two_places() -> None:
    after = WORKFLOW.replace("timeout: 10", "timeout: 20", 1)
    at = after.index("  docs:")
    spec = spec_of({"ci.yml": WORKFLOW}, {"ci.yml": after[:at] + after[at:].replace("timeout: 10", "timeout: 30")})
    assert "in=jobs.lint" in spec or "@@" in spec
    assert len(spec) < 600


@pytest.mark.parametrize("seed", range(12))
def test_any_change_of_equal_sections_is_exact(seed: int) -> None:
    choice = random.Random(seed)
    path, text = choice.choice([("ci.yml", WORKFLOW), ("a.md", CHANGES), ("a.toml", TOML), ("a.py", TWINS)])
    lines = text.splitlines(keepends=True)
    for _ in range(4):
        at = choice.randrange(len(lines))
        if path == "a.md":
            lines[at : at + choice.randint(0, 1)] = choice.choice([[], [lines[at]], ["- e\n"]])
        else:
            lines[at] = re.sub(r"\d", str(choice.randint(2, 9)), lines[at])
    if "".join(lines) != text:
        spec_of({path: text}, {path: "".join(lines)})


def test_a_file_of_nothing_but_hunks_and_lines_left_out_in_a_text_are_exact() -> None:
    hunk = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    spec_of({"a.md": "# A\n"}, {"a.md": "# A\n", "b.txt": hunk})
    assert "elision=ok" in spec_of({"a.md": "# A\n"}, {"a.md": "# A\n\n⋮\n\nMore.\n"})
