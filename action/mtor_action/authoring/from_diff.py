"""The way back: two trees → a spec that turns the one into the other, byte for byte.

Every block made here is planned on its own file, and the whole spec against the first tree, before it is returned.
What the manifest cannot say (binary files, symbolic links, submodules, some mixed line endings) is refused by name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.authoring.block_writing import (
    Difference,
    bare_patch_block,
    edit_block,
    heading,
    mode_patch,
    new_file_patch,
    patch_block,
    whole_block,
    word,
    yaml_text,
)
from mtor_action.authoring.bulk import bulk_blocks
from mtor_action.authoring.renames import exact_renames, similar_renames
from mtor_action.errors import MtorError
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.settings import COMMIT_NAME
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import is_utf8, unreadable
from mtor_action.tree.path_policy import alike, path_fault
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.authoring.bulk import BulkChange
    from mtor_action.tree.tree import Entry, Tree

# The least context first; fixed ones where hunks come too near to each other or a line cannot be written.
_EDIT_CONTEXTS = (None, 3, 12, 60, 1, 0)
_PATCH_CONTEXTS = (3, 12, 60, 1, 0)
_PLAIN = re.compile(r"(?!null\b)[A-Za-z_][\w./-]*", re.ASCII | re.IGNORECASE)
_SPECIAL = {"symlink": "a symbolic link", "submodule": "a submodule"}


class WrittenSpec(NamedTuple):
    """A spec's text; `left_out` are lines `PATH: why` about changes that no spec can say."""

    text: str
    left_out: tuple[str, ...] = ()


