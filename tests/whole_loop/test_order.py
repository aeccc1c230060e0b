"""Specs that come after others, with the App: real jobs, whose runs are the stages themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from standins.night.loop import dispatched, wait_until
from whole_loop.with_a_bot import looped_with_a_bot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue
    from standins.github.pulls import Pull
    from standins.night.loop import Loop

ENDED = {"mtor:done", "mtor:stalled", "mtor:failed"}
SLOW = 200.0

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped_with_a_bot(tmp_path) as made:
        yield made


def create(path: str, *lines: str) -> str:
    return f"```text create={path}\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def edit(path: str, old: str, new: str) -> str:
    return f"```text edit={path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


def issue(loop: Loop, title: str, *blocks: str, test: str = "true", after: tuple[int, ...] = ()) -> Issue:
    names = ", ".join(f'"#{number}"' for number in after)
    settings = f"```yaml mtor\ntest: ['{test}']\nafter: [{names}]\n```\n"
    return loop.repository.issue(title, "\n".join([*blocks, settings]), by="alice")


def label(*issues: Issue) -> None:
    for each in issues:
        each.label("mtor", by="alice")


def wait_for(*issues: Issue) -> None:
    wait_until(lambda: all(ENDED & set(each.label_names) for each in issues))


def settle(loop: Loop) -> None:
    loop.github.settle(SLOW)


def pull(loop: Loop, of: Issue) -> Pull:
    prefix = f"mtor/{of.number}-"
    (found,) = [
        each.pull for each in loop.repository.issues.values() if each.pull and each.pull.head_ref.startswith(prefix)
    ]
    return found


def status(of: Issue) -> str:
    """The sticky comment, with references as people read them."""
    found = [each.body for each in of.comments if each.body.startswith("<!-- mtor:status ")]
    return "".join(character for character in "".join(found) if character.isprintable() or character == "\n")


def log(loop: Loop) -> str:
    return "\n".join(loop.log(run) for run in dispatched(loop.repository))


def test_the_second_waits_for_the_first_and_goes_on_top_of_it(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one", "two"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    label(second)
    wait_until(lambda: f"It waits for #{first.number}, which was not asked for yet" in status(second))
    assert dispatched(loop.repository) == []
    label(first)
    wait_for(first, second)
    settle(loop)
    assert [each.inputs["issue"] for each in dispatched(loop.repository)] == [str(first.number), str(second.number)]
    lower, upper = pull(loop, first), pull(loop, second)
    assert (upper.base_ref, lower.base_ref) == (lower.head_ref, "main"), log(loop)
    assert loop.repository.git.line("rev-parse", f"{upper.head_sha}^") == lower.head_sha
    assert loop.repository.git.blob(f"{upper.head_sha}:tree.txt") == b"1\ntwo\n"


def test_what_comes_after_a_red_one_is_blocked_and_says_by_which(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one"), test="false")
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    third = issue(loop, "Water", create("can.txt", "full"), after=(second.number,))
    label(third, second, first)
    wait_for(first, second, third)
    settle(loop)
    assert [each.inputs["issue"] for each in dispatched(loop.repository)] == [str(first.number)]
    assert "**blocked**" in status(second)
    assert f"#{first.number}, which did not get green" in status(second)
    assert f"#{second.number}, which did not get green" in status(third)
    assert second.label_names == third.label_names == ["mtor:failed"]


def test_githubs_own_dependency_counts_as_well(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"))
    second.blocked_by.append(first)
    label(second, first)
    wait_for(first, second)
    settle(loop)
    assert pull(loop, second).base_ref == pull(loop, first).head_ref, log(loop)


def test_a_diamond_starts_on_both_results(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one", "two", "three", "four"))
    left = issue(loop, "Left", edit("tree.txt", "one", "1"), after=(first.number,))
    right = issue(loop, "Right", edit("tree.txt", "four", "4"), after=(first.number,))
    last = issue(loop, "Last", edit("tree.txt", "1\ntwo\nthree\n4", "all"), after=(left.number, right.number))
    label(last, right, left, first)
    wait_for(first, left, right, last)
    settle(loop)
    top = pull(loop, last)
    assert top.base_ref == f"mtor/start-{last.number}", log(loop) + status(last)
    assert loop.repository.git.blob(f"{top.head_sha}:tree.txt") == b"all\n"
    parents = loop.repository.git.line("rev-list", "--parents", "-1", f"{top.head_sha}^").split()[1:]
    assert sorted(parents) == sorted([pull(loop, left).head_sha, pull(loop, right).head_sha])


def test_results_that_do_not_merge_block_the_one_after_both(loop: Loop) -> None:
    left = issue(loop, "Left", create("tree.txt", "one"))
    right = issue(loop, "Right", create("tree.txt", "two"))
    last = issue(loop, "Last", create("can.txt"), after=(left.number, right.number))
    label(last, right, left)
    wait_for(left, right, last)
    settle(loop)
    assert "**blocked**" in status(last)
    assert "do not merge" in status(last)


def test_after_a_merge_the_pull_request_goes_to_the_base_and_a_closed_one_blocks(loop: Loop) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    label(first, second)
    wait_for(first, second)
    settle(loop)
    upper = pull(loop, second)
    third = issue(loop, "Shake", edit("tree.txt", "1", "2"), after=(second.number,))
    pull(loop, first).merge("alice")
    wait_until(lambda: upper.base_ref == "main")
    assert upper.issue.state == "open"
    upper.issue.close("alice")
    label(third)
    wait_for(third)
    settle(loop)
    assert "closed unmerged" in status(third)


@pytest.mark.parametrize("text", ["cycle", "file", "missing"])
def test_a_mistake_in_the_order_is_answered_at_once(loop: Loop, text: str) -> None:
    first = issue(loop, "Plant", create("tree.txt", "one"), after=(2,))
    names = {"cycle": f'"#{first.number}"', "file": "a.md", "missing": '"#99"'}
    settings = f"```yaml mtor\ntest: []\nafter: [{names[text]}]\n```\n"
    second = loop.repository.issue("Prune", create("can.txt") + settings, by="alice")
    label(second)
    wait_for(second)
    rule = "cycle" if text == "cycle" else "after"
    assert f"[{rule}]" in second.comments[-1].body
    assert dispatched(loop.repository) == []
