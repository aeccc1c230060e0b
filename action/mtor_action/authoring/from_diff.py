"""The way back: two trees → a spec that turns the one into the other, byte for byte.

Every block made here is planned on its own file, and the whole spec against the first tree, before it is returned.
What the manifest cannot say (binary files, symbolic links, submodules, some mixed line endings) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mtor_action.authoring.block_writing import heading, whole_block, word, yaml_text
from mtor_action.authoring.bulk_replacements import BulkChange, bulk_blocks
from mtor_action.authoring.file_change import FileChange, change_by_blocks, change_by_name
from mtor_action.authoring.moved_definitions import MovedDefinitions, moved_definitions
from mtor_action.authoring.renames import exact_renames, similar_renames
from mtor_action.errors import MtorError
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.settings_block.setting_values import COMMIT_NAME
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import is_utf8, unreadable
from mtor_action.tree.path_policy import alike, path_fault
from mtor_action.tree.tree import DictTree, Entry, Tree

_PLAIN = re.compile(r"(?!null\b)[A-Za-z_][\w./-]*", re.ASCII | re.IGNORECASE)
_SPECIAL = {"symlink": "a symbolic link", "submodule": "a submodule"}


class WrittenSpec(NamedTuple):
    """A spec's text; `left_out` are lines `PATH: why` about changes that no spec can say."""

    text: str
    left_out: tuple[str, ...] = ()