class NotExpressible(MtorError):
    """The difference holds nothing that a spec can say; `reasons` are lines `PATH: why`."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("a spec cannot say this difference:\n  " + "\n  ".join(reasons), "commit these files by hand")
        self.reasons = tuple(reasons)


@dataclass(slots=True)
class _SpecDraft:
    old: Tree
    new: Tree
    before: dict[str, Entry]
    after: dict[str, Entry]
    moves: dict[str, str] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)
    blocks: dict[str, bytes] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    refused: set[str] = field(default_factory=set)

    def refuse(self, path: str, reason: str) -> None:
        self.refused.add(path)
        self.reasons.append(f"{path.encode('utf-8', 'backslashreplace').decode()}: {reason}")


def spec_from_trees(
    old: Tree,
    new: Tree,
    *,
    title: str,
    base: str,
    test: Sequence[str] | None = None,
    settings: Sequence[str] = (),
) -> WrittenSpec:
    """Return a spec for `old` → `new`, in the shortest forms that are exact, without what no spec can say.

    `base` is the commit that has `old`. `test` are its commands; None leaves them to the repository's settings.
    `settings` are further lines of its settings. Raises NotExpressible, with every reason, if nothing is left;
    MtorError if nothing differs.
    """
    work = _SpecDraft(old, new, _entries(old), _entries(new))
    changed = [path for path in sorted(work.before.keys() | work.after.keys()) if _differs(work, path)]
    if not changed:
        raise MtorError("nothing differs, so there is no spec to make", "name two commits with different files")
    _check_paths(work, changed)
    sayable = [path for path in changed if path not in work.refused]
    _find_moves(work, sayable)
    moves = {*work.moves, *work.moves.values()}
    bulk = bulk_blocks(old, {path: (_file(old, path), _file(new, path)) for path in _edited(work, sayable)})
    for path in sayable:
        if path not in moves and not any(path in change.paths for change in bulk):
            _express(work, path)
    head = _head(work, title, base, test, settings)
    if bulk:
        with suppress(NotExpressible):
            return _written(work, head, bulk, sayable)
        # A moved file has such text too, and a glob would mean it.
        for path in (path for change in bulk for path in change.paths):
            _express(work, path)
        head = _head(work, title, base, test, settings)
    return _written(work, head, (), sayable)


def _written(work: _SpecDraft, head: bytes, bulk: Sequence[BulkChange], sayable: Sequence[str]) -> WrittenSpec:
    if not (work.blocks or bulk or work.moves or work.deletes):
        raise NotExpressible(work.reasons)
    blocks = [*(change.block for change in bulk), *(work.blocks[path] for path in sorted(work.blocks))]
    text = b"\n".join([head, *_left_out(work), *blocks])
    _verify(text, work, [path for path in sayable if path not in work.refused])
    return WrittenSpec(text.decode("utf-8"), tuple(work.reasons))


def _edited(work: _SpecDraft, paths: Sequence[str]) -> list[str]:
    """Return the files whose content alone differs."""
    edited = (path for path in paths if path in work.before and path in work.after and path not in work.moves.values())
    return [path for path in edited if work.before[path].mode == work.after[path].mode]


def _left_out(work: _SpecDraft) -> list[bytes]:
    """Return the list of what the spec does not hold, for its readers."""
    if not work.reasons:
        return []
    lines = "".join(f"{reason}\n" for reason in work.reasons).replace("`", "'")
    return [f"Left out, to be committed by hand:\n\n```text\n{lines}```\n".encode()]


def _entries(tree: Tree) -> dict[str, Entry]:
    entries = ((path, tree.entry(path)) for path in tree.paths())
    return {path: entry for path, entry in entries if entry is not None}


def _differs(work: _SpecDraft, path: str) -> bool:
    before, after = work.before.get(path), work.after.get(path)
    if before is None or after is None or (before.kind, before.mode) != (after.kind, after.mode):
        return True
    if before.kind != "file" or (before.oid and after.oid):
        return before.oid != after.oid
    return work.old.read(path) != work.new.read(path)


def _check_paths(work: _SpecDraft, changed: Sequence[str]) -> None:
    new = [path for path in changed if path not in work.before]
    twins = {path: other for path, _, other in alike(new, work.after)}
    for path in changed:
        fault = path_fault(path, is_new=path in work.after and path not in work.before)
        for entry in (work.before.get(path), work.after.get(path)):
            if not fault and entry is not None and entry.kind != "file":
                fault = f"{_SPECIAL.get(entry.kind, entry.kind)}, expected a regular file"
        if not fault and path in twins:
            fault = f'differs from "{twins[path]}" only in case or in the encoding of accents'
        if fault:
            work.refuse(path, fault)


def _find_moves(work: _SpecDraft, changed: Sequence[str]) -> None:
    removed = [path for path in changed if path not in work.after]
    added = [path for path in changed if path not in work.before and _is_free(work, path)]
    work.moves = exact_renames(work.old, removed, work.new, added)
    left = [path for path in removed if path not in work.moves]
    free = [path for path in added if path not in work.moves.values()]
    for source, target in similar_renames(work.old, left, work.new, free):
        before, after = _file(work.old, source), _file(work.new, target)
        whole = _first_that_lands(target, None, after)
        edited = _first_that_lands(target, before, after)
        if edited and (whole is None or len(edited) < len(whole)):
            work.moves[source] = target
            work.blocks[target] = edited


def _is_free(work: _SpecDraft, path: str) -> bool:
    """Return whether a file can be moved there: moves come before deletes."""
    parts = path.split("/")
    parents = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return work.old.entry(path) is None and not any(parent in work.before for parent in parents)


def _file(tree: Tree, path: str) -> FileState:
    entry = tree.entry(path)
    return FileState(tree.read(path), "100755" if entry and entry.mode == "100755" else "100644")


def _express(work: _SpecDraft, path: str) -> None:
    if path not in work.after:
        work.deletes.append(path)
        return
    before = _file(work.old, path) if path in work.before else None
    after = _file(work.new, path)
    block = _first_that_lands(path, before, after)
    if block is None:
        work.refuse(path, _why_not(path, before, after))
    else:
        work.blocks[path] = block


def _why_not(path: str, before: FileState | None, after: FileState) -> str:
    fault = unreadable(after.content) or _gate(path, before, after)
    if not fault and not is_utf8(after.content):
        fault = "text that is not UTF-8, expected UTF-8"
    if not fault and b"\r" in after.content.replace(b"\r\n", b""):
        fault = "a carriage return without a line feed, expected LF or CRLF line endings"
    if not fault and word(path) is None:
        fault = "a path that holds both kinds of quotes, and a change that no patch can say"
    return fault or "mixed line endings that no edit gives, expected LF or CRLF throughout"


def _gate(path: str, before: FileState | None, after: FileState) -> str:
    """Return that the file does not parse, which the parse gate refuses; "" if that is not why."""
    whole = whole_block(path, after, before)
    spec = parse_spec([Part("block", whole)]) if whole else None
    if spec is None or spec.diagnostics:
        return ""
    faults = make_plan(spec, DictTree({path: before} if before else {})).faults
    return "it does not parse, and no spec may write that" if any(fault.rule == "syntax" for fault in faults) else ""


def _first_that_lands(path: str, before: FileState | None, after: FileState) -> bytes | None:
    blocks = sorted((block for block in _candidates(path, before, after) if block), key=len)
    return next((block for block in blocks if _lands(block, path, before, after)), None)


def _candidates(path: str, before: FileState | None, after: FileState) -> Iterator[bytes | None]:
    """Yield every form that might say it; of two of one length a reader wants the first."""
    if before is None:
        yield whole_block(path, after, None)
        yield new_file_patch(path, after)
    elif before.content == after.content:
        yield mode_patch(path, before, after)
    else:
        if not unreadable(before.content + after.content):
            yield from _changes(path, before, after)
        yield whole_block(path, after, before)


def _changes(path: str, before: FileState, after: FileState) -> Iterator[bytes | None]:
    difference = Difference(before, after)
    if before.mode == after.mode:
        yield from (edit_block(path, difference, context) for context in _EDIT_CONTEXTS)
    yield bare_patch_block(path, difference)
    yield from (patch_block(path, difference, context) for context in _PATCH_CONTEXTS)


def _lands(block: bytes, path: str, before: FileState | None, after: FileState) -> bool:
    """Return whether the block alone gives `after`, and is seen to be applied there."""
    spec = parse_spec([Part("block", block)])
    if spec.diagnostics:
        return False
    plan = make_plan(spec, DictTree({path: before} if before else {}))
    if plan.faults or [change.after for change in plan.changes] != [after]:
        return False
    second_plan = make_plan(spec, DictTree({path: after}), lambda _: (before.content,) if before else ())
    return not second_plan.faults and not second_plan.changes


def _head(work: _SpecDraft, title: str, base: str, test: Sequence[str] | None, settings: Sequence[str] = ()) -> bytes:
    title = " ".join("".join(c if c.isprintable() else " " for c in title).split()) or "Changes"
    # Only the id of a commit says what the author saw.
    key = "written_for" if COMMIT_NAME.fullmatch(base) else "base"
    lines = ["```yaml mtor", f"title: {yaml_text(title)}", f"{key}: {base}"]
    if work.deletes:
        lines += ["delete:", *(f"  - {yaml_text(path)}" for path in work.deletes)]
    if work.moves:
        lines += ["move:"]
        lines += [_move(old, new) for old, new in sorted(work.moves.items())]
    if test is not None:
        lines += ["test:", *(f"  - {yaml_text(command)}" for command in test)] if test else ["test: []"]
    lines += settings
    return heading(1, title) + "\n".join([*lines, "```", ""]).encode()


def _move(old: str, new: str) -> str:
    before, after = (path if _PLAIN.fullmatch(path) else yaml_text(path) for path in (old, new))
    # YAML ends a key in front of its colon after 1,024 characters.
    return f"  {before}: {after}" if len(before) < 1_000 else f"  ? {before}\n  : {after}"


def _verify(text: bytes, work: _SpecDraft, changed: Sequence[str]) -> None:
    spec = parse_spec([Part("spec", text)])
    plan = make_plan(spec, work.old) if not spec.diagnostics else None
    if plan is None or plan.faults:
        faults = spec.diagnostics or (plan.faults if plan else ())
        raise NotExpressible([f"{fault.message} [{fault.rule}]" for fault in faults])
    planned = {change.path: change.after for change in plan.changes}
    expected = {path: _file(work.new, path) if path in work.after else None for path in changed}
    wrong = sorted(path for path in planned.keys() | expected.keys() if planned.get(path) != expected.get(path))
    if wrong:
        raise NotExpressible([f"{path}: its bytes cannot be given exactly" for path in wrong])
