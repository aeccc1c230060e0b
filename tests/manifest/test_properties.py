"""Any text gives a spec with diagnostics or a plan, never another exception; applied twice, nothing changes."""

from __future__ import annotations

import time
from string import printable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.tree import DictTree
from planning import after, edit, state, whole
from planning import settings as settings_block

TREE = DictTree({"a.py": state("a\nb\n"), "b.py": state(b"x\r\ny"), "d/c.bin": state(b"\0")})
VALID = [
    "```yaml mtor\ntitle: x\ntest:\n  - pytest -q\nmove: {b.py: c.py}\ndelete: [d/c.bin]\n```",
    "```python create=n.py mode=755\nx = 1\n```",
    "~~~~ write='a b.txt' eol=crlf\n```\n~~~~",
    "```python edit=a.py\n<<<<<<< SEARCH\na\n=======\nc\n>>>>>>> REPLACE\n```",
    "- ```diff patch\n  --- a/a.py\n  +++ b/a.py\n  @@ -1,2 +1,2 @@\n   a\n  -b\n  +c\n  ```",
    "<details>\n<summary>s</summary>\n\n```create=z\n# ... existing code ...\n```\n\n</details>",
    "> quote\n\n<!-- comment -->\n\n````markdown\n```create=q\n```\n````",
]
FRAGMENTS = st.sampled_from(
    [
        "```",
        "~~~",
        "`",
        "create=",
        "edit=a.py",
        "write=x",
        " mtor",
        "yaml",
        "diff patch",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "  ",
        "    ",
        "- ",
        "1. ",
        "> ",
        "<!--",
        "-->",
        "<div",
        "'",
        '"',
        "@@ -1 +1 @@",
        "--- a/a.py",
        "+++ b/a.py",
        "diff --git a/x b/y",
        "\\ No newline",
        "+",
        "-",
        "title: ",
        "[",
        "{",
        "&a",
        "*a",
        "!t",
        "\x00",
        "\ufeff",
        "\xa0",
        "\u200b",
        "\u2028",
        "é",
        "😀",
        "\ud7ff",
        "... existing code ...",
        "#",
        "count=",
        "move: {a.py: z}",
        "rename from a.py",
        "rename to b",
        "new file mode 120000",
        "deleted file mode 100644",
    ]
)
MORE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parse(text: bytes) -> Spec:
    return parse_spec([Part("spec.md", text)])


def survive(text: bytes) -> None:
    spec = parse(text)
    for found in spec.diagnostics:
        assert 1 <= found.line <= max(1, text.count(b"\n") + 1)
        assert 1 <= found.column <= len(found.source) + 1
        assert render(found)
    if not spec.diagnostics:
        made = make_plan(spec, TREE)
        assert made.changes == () or not made.diagnostics
        for found in made.faults:
            assert render(found)


@MORE
@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    survive(text.encode("utf-8", "surrogatepass"))


@MORE
@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    survive(data)


@MORE
@given(st.lists(st.one_of(FRAGMENTS, st.text(printable, max_size=4)), max_size=40))
def test_any_mixture_of_our_own_syntax_is_survived(pieces: list[str]) -> None:
    survive("".join(pieces).encode())


@MORE
@given(st.data())
def test_any_mutation_of_a_valid_spec_is_survived(data: st.DataObject) -> None:
    blocks = data.draw(st.permutations(VALID))
    lines = "\n\n".join(blocks[: data.draw(st.integers(1, len(VALID)))]).split("\n")
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["delete", "double", "swap", "longer", "shorter", "indent", "insert"])):
            case "delete":
                lines = lines[:at] + lines[at + 1 :] or [""]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "longer":
                lines[at] = lines[at][:1] + lines[at]
            case "shorter":
                lines[at] = lines[at][1:]
            case "indent":
                lead = data.draw(st.sampled_from(["  ", "    ", "\t", "> ", "- "]))
                lines[at:other] = [lead + line for line in lines[at:other]]
            case _:
                lines[at] += data.draw(FRAGMENTS)
    survive("\n".join(lines).encode())


LINES = st.lists(st.sampled_from(["a", "b", "  c", "\td", "", "=======", "```", "é"]), max_size=4)


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A spec whose SEARCH and REPLACE are unique, and the tree it is for."""
    tree: dict[str, str] = {}
    blocks: list[str] = []
    moves: list[str] = []
    deletes: list[str] = []
    for number, kind in enumerate(
        draw(st.lists(st.sampled_from(["create", "write", "edit", "delete", "move"]), min_size=1))
    ):
        path, body = f"f{number}.txt", "".join(f"{line}\n" for line in draw(LINES))
        body = body.replace("```", "'''")
        around = [f"{line}\n" for line in draw(LINES)]
        tree[path] = "".join(around)
        match kind:
            case "create" | "write":
                blocks.append(whole(kind, path, body))
                if kind == "create":
                    del tree[path]
            case "edit":
                tree[path] += f"unique {number}\n" + "".join(around)
                blocks.append(edit(path, (f"unique {number}\n", f"other {number}\n{body}".replace("=======", "-"))))
            case "delete":
                deletes.append(path)
            case _:
                moves.append(f"{path}: moved{number}.txt")
    text = settings_block(f"title: x\ndelete: [{', '.join(deletes)}]\nmove: {{{', '.join(moves)}}}") + "".join(blocks)
    return text, tree


@MORE
@given(specs())
def test_a_spec_applied_twice_changes_nothing(case: tuple[str, dict[str, str]]) -> None:
    text, tree = case

    after(text, {path: state(content) for path, content in tree.items()})


def seconds(text: str) -> float:
    data = text.encode()
    begun = time.process_time()
    parse(data)
    return time.process_time() - begun


@pytest.mark.parametrize(
    "unit",
    [
        "`",
        "`````````\n",
        "- ",
        "> ",
        "<!-- ",
        "```\nx\n```\n",
        "```create=a\nx\n```\n",
        "> ```create=x\n",
        "- ```create=x\n  ```\n",
        "[a]: '\n",
        "\r",
        '```a="b',
        "```diff patch\n--- a\n```\n",
        "<div a='b'>\n\n",
    ],
)
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    once, ten_times = (unit * (size // len(unit)) for size in (10_000, 100_000))
    parse(once.encode())

    # A busy machine may spoil one measurement; time that grows with the square spoils all of them.
    assert any(seconds(ten_times) < 0.25 + 40 * seconds(once) for _ in range(5))
