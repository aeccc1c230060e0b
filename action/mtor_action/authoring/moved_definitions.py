"""Definitions that went from one file to another: one line of the setting `move`, where that is shorter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.authoring.block_writing import yaml_text
from mtor_action.authoring.file_change import FileChange, change_by_blocks, change_by_name
from mtor_action.authoring.token_estimate import estimated_tokens
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.symbols.grammar import ParsingEffort, grammar_of
from mtor_action.symbols.lookup import SymbolFault, outline_of
from mtor_action.tree.file_text import FileText, unreadable
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mtor_action.tree.changes import FileState

    States = Mapping[str, tuple[FileState | None, FileState]]

_MOST_PAIRS = 20  # of files; each is planned


class MovedDefinitions(NamedTuple):
    """Rows of the setting `move`, and the other changes of the files that they name."""

    moves: dict[str, str]
    changes: dict[str, FileChange]


def moved_definitions(states: States, changes: Mapping[str, FileChange]) -> MovedDefinitions:
    """Return what moved between the files of `states` (before, after), if that makes `changes` shorter."""
    best = MovedDefinitions({}, {})
    pairs: dict[tuple[str, str], list[str]] = {}
    for source, target, name in _moves(states):
        pairs.setdefault((source, target), []).append(name)
    for (source, target), names in list(pairs.items())[:_MOST_PAIRS]:
        if {source, target} & best.changes.keys():  # each pair is planned by itself
            continue
        moves = {f"{source}::{name}": target for name in names}
        found = _tried(moves, {path: states[path] for path in (source, target)})
        if found is not None and _tokens(found) < sum(changes[path].tokens for path in (source, target)):
            best = MovedDefinitions(best.moves | moves, best.changes | found.changes)
    return best


def _tokens(moved: MovedDefinitions) -> int:
    rows = sum(estimated_tokens(f"  {old}: {new}\n".encode()) for old, new in moved.moves.items())
    return rows + sum(change.tokens for change in moved.changes.values())


def _moves(states: States) -> Iterator[tuple[str, str, str]]:
    """Yield source, target and name of each outermost definition that is in one file before and in another after."""
    if sum(grammar_of(path) is not None for path in states) < 2:
        return
    old = {path: _outermost(path, before) for path, (before, _) in states.items()}
    new = {path: _outermost(path, after) for path, (_, after) in states.items()}
    left: dict[tuple[str, tuple[bytes, ...]], str] = {}
    for path, definitions in old.items():
        for name, lines in definitions.items():
            if name not in new[path]:
                left.setdefault((name, lines), path)
    # In the order of the file that they go to: each is put at its end.
    for path, definitions in new.items():
        for name, lines in definitions.items():
            if name not in old[path] and (name, lines) in left:
                yield left[name, lines], path, name


def _outermost(path: str, state: FileState | None) -> dict[str, tuple[bytes, ...]]:
    if state is None or unreadable(state.content):
        return {}
    lines = FileText.read(state.content).lines
    outline = outline_of(path, lines, ParsingEffort())
    if isinstance(outline, SymbolFault):
        return {}
    return {
        item.path: tuple(lines[item.extent.start : item.extent.stop])
        for item in outline.definitions
        if not item.depth and not item.twin and not item.fault
    }


def _tried(moves: Mapping[str, str], states: States) -> MovedDefinitions | None:
    """Return the moves with what is left to change in both files; None if that does not give them exactly."""
    before = {path: state for path, (state, _) in states.items() if state is not None}
    plan = make_plan(parse_spec([Part("moves", _settings(moves, ()))]), DictTree(before))
    if plan.faults or {change.path for change in plan.changes} != states.keys():
        return None
    changes: dict[str, FileChange] = {}
    for planned in plan.changes:
        after = states[planned.path][1]
        if planned.after is None:
            return None
        change = _shortest(planned.path, planned.after, after) if planned.after != after else FileChange(b"")
        if change is None:
            return None
        changes[planned.path] = change
    moved = MovedDefinitions(dict(moves), changes)
    return moved if _lands(moved, before, {path: after for path, (_, after) in states.items()}) else None


def _shortest(path: str, before: FileState, after: FileState) -> FileChange | None:
    ways = [change_by_name(path, before, after), change_by_blocks(path, before, after)]
    return min((way for way in ways if way is not None), key=lambda way: way.tokens, default=None)


def _lands(moved: MovedDefinitions, before: Mapping[str, FileState], after: Mapping[str, FileState]) -> bool:
    deletes = [text for change in moved.changes.values() for text in change.deletes]
    blocks = [change.blocks for change in moved.changes.values() if change.blocks]
    spec = parse_spec([Part("moves", b"\n".join([_settings(moved.moves, deletes), *blocks]))])
    if spec.diagnostics:
        return False
    seen = {path: state.content for path, state in before.items()}
    plan = make_plan(spec, DictTree(before), seen=seen.get)
    if plan.faults or {change.path: change.after for change in plan.changes} != after:
        return False
    again = make_plan(spec, DictTree(after), lambda path: (seen[path],) if path in seen else ())
    return not again.faults and not again.changes


def _settings(moves: Mapping[str, str], deletes: Sequence[str]) -> bytes:
    rows = "".join(f"  ? {yaml_text(old)}\n  : {yaml_text(new)}\n" for old, new in moves.items())
    lines = "".join(f"  - {yaml_text(text)}\n" for text in deletes)
    return f"```yaml mtor\nmove:\n{rows}{'delete:' if lines else ''}\n{lines}```\n\n".encode()
