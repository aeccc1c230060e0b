"""A file before and after → operations that name its definitions or its ends, as far as they are shorter than hunks.

Each step is planned on what the steps before it left, and kept if it and what is then left take fewer tokens. So no
step is trusted: where a grammar reads a file in an odd way, the next plan differs and the step is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.authoring.block_writing import fenced, hunk_text, language, word, yaml_text
from mtor_action.authoring.line_ranges import changed_ranges
from mtor_action.authoring.scoped_edits import ScopedEdit, scoped_edits
from mtor_action.authoring.token_estimate import estimated_tokens
from mtor_action.manifest.bodies.elision import placeholders
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.edge_edits import top_of
from mtor_action.plan.plan import make_plan
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault, outline_of, quoted
from mtor_action.symbols.reindentation import indentation
from mtor_action.tree.file_text import FileText
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mtor_action.symbols.outline import Outline, SymbolDefinition
    from mtor_action.tree.changes import FileState

    Remaining = Callable[[FileState], int]

_MOST_TRIED = 60  # steps for one file
_MOST_PLANNED = 2_000_000  # bytes of one file, each time that it is planned
_MOST_SCOPED = 12  # edits inside of one definition
_MOST_REPEATED = 12  # lines of a definition that are as they were, beyond as many as differ: hunks are shorter


class NamedSteps(NamedTuple):
    """What the setting `delete` says, fences in their order, and what they make of the file."""

    deletes: tuple[str, ...]
    fences: tuple[bytes, ...]
    state: FileState


class _Step(NamedTuple):
    """One operation, as a fence or as `PATH::SYMBOL` for the setting `delete`."""

    names: str  # the definition that it changes, "" for an insertion
    fence: bytes = b""
    delete: str = ""

    @property
    def text(self) -> bytes:
        return self.fence or f"```yaml mtor\ndelete: [{yaml_text(self.delete)}]\n```\n".encode()

    @property
    def tokens(self) -> int:
        return estimated_tokens(self.fence or f"  - {self.delete}\n".encode()) + (0 if self.fence else 1)


@dataclass(slots=True)
class _Search:
    """The steps that were kept so far, the file after them, and the tokens that hunks for the rest take."""

    path: str
    before: FileState
    remaining: Remaining
    state: FileState
    left: int
    tries: int
    kept: list[_Step] = field(default_factory=list)

    def offer(self, alternatives: Sequence[_Step]) -> bool:
        """Keep the best of some steps if it is shorter than hunks; return whether one was kept."""
        best: tuple[int, _Step, FileState] | None = None
        for step in alternatives:
            state = self._state_after(step)
            if state is not None:
                tokens = self.remaining(state) + step.tokens
                best = (tokens, step, state) if best is None or tokens < best[0] else best
        if best is None or best[0] >= self.left:
            return False
        tokens, step, self.state = best
        self.left = tokens - step.tokens
        self.kept.append(step)
        return True

    def _state_after(self, step: _Step) -> FileState | None:
        if self.tries <= 0 or step.tokens >= self.left or any(_overlap(step.names, other.names) for other in self.kept):
            return None
        self.tries -= 1
        spec = parse_spec([Part("step", step.text)])
        if spec.diagnostics:
            return None
        plan = make_plan(spec, DictTree({self.path: self.state}), seen=lambda _: self.before.content)
        return plan.changes[0].after if not plan.faults and len(plan.changes) == 1 else None


def _overlap(one: str, other: str) -> bool:
    return bool(one and other) and (one == other or one.startswith(f"{other}.") or other.startswith(f"{one}."))


def named_steps(path: str, before: FileState, after: FileState, remaining: Remaining) -> NamedSteps | None:
    """Return the steps that make the change shorter, and what they leave to do; None if there are none.

    `remaining` estimates the tokens that turn a state of the file into `after` without names.
    """
    if word(path) is None or b"\r" in after.content:
        return None
    tries = min(_MOST_TRIED, _MOST_PLANNED // (len(before.content) + 1))
    search = _Search(path, before, remaining, before, remaining(before), tries)
    old, new = FileText.read(before.content).lines, FileText.read(after.content).lines
    outlines = _outline(path, old), _outline(path, new)
    if outlines[0] is not None and outlines[1] is not None:
        _by_definitions(search, _Sides(path, old, new, outlines[0], outlines[1]))
    search.offer([_edge(path, "end", new[len(old) :])] if new[: len(old)] == old and new[len(old) :] else [])
    search.offer(list(_top(path, FileText.read(search.state.content).lines, new)))
    _by_scopes(search, new)
    if not search.kept:
        return None
    deletes = tuple(step.delete for step in search.kept if step.delete)
    return NamedSteps(deletes, tuple(step.fence for step in search.kept if step.fence), search.state)


def _by_scopes(search: _Search, new: Sequence[bytes]) -> None:
    """Offer hunks inside of one definition, heading or key, as long as one makes the rest shorter."""
    for _ in range(_MOST_SCOPED):
        lines = FileText.read(search.state.content).lines
        if not search.offer([_scoped(search.path, edit) for edit in scoped_edits(search.path, lines, new)]):
            break


def _scoped(path: str, edit: ScopedEdit) -> _Step:
    return _Step(edit.path, _hunk_fence(path, f"in={_value(edit.form)}", edit.hunks.pairs))


def _outline(path: str, lines: Sequence[bytes]) -> Outline | None:
    outline = outline_of(path, lines, ParsingEffort())
    return None if isinstance(outline, SymbolFault) else outline


class _Sides(NamedTuple):
    """Both texts of one file, and their definitions."""

    path: str
    old: Sequence[bytes]
    new: Sequence[bytes]
    was: Outline
    now: Outline


def _by_definitions(search: _Search, sides: _Sides) -> None:
    # Settings come before blocks, so deletions are tried first.
    for item in _removed_definitions(sides):
        search.offer([_Step(item.path, delete=f"{sides.path}::{item.form}")])
    for group in _added(sides):
        search.offer(list(_insertions(sides, group)))
    differing = _differing_rows(sides)
    inside = {edit.path: _scoped(sides.path, edit) for edit in scoped_edits(sides.path, sides.old, sides.new)}
    for item in sorted(_changed(sides), key=lambda item: -item.depth):
        differs = len(differing & set(range(item.extent.start, item.extent.stop)))
        if item.extent.stop - item.extent.start - 2 * differs > _MOST_REPEATED:
            continue
        search.offer([_replacement(sides, item), *([inside[item.path]] if item.path in inside else [])])


def _differing_rows(sides: _Sides) -> set[int]:
    ranges = changed_ranges(sides.old, sides.new)
    return {row for span in ranges for row in range(span.new_start, span.new_end + (span.new_start == span.new_end))}


def _removed_definitions(sides: _Sides) -> Iterator[SymbolDefinition]:
    """Yield the outermost definitions that only the old text has."""
    kept = {item.path for item in sides.now.definitions}
    for item in sides.was.definitions:
        if item.path not in kept and not item.twin and not item.fault and _parent(item) in {"", *kept}:
            yield item


def _added(sides: _Sides) -> Iterator[list[SymbolDefinition]]:
    """Yield the outermost definitions that only the new text has; those right below each other together."""
    known = {item.path for item in sides.was.definitions}
    group: list[SymbolDefinition] = []
    for item in sides.now.definitions:
        if item.path in known or item.twin or item.fault or _parent(item) not in {"", *known}:
            continue
        if group and _parent(group[-1]) == _parent(item) and _is_blank(sides.new, group[-1], item):
            group.append(item)
        else:
            if group:
                yield group
            group = [item]
    if group:
        yield group


def _changed(sides: _Sides) -> Iterator[SymbolDefinition]:
    """Yield the definitions that both have and that differ, as they are now."""
    was = {item.form: item for item in sides.was.definitions if not item.twin and not item.fault}
    for item in sides.now.definitions:
        older = was.get(item.form)
        is_whole = older is not None and not item.twin and not item.fault
        if older and is_whole and older.kind == item.kind and _lines(sides.old, older) != _lines(sides.new, item):
            yield item


def _parent(item: SymbolDefinition) -> str:
    return item.path.rpartition(".")[0] if item.depth else ""


def _is_blank(lines: Sequence[bytes], above: SymbolDefinition, below: SymbolDefinition) -> bool:
    return not any(line.strip() for line in lines[above.extent.stop : below.extent.start])


def _lines(lines: Sequence[bytes], item: SymbolDefinition) -> Sequence[bytes]:
    return lines[item.extent.start : item.extent.stop]


def _replacement(sides: _Sides, item: SymbolDefinition) -> _Step:
    body = _at_margin(_lines(sides.new, item))
    return _Step(item.path, _fence(sides.path, "replace", f"symbol={_value(item.form)}", body))


def _insertions(sides: _Sides, group: Sequence[SymbolDefinition]) -> Iterator[_Step]:
    """Yield the ways to say where a group of new definitions goes: the nearest neighbour first."""
    start, stop = group[0].extent.start, group[-1].extent.stop
    above, below = _neighbours(sides, group)
    body = sides.new[start:stop]
    if above is not None:
        gap = sides.new[above.extent.stop : start]
        for lines in (_at_margin(body), [*gap, *body]):
            yield _Step("", _fence(sides.path, "insert", f"after={_value(above.form)}", lines))
    if below is not None:
        gap = sides.new[stop : below.extent.start]
        for lines in (_at_margin(body), [*body, *gap]):
            yield _Step("", _fence(sides.path, "insert", f"before={_value(below.form)}", lines))
    elif group[0].depth:
        yield _Step("", _fence(sides.path, "insert", f"into={_value(_parent(group[0]))}", _at_margin(body)))


def _neighbours(
    sides: _Sides, group: Sequence[SymbolDefinition]
) -> tuple[SymbolDefinition | None, SymbolDefinition | None]:
    """Return the nearest definitions above and below, beside the group, that the old text has too."""
    known = {item.form for item in sides.was.definitions if not item.twin and not item.fault}
    beside = [
        item
        for item in sides.now.definitions
        if item.form in known and item.depth == group[0].depth and _parent(item) == _parent(group[0])
    ]
    above = [item for item in beside if item.extent.stop <= group[0].extent.start]
    below = [item for item in beside if item.extent.start >= group[-1].extent.stop]
    return (above[-1] if above else None), (below[0] if below else None)


def _top(path: str, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Step]:
    """Yield an insertion at the top, if lines were added there."""
    for at in {top_of(old, path), *(top_of(old, path, (sign,)) for sign in (b"//", b"#"))}:
        yield from _top_at(path, old, new, at)


def _top_at(path: str, old: Sequence[bytes], new: Sequence[bytes], at: int) -> Iterator[_Step]:
    added = len(new) - len(old)
    rest = old[at : at + 3]
    if new[:at] != old[:at]:
        return
    # Further down the file may have changed too, so the first line that is there again ends what was added.
    end = next((row for row in range(at + 1, min(len(new), at + 400)) if new[row : row + len(rest)] == rest), None)
    for stop in {at + added, end or 0}:
        if stop > at:
            yield _edge(path, "top", new[at:stop])


def _edge(path: str, point: str, body: Sequence[bytes]) -> _Step:
    return _Step("", _fence(path, "insert", f"at={point}", body))


def _at_margin(body: Sequence[bytes]) -> list[bytes]:
    """The lines at the left margin, if all of them are indented by at least as much as the first."""
    indent = indentation(body)
    if not all(line.startswith(indent) or not line.strip() for line in body):
        return list(body)
    return [line[len(indent) :] if line.strip() else line for line in body]


def _value(form: str) -> str:
    return form if word(form) == form else quoted(form)


def _fence(path: str, operation: str, place: str, body: Sequence[bytes]) -> bytes:
    text = b"".join(line + b"\n" for line in body)
    return _block(path, operation, place, text)


def _hunk_fence(path: str, place: str, pairs: Sequence[tuple[Sequence[bytes], Sequence[bytes]]]) -> bytes:
    sides = [(b"".join(line + b"\n" for line in old), b"".join(line + b"\n" for line in new)) for old, new in pairs]
    return _block(path, "edit", place, hunk_text(sides))


def _block(path: str, operation: str, place: str, text: bytes) -> bytes:
    words = [language(path), f"{operation}={word(path)}", place, *(["elision=ok"] if placeholders(text) else [])]
    return fenced(" ".join(words).strip(), text)
