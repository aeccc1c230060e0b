"""Specs named together → who comes after whom, and the order in which they run; mistakes are diagnostics.

A file in `after` is looked for beside the spec that names it, then where the command was called. Only files of the
same batch can be named; issues are left to whoever can ask GitHub.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.manifest.nearest import nearest
from mtor_action.manifest.settings_block.predecessors import issue_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.settings_block.yaml_values import Named

    After = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some specs, by their places in the order in which they were named."""

    sources: tuple[str, ...]  # as named
    after: tuple[tuple[int, ...], ...]  # of each spec, the places of those that come before it
    issues: tuple[tuple[int, ...], ...]  # of each spec, the issues that it comes after
    diagnostics: tuple[tuple[Diagnostic, ...], ...]  # of each spec
    order: tuple[int, ...]  # all places, predecessors first, else as named; those of a cycle are missing

    @property
    def is_ordered(self) -> bool:
        """Return whether any spec comes after another."""
        return any(self.after) or any(self.issues)

    @property
    def is_sound(self) -> bool:
        """Return whether the order holds no mistake."""
        return not any(self.diagnostics)


def read_batch(specs: Sequence[tuple[str, Spec]], here: str = "/") -> Batch:
    """Return the order of the named specs; `here` is the folder in which the command was called, absolute."""
    sources = tuple(source for source, _ in specs)
    places: dict[str, int] = {}
    for place, source in enumerate(sources):
        places.setdefault(_normal(here, source), place)
    after: list[tuple[int, ...]] = []
    faults: list[list[Diagnostic]] = []
    for source, spec in specs:
        before, wrong = _predecessors(source, spec, places, here)
        after.append(before)
        faults.append([_unknown(name, source, sources) for name in wrong])
    order = sort_stably(after)
    entries = [[name for name in spec.settings.after if issue_number(name.text) is None] for _, spec in specs]
    for cycle in cycles(after):
        for place, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            entry = next(
                name for name in entries[place] if _place_of(name.text, sources[place], places, here) == following
            )
            faults[place].append(_cyclic(entry, [sources[member] for member in _from(cycle, place)]))
    for place in order:
        faults[place] += _other_base(place, after, specs)
    issues = tuple(_issues(spec) for _, spec in specs)
    known = tuple(tuple(spec.with_source(own)) for own, (_, spec) in zip(faults, specs, strict=True))
    return Batch(sources, tuple(after), issues, known, tuple(order))


def sort_stably(after: After) -> list[int]:
    """Return the places, predecessors first and else in their own order, without those of a cycle and what follows."""
    followers: list[list[int]] = [[] for _ in after]
    waiting = [len(set(before)) for before in after]
    for place, before in enumerate(after):
        for predecessor in set(before):
            followers[predecessor].append(place)
    order: list[int] = []
    ready = sorted((place for place, number in enumerate(waiting) if not number), reverse=True)
    while ready:
        place = ready.pop()
        order.append(place)
        for follower in followers[place]:
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
        ready.sort(reverse=True)
    return order


def cycles(after: After) -> list[list[int]]:
    """Return cycles that explain why some places cannot be sorted: each member comes after the next."""
    stuck = set(range(len(after))) - set(sort_stably(after))
    rings: list[list[int]] = []
    seen: set[int] = set()
    for start in sorted(stuck):
        path: list[int] = []
        place = start
        while place not in seen and place not in path:
            path.append(place)
            place = next(before for before in after[place] if before in stuck)
        if place in path:
            rings.append(path[path.index(place) :])
        seen.update(path)
    return rings


def ancestors(after: After, places: Iterable[int]) -> set[int]:
    """Return the places and everything that they come after, however far."""
    members: set[int] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in members:
            members.add(place)
            waiting.extend(after[place])
    return members


def last_of(after: After, places: Iterable[int]) -> list[int]:
    """Return those of the places that no other of them comes after, in their order: their results hold all others."""
    unique = list(dict.fromkeys(places))
    earlier = ancestors(after, [before for place in unique for before in after[place]])
    return [place for place in unique if place not in earlier]


def _normal(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _place_of(name: str, source: str, places: dict[str, int], here: str) -> int | None:
    for folder in (_normal(here, posixpath.dirname(source)), here):
        if (place := places.get(_normal(folder, name))) is not None:
            return place
    return None


def _predecessors(source: str, spec: Spec, places: dict[str, int], here: str) -> tuple[tuple[int, ...], list[Named]]:
    before: dict[int, None] = {}
    wrong = []
    for name in spec.settings.after:
        if issue_number(name.text) is not None:
            continue
        place = _place_of(name.text, source, places, here)
        if place is None:
            wrong.append(name)
        else:
            before[place] = None
    return tuple(before), wrong


def _issues(spec: Spec) -> tuple[int, ...]:
    numbers = (issue_number(name.text) for name in spec.settings.after)
    return tuple(number for number in numbers if number is not None)


def _unknown(name: Named, source: str, sources: Sequence[str]) -> Diagnostic:
    others = [other for other in sources if other != source]
    by_name = {posixpath.basename(other): other for other in others}
    meant = by_name.get(posixpath.basename(name.text)) or nearest(name.text, others)
    if meant:
        expected, hint = f"expected {meant}", "a file is looked for beside the spec that names it"
    elif others:
        expected, hint = f"expected one of {', '.join(others[:10])}", f"name {name.text} too, before or after {source}"
    else:
        expected, hint = "which has no other spec", f"name both: mtor run {name.text} {source}"
    return name.diagnostic("after", f'"{name.text}" is not in this batch, {expected}', hint)


def _cyclic(name: Named, members: Sequence[str]) -> Diagnostic:
    chain = " comes after ".join([members[0], *(f"{member}, which" for member in members[1:]), members[0]])
    return name.diagnostic("cycle", f"{chain}: expected an order with a first spec", "take one of these entries out")


def _from(cycle: list[int], place: int) -> list[int]:
    start = cycle.index(place)
    return cycle[start:] + cycle[:start]


def _other_base(place: int, after: After, specs: Sequence[tuple[str, Spec]]) -> list[Diagnostic]:
    """A spec goes where its predecessors go: on their result, another base would be another repository's state."""
    bases: dict[str, str] = {}
    for member in sorted(ancestors(after, [place]) - {place}):
        base = specs[member][1].settings.base
        if base is not None:
            bases.setdefault(base, specs[member][0])
    own = specs[place][1].settings.base
    if own is not None and after[place]:
        bases.setdefault(own, specs[place][0])
    if len(bases) < 2:
        return []
    (first, one), (second, other) = list(bases.items())[:2]
    name = specs[place][1].settings.after[0]
    message = f'{other} goes to "{second}" and {one} to "{first}", expected one base for specs that follow each other'
    return [name.diagnostic("after", message, "give them the same `base`, or take `after` out")]
