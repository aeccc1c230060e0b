"""A text of nothing but near misses is bounded in work, by counts that are the same everywhere."""

from __future__ import annotations

from mtor_action.manifest.bodies.hunks import Hunk
from mtor_action.plan.edits import Edited, apply_hunk
from mtor_action.plan.effort import Effort
from mtor_action.plan.placing import closest_region
from mtor_action.tree.file_text import FileText, View
from planning import edit, plan, state

LINES = [f"    value_{number} = compute({number * 7919}, 'abc')" for number in range(40_000)]


def test_after_too_many_misses_no_closest_region_is_looked_for() -> None:
    text = "".join(
        edit("a.py", (LINES[number * 90].replace("compute", "computed") + "\n", "x\n")) for number in range(400)
    )
    helps = [fault.help for fault in plan(text, {"a.py": state("\n".join(LINES) + "\n")}).faults]

    assert len(helps) == 400
    assert helps[0].startswith("the closest region, lines 1-1 of the file:")
    assert helps[-1] == "mtor did not look for the closest region: too many hunks of this spec find no place"


def test_a_search_that_costs_more_than_is_left_is_not_begun() -> None:
    spent = Effort(regions=10, shifts=0, paths=5)
    assert (spent.take_region(11), spent.take_region(10), spent.take_region(1)) == (False, True, False)
    assert (spent.take_shift(1), spent.take_paths(6), spent.take_paths(5)) == (False, False, True)


def test_a_second_look_that_cannot_be_paid_for_is_a_miss_and_says_so() -> None:
    text, hunk = FileText.read(b"  a\n"), Hunk((b"a",), (b"b",), 0)
    miss = apply_hunk(text, hunk, 1, Edited(Effort(shifts=0)))

    assert miss is not None
    assert "a looser match was not tried" in miss.message
    assert "copy SEARCH exactly" in miss.help
    assert apply_hunk(text, hunk, 1, Edited(Effort(shifts=1))) is None
    assert text.write() == b"  b\n"


def test_what_is_kept_of_a_file_follows_its_changes() -> None:
    text = FileText.read(b" a \n b \n c \n")
    assert text.viewed(View.BARE) != text.lines
    for view in View:
        text.joined(view)
    assert not text.may_hold([b"d"])
    text.splice(1, 2, [b" d ", b"\te"], [b"\n", b"\r\n"])

    fresh = FileText.read(b" a \n d \n\te\r\n c \n")
    assert text.write() == fresh.write()
    for view in View:
        assert (text.viewed(view), text.joined(view)) == (fresh.viewed(view), fresh.joined(view))
    assert text.may_hold([b"d", b"e"])
    assert not text.may_hold([b"b"])


def test_the_closest_line_is_found_as_before() -> None:
    text = FileText.read(b"\n".join([b"import x", b"return valve", b"return value", b"pass"]) + b"\n")

    assert closest_region(text, [b"return values"], Effort()) == (2, 3)
    assert closest_region(text, [b"zzzzzz"], Effort()) is None


def test_a_file_that_many_blocks_edit_is_read_and_written_once() -> None:
    blocks = [edit("a.py", (f"{line}\n", f"new_{number}\n")) for number, line in enumerate(LINES[:300])]
    made = plan("".join(blocks), {"a.py": state("\n".join(LINES) + "\n")})

    assert made.faults == []
    assert len(made.changes) == 1
    assert made.changes[0].after == state("\n".join([*(f"new_{n}" for n in range(300)), *LINES[300:]]) + "\n")
