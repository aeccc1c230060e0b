"""`written_for` in a spec that is filed: one line more, the same spec, and the same identity on another commit."""

from __future__ import annotations

import pytest

from mtor_action.authoring.pinning import pinned, unpinned
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part

ONE, TWO = "1" * 40, "2" * 40
CREATE = "```text create=a.txt\na\n```\n"
SETTINGS = '```yaml mtor\ntest: ["make"]\ndelete: [old.txt]\n```\n'


def pin(text: str, commit: str) -> str:
    return "\n".join(pinned(parse_spec([Part("s.md", text.encode())]), [text], commit))


@pytest.mark.parametrize(
    "text",
    [
        CREATE,
        f"# T\n\n{CREATE}\n{SETTINGS}",
        f"{SETTINGS}\n{CREATE}".replace("```yaml", "   ```yaml")
        .replace("\ntest", "\n   test")
        .replace("\ndel", "\n   del"),
        f"````markdown\n{SETTINGS}````\n\n{CREATE}",
        f"````markdown\n{SETTINGS}````\n\n{CREATE}\n{SETTINGS}",
    ],
)
def test_a_spec_gets_one_line_more_and_stays_the_same_spec(text: str) -> None:
    first, second = pin(text, ONE), pin(text, TWO)
    spec, again = parse_spec([Part("s.md", text.encode())]), parse_spec([Part("s.md", first.encode())])
    assert again.diagnostics == ()
    assert again.settings.written_for == ONE
    assert (again.settings.test, len(again.operations)) == (spec.settings.test, len(spec.operations))
    assert unpinned(first).strip() == unpinned(second).strip() == text.strip()


def test_a_spec_that_names_its_commit_or_whose_block_takes_no_line_stays_as_it_is() -> None:
    own = SETTINGS.replace("test:", f"written_for: {TWO[:12]}\ntest:") + f"\n{CREATE}"
    assert pin(own, ONE) == own
    flow = f"```yaml mtor\n{{test: [make]}}\n```\n\n{CREATE}"
    assert pin(flow, ONE) == flow