class NotExpressible(MtorError):
    """The difference holds nothing that a spec can say; `reasons` are lines `PATH: why`."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(
            "a spec cannot express this difference:\n  " + "\n  ".join(reasons), "commit these files by hand"
        )
        self.reasons = tuple(reasons)


class _Head(NamedTuple):
    """What the settings say besides moves and deletions."""

    title: str
    base: str
    test: Sequence[str] | None
    settings: Sequence[str] = ()  # further lines


@dataclass(slots=True)
class _TwoTrees:
    """Two trees, what moved between them, and what of it no spec can say."""

    old: Tree
    new: Tree
    before: dict[str, Entry]
    after: dict[str, Entry]
    moves: dict[str, str] = field(default_factory=dict)
    moved: dict[str, FileChange] = field(default_factory=dict)  # what changed in files that moved
    reasons: dict[str, str] = field(default_factory=dict)
    by_blocks: dict[str, FileChange | None] = field(default_factory=dict)

    def refuse(self, path: str, reason: str) -> None:
        self.reasons[path] = f"{path.encode('utf-8', 'backslashreplace').decode()}: {reason}"


class _Draft(NamedTuple):
    """One way to write the difference as a spec, by the forms that it is made of."""

    bulk: Sequence[BulkChange]
    changes: dict[str, FileChange]
    deletes: Sequence[str]
    moves: dict[str, str]


def spec_from_trees(
    old: Tree,
    new: Tree,
    *,
    title: str,
    base: str,
    test: Sequence[str] | None = None,
    settings: Sequence[str] | None = None,
) -> WrittenSpec:
    """Return a spec for `old` → `new`, in the shortest forms that are exact, without what no spec can say.

    `base` is the commit that has `old`. `test` are its commands; None leaves them to the repository's settings. With
    `settings`, further lines of its settings, it names no definitions: the text is the same whatever grammars are here.
    Raises NotExpressible, with every reason, if nothing is left; MtorError if nothing differs.
    """
    work = _TwoTrees(old, new, _entries(old), _entries(new))
    changed = [path for path in sorted(work.before.keys() | work.after.keys()) if _differs(work, path)]
    if not changed:
        raise MtorError("nothing differs, so there is no spec to make", "name two commits with different files")
    _check_paths(work, changed)
    sayable = [path for path in changed if path not in work.reasons]
    _find_moves(work, sayable)
    # Only the id of a commit proves what the author saw, which forms that name definitions overwrite unseen.
    may_name = COMMIT_NAME.fullmatch(base) is not None and settings is None
    return _shortest(work, sayable, _Head(title, base, test, settings or ()), may_name=may_name)


def _shortest(work: _TwoTrees, paths: Sequence[str], head: _Head, *, may_name: bool) -> WrittenSpec:
    """Return the spec in the first of the forms that can express the difference. Raises NotExpressible."""
    edited = {path: (_file(work.old, path), _file(work.new, path)) for path in _edited(work, paths)}
    bulk = bulk_blocks(work.old, edited)
    # A moved file may have text that a glob would mean too, and a file that a grammar cannot read may be refused.
    attempts: list[tuple[Sequence[BulkChange], bool]] = [((), False)]
    attempts[:0] = [((), True)] if may_name else []
    attempts[:0] = [(bulk, may_name)] if bulk else []
    refusal: NotExpressible | None = None
    for some_bulk, by_name in attempts:
        try:
            return _written(work, _drafted(work, paths, some_bulk, by_name=by_name), head, paths)
        except NotExpressible as error:
            refusal = error
    raise refusal or NotExpressible(list(work.reasons.values()))


def _drafted(work: _TwoTrees, paths: Sequence[str], bulk: Sequence[BulkChange], *, by_name: bool) -> _Draft:
    settled = {*work.moves, *work.moves.values(), *(path for change in bulk for path in change.paths)}
    left = [path for path in paths if path not in settled]
    changes = {**work.moved, **{path: change for path in left if (change := _change(work, path, by_name=by_name))}}
    deletes = [path for path in left if path not in work.after]
    moved = _moved(work, left, changes) if by_name else MovedDefinitions({}, {})
    changes |= moved.changes
    deletes += [text for path in sorted(changes) for text in changes[path].deletes]
    # Definitions are put at the end of their file in this order, so that it counts.
    return _Draft(bulk, changes, deletes, dict(sorted(work.moves.items())) | moved.moves)


def _moved(work: _TwoTrees, paths: Sequence[str], changes: dict[str, FileChange]) -> MovedDefinitions:
    """Return the definitions that moved between these files, where saying so is shorter."""
    states = {
        path: (_file(work.old, path) if path in work.before else None, _file(work.new, path))
        for path in paths
        if path in changes and path in work.after
    }
    return moved_definitions(states, changes)


def _written(work: _TwoTrees, draft: _Draft, head: _Head, sayable: Sequence[str]) -> WrittenSpec:
    changes = [draft.changes[path].blocks for path in sorted(draft.changes) if draft.changes[path].blocks]
    blocks = [*(change.block for change in draft.bulk), *changes]
    if not (blocks or draft.moves or draft.deletes):
        raise NotExpressible(list(work.reasons.values()))
    text = b"\n".join([_settings(head, draft), *_left_out(work), *blocks])
    _verify(text, work, [path for path in sayable if path not in work.reasons])
    return WrittenSpec(text.decode("utf-8"), tuple(work.reasons.values()))


def _edited(work: _TwoTrees, paths: Sequence[str]) -> list[str]:
    """Return the files whose content alone differs."""
    edited = (path for path in paths if path in work.before and path in work.after and path not in work.moves.values())
    return [path for path in edited if work.before[path].mode == work.after[path].mode]


def _left_out(work: _TwoTrees) -> list[bytes]:
    """Return the list of what the spec does not hold, for its readers."""
    if not work.reasons:
        return []
    lines = "".join(f"{reason}\n" for reason in work.reasons.values()).replace("`", "'")
    return [f"Left out, to be committed by hand:\n\n```text\n{lines}```\n".encode()]


def _entries(tree: Tree) -> dict[str, Entry]:
    entries = ((path, tree.entry(path)) for path in tree.paths())
    return {path: entry for path, entry in entries if entry is not None}


def _differs(work: _TwoTrees, path: str) -> bool:
    before, after = work.before.get(path), work.after.get(path)
    if before is None or after is None or (before.kind, before.mode) != (after.kind, after.mode):
        return True
    if before.kind != "file" or (before.oid and after.oid):
        return before.oid != after.oid
    return work.old.read(path) != work.new.read(path)


def _check_paths(work: _TwoTrees, changed: Sequence[str]) -> None:
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


def _find_moves(work: _TwoTrees, changed: Sequence[str]) -> None:
    removed = [path for path in changed if path not in work.after]
    added = [path for path in changed if path not in work.before and _is_free(work, path)]
    work.moves = exact_renames(work.old, removed, work.new, added)
    left = [path for path in removed if path not in work.moves]
    free = [path for path in added if path not in work.moves.values()]
    for source, target in similar_renames(work.old, left, work.new, free):
        before, after = _file(work.old, source), _file(work.new, target)
        whole = change_by_blocks(target, None, after)
        edited = change_by_blocks(target, before, after)
        if edited and (whole is None or edited.tokens < whole.tokens):
            work.moves[source] = target
            work.moved[target] = edited


def _is_free(work: _TwoTrees, path: str) -> bool:
    """Return whether a file can be moved there: moves come before deletes."""
    parts = path.split("/")
    parents = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return work.old.entry(path) is None and not any(parent in work.before for parent in parents)


def _file(tree: Tree, path: str) -> FileState:
    entry = tree.entry(path)
    return FileState(tree.read(path), "100755" if entry and entry.mode == "100755" else "100644")


def _change(work: _TwoTrees, path: str, *, by_name: bool) -> FileChange | None:
    """Return how one file changed; None for one that is gone, or that no spec can say, which is refused."""
    if path not in work.after:
        return None
    before = _file(work.old, path) if path in work.before else None
    after = _file(work.new, path)
    if path not in work.by_blocks:
        work.by_blocks[path] = change_by_blocks(path, before, after)
    plain = work.by_blocks[path]
    named = change_by_name(path, before, after) if by_name and before is not None else None
    if named is not None and (plain is None or named.tokens < plain.tokens):
        return named
    if plain is None:
        work.refuse(path, _why_not(path, before, after))
    return plain


def _why_not(path: str, before: FileState | None, after: FileState) -> str:
    fault = unreadable(after.content) or _gate(path, before, after)
    if not fault and not is_utf8(after.content):
        fault = "text that is not UTF-8, expected UTF-8"
    if not fault and b"\r" in after.content.replace(b"\r\n", b""):
        fault = "a carriage return without a line feed, expected LF or CRLF line endings"
    if not fault and word(path) is None:
        fault = "a path that contains both kinds of quotes, and a change that no patch can express"
    return fault or "mixed line endings that no edit can produce, expected LF or CRLF throughout"


def _gate(path: str, before: FileState | None, after: FileState) -> str:
    """Return that the file does not parse, which the parse check refuses; "" if that is not why."""
    whole = whole_block(path, after, before)
    spec = parse_spec([Part("block", whole)]) if whole else None
    if spec is None or spec.diagnostics:
        return ""
    faults = make_plan(spec, DictTree({path: before} if before else {})).faults
    return "it does not parse, and no spec may write that" if any(fault.rule == "syntax" for fault in faults) else ""


def _settings(head: _Head, draft: _Draft) -> bytes:
    title = " ".join("".join(c if c.isprintable() else " " for c in head.title).split()) or "Changes"
    # Only the id of a commit says what the author saw.
    key = "written_for" if COMMIT_NAME.fullmatch(head.base) else "base"
    lines = ["```yaml mtor", f"title: {yaml_text(title)}", f"{key}: {head.base}"]
    if draft.deletes:
        lines += ["delete:", *(f"  - {yaml_text(path)}" for path in draft.deletes)]
    if draft.moves:
        lines += ["move:"]
        lines += [_move(old, new) for old, new in draft.moves.items()]
    if head.test is not None:
        lines += ["test:", *(f"  - {yaml_text(command)}" for command in head.test)] if head.test else ["test: []"]
    lines += head.settings
    return heading(1, title) + "\n".join([*lines, "```", ""]).encode()


def _move(old: str, new: str) -> str:
    before, after = (path if _PLAIN.fullmatch(path) else yaml_text(path) for path in (old, new))
    # YAML ends a key in front of its colon after 1,024 characters.
    return f"  {before}: {after}" if len(before) < 1_000 else f"  ? {before}\n  : {after}"


def _contents(work: _TwoTrees) -> Callable[[str], bytes | None]:
    """Return what the commit that is named as `written_for` holds."""
    return lambda path: work.old.read(path) if path in work.before and work.before[path].kind == "file" else None


def _verify(text: bytes, work: _TwoTrees, changed: Sequence[str]) -> None:
    spec = parse_spec([Part("spec", text)])
    plan = make_plan(spec, work.old, seen=_contents(work)) if not spec.diagnostics else None
    if plan is None or plan.faults:
        faults = spec.diagnostics or (plan.faults if plan else ())
        raise NotExpressible([f"{fault.message} [{fault.rule}]" for fault in faults])
    planned = {change.path: change.after for change in plan.changes}
    expected = {path: _file(work.new, path) if path in work.after else None for path in changed}
    wrong = sorted(path for path in planned.keys() | expected.keys() if planned.get(path) != expected.get(path))
    if wrong:
        raise NotExpressible([f"{path}: its bytes cannot be written exactly in a spec" for path in wrong])
