"""Bodies left to the implementer: what counts as written, and which specs cannot leave them."""

from __future__ import annotations

import pytest

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.settings_block.yaml_values import Named
from mtor_action.manifest.text import Part, Place
from mtor_action.plan.filling import unfilled
from mtor_action.preparation.preparation import against
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree

HEAD = 'class Client:\n    @once\n    def retry(self, n: int) -> int:\n        """Try."""\n'
STUB = f"{HEAD}        raise NotImplementedError\n"
GO = 'package a\n\nfunc (c *Client) Retry(n int) int {\n\tpanic("later")\n}\n'
BODY = "        return n\n"


def why(after: str | None, before: str = STUB, name: str = "a.py::Client.retry") -> str:
    place = Place("spec.md", 1, 1)
    return unfilled(Named(name, place), before.encode(), None if after is None else after.encode())


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (STUB.replace("        raise NotImplementedError\n", BODY), ""),
        (STUB.replace("raise NotImplementedError", "raise ValueError"), ""),
        (STUB, "is still a stub"),
        (STUB.replace("raise NotImplementedError", "..."), "is still a stub"),
        (STUB.replace('"""Try."""', '"""Try hard."""').replace("Error\n", "Error  # done\n"), "is still a stub"),
        (STUB.replace("raise NotImplementedError", "return n").replace("n: int", "n: int = 0"), "has another head"),
        (STUB.replace("raise NotImplementedError", "return n").replace("    @once\n", ""), "has another head"),
        (STUB.replace("retry", "try_again"), "no definition is called Client.retry"),
        (f"{STUB}{STUB[14:]}", "2 definitions are called"),
        ("def (", "does not parse"),
        (None, "is gone"),
    ],
)
def test_a_body_counts_if_it_is_another_one_under_the_head_that_the_spec_gave(after: str | None, reason: str) -> None:
    assert reason in why(after)
    assert bool(reason) == bool(why(after))


def test_an_existing_body_must_change_and_layout_is_not_a_change() -> None:
    written = STUB.replace("raise NotImplementedError", "return n + 1")
    assert "still has the body" in why(written.replace("n + 1", "(n+1)  # really"), written)
    assert why(written.replace("n + 1", "n + 2"), written) == ""


def test_another_language_is_read_by_its_grammar() -> None:
    name = "a.go::Client.Retry"
    assert why(GO.replace('panic("later")', "return n"), GO, name) == ""
    assert "still has the body" in why(GO.replace("\t", "    "), GO, name)
    assert "has another head" in why(GO.replace("n int", "n, m int").replace("panic", "print"), GO, name)
    assert "mtor explain symbol-language" in _steps("a.zig::f", {"a.zig": "fn f() void {}\n"})


def _faults(fill: str, blocks: str, files: dict[str, str]) -> list[tuple[str, str, str]]:
    text = f"{blocks}\n```yaml mtor\ntest: [make]\nfill: [{fill}]\n```\n"
    spec = parse_spec([Part("spec.md", text.encode())])
    tree = DictTree({path: FileState(content.encode()) for path, content in files.items()})
    return [(each.rule, each.message, each.help) for each in against(spec, "", tree).diagnostics]


def _steps(fill: str, files: dict[str, str]) -> str:
    return "\n".join(step for _, _, step in _faults(fill, TEST, files))


TEST = "```python create=tests/test_a.py\nimport a\n```\n"


def test_what_is_to_be_filled_exists_and_has_a_test() -> None:
    base = {"a.py": STUB}
    assert _faults("'a.py::Client.retry'", TEST, base) == []
    assert [rule for rule, _, _ in _faults("'a.py::Client.close'", TEST, base)] == ["fill-missing"]
    assert [rule for rule, _, _ in _faults("'b.py::f'", TEST, base)] == ["fill-missing"]
    no_test = "```python create=b.py\nimport a\n```\n"
    assert [rule for rule, _, _ in _faults("'a.py::Client.retry'", no_test, base)] == ["fill-untested"]
    own_test = TEST.replace("import a", "def test_a(): ...")
    assert [rule for rule, _, _ in _faults("'tests/test_a.py::test_a'", own_test, base)] == ["setting"]
    for wrong in ("a.py", "'a.py::'", "'::f'", "'../a.py::f'"):
        assert [rule for rule, _, _ in _faults(wrong, TEST, base)] == ["setting"], wrong
