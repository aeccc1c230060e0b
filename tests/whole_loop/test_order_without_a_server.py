"""Specs that come after others where no server keeps a queue: whoever ends one starts the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripted_runs import WARM_UP
from standins.night.loop import dispatched, looped
from whole_loop.test_order import create, edit, issue, label, log, pull, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.night.loop import Loop

SCALE = 0.05

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped(tmp_path, scale=SCALE, warm_up=WARM_UP) as made:
        yield made


def settle(loop: Loop) -> None:
    """Until nothing runs, also what the last run started."""
    for _ in range(4):
        loop.github.settle(300)


def test_a_chain_goes_on_by_itself_and_each_is_on_top_of_the_one_before(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one", "two"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    third = issue(loop, "Shake", edit("tree.txt", "1\ntwo", "all"), after=(second.number,))
    label(third, second)
    settle(loop)
    assert dispatched(loop.repository) == []
    assert f"It waits for #{first.number}, which was not asked for yet" in status(second)
    assert second.label_names == third.label_names == ["mtor:queued"]
    label(first)
    settle(loop)
    runs = dispatched(loop.repository)
    assert [each.inputs["issue"] for each in runs] == ["1", "2", "3"], log(loop)
    assert {each.inputs["requester"] for each in runs} == {"alice"}
    assert [each.label_names for each in (first, second, third)] == [["mtor:done"]] * 3
    assert pull(loop, second).base_ref == pull(loop, first).head_ref
    assert pull(loop, third).base_ref == pull(loop, second).head_ref
    assert loop.repository.git.blob(f"{pull(loop, third).head_sha}:tree.txt") == b"all\n"


def test_a_diamond_is_joined_and_what_comes_after_a_red_one_is_blocked(loop: Loop) -> None:
    left = issue(loop, "Left", create("left.txt", "l"))
    right = issue(loop, "Right", create("right.txt", "r"))
    both = issue(loop, "Both", edit("left.txt", "l", "L"), after=(left.number, right.number))
    red = issue(loop, "Red", create("red.txt"), test="false")
    after = issue(loop, "After", create("can.txt"), after=(red.number,))
    label(both, after, left, right, red)
    settle(loop)
    assert pull(loop, both).base_ref == f"mtor/start-{both.number}", log(loop)
    assert loop.repository.git.blob(f"{pull(loop, both).head_sha}:right.txt") == b"r\n"
    assert "**blocked**" in status(after)
    assert after.label_names == ["mtor:failed"]
    assert any("@alice" in each.body and "**blocked**" in each.body for each in after.comments)


def test_a_waiting_spec_can_be_cancelled_and_one_that_was_edited_does_not_run(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    third = issue(loop, "Water", create("can.txt", "full"), after=(first.number,))
    label(second, third)
    settle(loop)
    second.comment("/mtor cancel", by="alice")
    third.edit(loop.github.world.actor("alice"), title=None, body=f"{third.body} and more")
    settle(loop)
    assert "cancelled by alice" in status(second)
    label(first)
    settle(loop)
    assert [each.inputs["issue"] for each in dispatched(loop.repository)] == ["1"], log(loop)
    assert second.label_names == third.label_names == ["mtor:failed"]
    assert "#3 was edited while the job waited" in status(third)
