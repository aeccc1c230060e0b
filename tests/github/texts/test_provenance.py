"""The line that says whose texts a model read: it comes back as it was written, and adds somebody or nobody known."""

from __future__ import annotations

import pytest

from mtor_action.github.texts.authors import UNKNOWN, Author
from mtor_action.github.texts.pins import pin_comment
from mtor_action.github.texts.plan_comments import named_specs, pinned_part, planned_spec, several_specs
from mtor_action.github.texts.provenance import authors_read, read_line

ALICE, ROBOT = Author(7, "alice", "User"), Author(9, "dependabot[bot]", "Bot")


def test_a_line_comes_back_as_it_was_written() -> None:
    text = f"# A\r\n\r\n{read_line([ALICE, ROBOT, ALICE, UNKNOWN])}\r\n"
    assert authors_read(text) == (ALICE, ROBOT, UNKNOWN)
    assert authors_read("no line <!-- mtor:read User:7:alice -->, and <!-- mtor:reader -->\n") == ()


@pytest.mark.parametrize(
    "line",
    [
        "<!-- mtor:read -->",
        "<!-- mtor:read alice -->",
        "<!-- mtor:read User:0:alice -->",
        "<!-- mtor:read User:7:al ice -->",
        "<!--mtor:read User:7:alice; -->",
        "<!-- mtor:read" + " " * 60_000 + "x",
    ],
)
def test_what_cannot_be_read_is_somebody_unknown(line: str) -> None:
    assert authors_read(f"{line}\n{read_line([ALICE])}") == (UNKNOWN, ALICE)


def test_a_plan_is_pinned_by_whom_it_read_and_its_spec_and_any_other_comment_as_a_whole() -> None:
    plan = (
        f"<!-- mtor:plan job=plan-3 -->\n{read_line([ALICE])}\nA plan.\n\n<!-- mtor:spec -->\n# A\n<!-- mtor:spec -->\n"
    )
    assert planned_spec(plan.replace("\n", "\r\n")) == "# A\n<!-- mtor:spec -->\n"
    assert pin_comment(1, plan) == pin_comment(1, plan.replace("A plan.", "Run `1a2b3c4d`."))
    assert pin_comment(1, plan) != pin_comment(1, plan.replace("alice", "bob"))
    assert pin_comment(1, plan) != pin_comment(1, plan.replace("# A", "# B"))
    for other in (f"x\n{plan}", plan.replace("plan-3", "other"), plan.replace("mtor:read", "mtor:rea")):
        assert (pinned_part(other), planned_spec(other)) == (other, None)


def test_several_specs_of_a_plan_keep_their_names_and_order() -> None:
    specs = {"b.md": "# B\n", "a.md": "# A\n\n=== not a name ===\n"}
    assert named_specs(several_specs(specs.items())) == specs
    assert named_specs(several_specs([("b.md", "# B\n")])) == {"spec.md": "# B\n"}
