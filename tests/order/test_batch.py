"""Specs named together → their order, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldens import assert_golden
from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.order.batch import Batch, ancestors, cycles, last_of, read_batch, sort_stably

HERE = Path(__file__).parent


def spec(name: str, *after: str, base: str = "") -> tuple[str, Spec]:
    settings = [f"after: [{', '.join(after)}]"] if after else []
    settings += [f"base: {base}"] if base else []
    block = "\n".join(["```yaml mtor", *settings, "```\n"]) if settings else ""
    return name, parse_spec([Part(name, f"{block}\n```create=x\n```\n".encode())])


def rules(batch: Batch) -> list[list[str]]:
    return [[fault.rule for fault in faults] for faults in batch.diagnostics]


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Any graph of up to eight specs, cycles included."""
    size = draw(st.integers(1, 8))
    places = st.integers(0, size - 1)
    return [tuple(draw(st.lists(places, max_size=3, unique=True))) for _ in range(size)]


@given(graphs())
def test_every_spec_is_sorted_or_explained_by_a_cycle(after: list[tuple[int, ...]]) -> None:
    order = sort_stably(after)
    for position, place in enumerate(order):
        assert set(after[place]) <= set(order[:position])
    explained = [member for cycle in cycles(after) for member in cycle]
    for cycle in cycles(after):
        assert all(second in after[first] for first, second in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    stuck = set(range(len(after))) - set(order)
    assert all(ancestors(after, [place]) & set(explained) for place in stuck)
    assert set(explained) <= stuck


@given(graphs())
def test_specs_without_an_order_stay_as_they_were_named(after: list[tuple[int, ...]]) -> None:
    free = [place for place, before in enumerate(after) if not before]
    assert [place for place in sort_stably(after) if place in free] == free


def test_the_last_of_some_specs_hold_the_results_of_all() -> None:
    after = [(), (0,), (0,), (1, 2)]
    assert last_of(after, [0, 1]) == [1]
    assert last_of(after, [2, 1, 0]) == [2, 1]
    assert last_of(after, [0, 3, 1]) == [3]


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        (("a.md", "b.md"), "a.md"),
        (("./a.md", "b.md"), "a.md"),
        (("specs/a.md", "specs/b.md"), "a.md"),
        (("specs/a.md", "specs/b.md"), "specs/a.md"),
        (("/home/ada/specs/a.md", "specs/b.md"), "./a.md"),
        (("specs/a.md", "b.md"), "/home/ada/specs/a.md"),
        (("a.md", "specs/b.md"), "../a.md"),
    ],
)
def test_a_file_is_found_beside_the_spec_or_where_the_command_was_called(sources: tuple[str, str], name: str) -> None:
    batch = read_batch([spec(sources[1], name), spec(sources[0])], "/home/ada")
    assert rules(batch) == [[], []]
    assert batch.after == ((1,), ())
    assert batch.order == (1, 0)


def test_the_file_beside_the_spec_comes_before_one_where_the_command_was_called() -> None:
    batch = read_batch([spec("a.md"), spec("specs/a.md"), spec("specs/b.md", "a.md")], "/home/ada")
    assert batch.after[2] == (1,)


@pytest.mark.parametrize("path", sorted((HERE / "err").glob("*.md")), ids=lambda path: path.stem)
def test_a_mistake_in_the_order_says_what_is_wrong_and_where(path: Path) -> None:
    named = ("spec.md", parse_spec([Part("spec.md", path.read_bytes())]))
    (faults,) = read_batch([named], "/home/ada").diagnostics
    assert faults
    assert_golden(path.with_suffix(".out"), "\n\n".join(map(render, faults)) + "\n")


def test_a_cycle_is_named_from_each_of_its_specs_and_what_follows_is_not_blamed() -> None:
    batch = read_batch([spec("a.md", "c.md"), spec("b.md", "a.md"), spec("c.md", "b.md"), spec("d.md", "a.md")], "/")
    assert rules(batch) == [["cycle"], ["cycle"], ["cycle"], []]
    assert [faults[0].message.partition(":")[0] for faults in batch.diagnostics[:3]] == [
        "a.md comes after c.md, which comes after b.md, which comes after a.md",
        "b.md comes after a.md, which comes after c.md, which comes after b.md",
        "c.md comes after b.md, which comes after a.md, which comes after c.md",
    ]


def test_specs_that_follow_each_other_go_to_one_base() -> None:
    batch = read_batch([spec("a.md", base="main"), spec("b.md", "a.md"), spec("c.md", "b.md", base="release")], "/")
    assert rules(batch) == [[], [], ["after"]]
    assert batch.diagnostics[2][0].message.startswith('c.md goes to "release" and a.md to "main"')
    assert rules(read_batch([spec("a.md", base="main"), spec("b.md", "a.md", base="main")], "/")) == [[], []]


def test_an_issue_is_left_to_whoever_can_ask_github() -> None:
    batch = read_batch([spec("a.md", "'#4'", "'#12'")], "/")
    assert (batch.issues, rules(batch), batch.is_ordered) == (((4, 12),), [[]], True)
