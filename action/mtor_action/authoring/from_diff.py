"""The way back: two trees → a spec that turns the one into the other, byte for byte.

Every block made here is planned on its own file, and the whole spec against the first tree, before it is returned.
What the manifest cannot say (binary files, symbolic links, submodules, some mixed line endings) is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.authoring.block_writing import (
    Difference,
    edit_block,
    heading,
    mode_patch,
    new_file_patch,
    patch_block,
    whole_block,
    word,
    yaml_text,
)
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

    from mtor_action.tree.tree import Entry, Tree

# Three lines place most hunks; more where lines repeat, none where a line in the context cannot be written.
_EDIT_CONTEXTS = (3, 12, 60, 1, 0)
_PATCH_CONTEXTS = (3, 12, 60, 1, 0)
_WORTH_AN_EDIT_BYTES = 200  # an edit that is longer than the whole file by this much is not worth reading
_SPECIAL = {"symlink": "a symbolic link", "submodule": "a submodule"}


class NotExpressible(MtorError):
    """The difference holds something that no spec can say; `reasons` are lines `PATH: why`."""

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

    def refuse(self, path: str, reason: str) -> None:
        self.reasons.append(f"{path.encode('utf-8', 'backslashreplace').decode()}: {reason}")


def spec_from_trees(old: Tree, new: Tree, *, title: str, base: str) -> str:
    """The text of a spec for `old` → `new`; `base` is the commit that has `old`.

    Raises NotExpressible with every reason; MtorError if nothing differs.
    """
    work = _SpecDraft(old, new, _entries(old), _entries(new))
    changed = [path for path in sorted(work.before.keys() | work.after.keys()) if _differs(work, path)]
    if not changed:
        raise MtorError("nothing differs, so there is no spec to make", "name two commits with different files")
    _check_paths(work, changed)
    if not work.reasons:
        _find_moves(work, changed)
        settled = {*work.moves, *work.moves.values()}
        for path in changed:
            if path not in settled:
                _express(work, path)
    if work.reasons:
        raise NotExpressible(work.reasons)
    text = b"\n".join([_head(work, title, base), *(work.blocks[path] for path in sorted(work.blocks))])
    _verify(text, work, changed)
    return text.decode("utf-8")


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
        if edited and (whole is None or len(edited) < len(whole) + _WORTH_AN_EDIT_BYTES):
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
        work.refuse(path, _why_not(path, after))
    else:
        work.blocks[path] = block


def _why_not(path: str, after: FileState) -> str:
    fault = unreadable(after.content)
    if not fault and not is_utf8(after.content):
        fault = "text that is not UTF-8, expected UTF-8"
    if not fault and b"\r" in after.content.replace(b"\r\n", b""):
        fault = "a carriage return without a line feed, expected LF or CRLF line endings"
    if not fault and word(path) is None:
        fault = "a path that holds both kinds of quotes, and a change that no patch can say"
    return fault or "mixed line endings that no edit gives, expected LF or CRLF throughout"


def _first_that_lands(path: str, before: FileState | None, after: FileState) -> bytes | None:
    landing = (block for block in _candidates(path, before, after) if block and _lands(block, path, before, after))
    return next(landing, None)


def _candidates(path: str, before: FileState | None, after: FileState) -> Iterator[bytes | None]:
    """Yield every form that might say it, the one that a reader wants first."""
    if before is None:
        yield whole_block(path, after, None)
        yield new_file_patch(path, after)
    elif before.content == after.content:
        yield mode_patch(path, before, after)
    else:
        large = []
        for block in () if unreadable(before.content + after.content) else _changes(path, before, after):
            if block and len(block) > len(after.content) + _WORTH_AN_EDIT_BYTES:
                large.append(block)
            else:
                yield block
        yield whole_block(path, after, before)
        yield from large


def _changes(path: str, before: FileState, after: FileState) -> Iterator[bytes | None]:
    difference = Difference(before, after)
    if before.mode == after.mode:
        yield from (edit_block(path, difference, context) for context in _EDIT_CONTEXTS)
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


def _head(work: _SpecDraft, title: str, base: str) -> bytes:
    title = " ".join("".join(c if c.isprintable() else " " for c in title).split()) or "Changes"
    # Only the id of a commit says what the author saw.
    key = "written_for" if COMMIT_NAME.fullmatch(base) else "base"
    lines = ["```yaml mtor", f"title: {yaml_text(title)}", f"{key}: {base}"]
    if work.deletes:
        lines += ["delete:", *(f"  - {yaml_text(path)}" for path in work.deletes)]
    if work.moves:
        lines += ["move:"]
        lines += [f"  ? {yaml_text(old)}\n  : {yaml_text(new)}" for old, new in sorted(work.moves.items())]
    return heading(1, title) + "\n".join([*lines, "```", ""]).encode()


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
