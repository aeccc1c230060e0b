"""How one file changed, in the manifest's shortest form that gives it byte for byte.

Every form is planned on its own file, and again on its result, where nothing may be left to do.
"""

from __future__ import annotations

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
    yaml_text,
)
from mtor_action.authoring.named_steps import named_steps
from mtor_action.authoring.token_estimate import estimated_tokens
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.file_text import unreadable
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.tree.changes import FileState

# For where the least context does not do: hunks come too near to each other, or a line cannot be written.
_CONTEXTS = (3, 12, 60, 1, 0)
_NO_FORM = 1_000_000  # tokens


class FileChange(NamedTuple):
    """Manifest blocks below one heading, and what the setting `delete` says before them."""

    blocks: bytes
    deletes: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """Return the estimated tokens of its blocks and its lines in the settings."""
        return estimated_tokens(self.blocks) + sum(estimated_tokens(f"  - {text}\n".encode()) for text in self.deletes)


def change_by_blocks(path: str, before: FileState | None, after: FileState) -> FileChange | None:
    """Return the shortest form that names no definition; None if there is none."""
    for forms in _candidates(path, before, after):
        blocks = sorted((block for block in forms if block), key=estimated_tokens)
        block = next((block for block in blocks if lands(block, path, before, after)), None)
        if block is not None:
            return FileChange(block)
    return None


def change_by_name(path: str, before: FileState, after: FileState) -> FileChange | None:
    """Return a form that names definitions or an end of the file; None if that is not shorter, or not exact.

    What it overwrites unseen is proved by the setting `written_for`, which has to name the commit that holds `before`.
    """
    if before.mode != after.mode or before.content == after.content or unreadable(before.content + after.content):
        return None
    steps = named_steps(path, before, after, lambda state: _remaining(path, state, after))
    if steps is None:
        return None
    rest = change_by_blocks(path, steps.state, after) if steps.state != after else FileChange(b"")
    if rest is None:
        return None
    head = heading(2, path)
    blocks = [*steps.fences, *([rest.blocks.removeprefix(head)] if rest.blocks else [])]
    change = FileChange(head + b"\n".join(blocks) if blocks else b"", steps.deletes)
    return change if lands(_with_settings(change), path, before, after) else None


def _with_settings(change: FileChange) -> bytes:
    lines = "".join(f"  - {yaml_text(text)}\n" for text in change.deletes)
    settings = f"```yaml mtor\ndelete:\n{lines}```\n\n".encode() if lines else b""
    return settings + change.blocks


def _remaining(path: str, before: FileState, after: FileState) -> int:
    """Return about how many tokens the rest of a change takes, nothing being planned."""
    if before == after:
        return 0
    difference = Difference(before, after)
    blocks = [block for block in (bare_patch_block(path, difference), edit_block(path, difference, None)) if block]
    if not blocks or len(after.content) < min(map(len, blocks)):
        blocks += [whole_block(path, after, before) or b""]
    head = heading(2, path)
    return min((estimated_tokens(block.removeprefix(head)) for block in blocks if block), default=_NO_FORM)


def _candidates(path: str, before: FileState | None, after: FileState) -> Iterator[list[bytes | None]]:
    """Yield the forms that might say it, those that are never longer than what comes later first.

    Of two of one length a reader wants the first.
    """
    if before is None:
        yield [whole_block(path, after, None), new_file_patch(path, after)]
    elif before.content == after.content:
        yield [mode_patch(path, before, after)]
    elif unreadable(before.content + after.content):
        yield [whole_block(path, after, before)]
    else:
        difference = Difference(before, after)
        is_same_mode = before.mode == after.mode
        least = [edit_block(path, difference, None) if is_same_mode else None, bare_patch_block(path, difference)]
        shortest = min((len(block) for block in least if block), default=0)
        if shortest:
            yield [*least, whole_block(path, after, before) if len(after.content) < shortest else None]
        edits = [edit_block(path, difference, context) for context in _CONTEXTS] if is_same_mode else []
        patches = [patch_block(path, difference, context) for context in _CONTEXTS]
        yield [*edits, *patches, whole_block(path, after, before)]


def lands(text: bytes, path: str, before: FileState | None, after: FileState) -> bool:
    """Return whether the spec's text alone gives `after`, and is seen to be applied there."""
    spec = parse_spec([Part("block", text)])
    if spec.diagnostics:
        return False
    plan = make_plan(spec, DictTree({path: before} if before else {}), seen=lambda _: before and before.content)
    if plan.faults or [change.after for change in plan.changes] != [after]:
        return False
    second_plan = make_plan(spec, DictTree({path: after}), lambda _: (before.content,) if before else ())
    return not second_plan.faults and not second_plan.changes
