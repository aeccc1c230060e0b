"""What `format` commands may make of a spec's own files, and what of it is still the spec's own.

Work asks `is_kept` before it keeps a file, publish asks both again: one derivation, from texts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.symbols.python_syntax import PYTHON_SUFFIXES
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from mtor_action.scope.scope import Scope
    from mtor_action.tree.changes import Change


def is_only_layout(change: Change) -> bool:
    """Return whether nothing but layout changed from what the plan makes of a file: then it is still the spec's own.

    It can be shown for Python, and by their grammars for a few other languages.
    """
    from mtor_action.symbols.python_layout import has_same_tokens
    from mtor_action.symbols.token_layout import has_same_layout_tokens

    texts = _python_texts(change)
    if texts is not None:
        return has_same_tokens(*texts)
    before, after = change.before, change.after
    if before is None or after is None or before.mode != after.mode:
        return False
    return has_same_layout_tokens(change.path, before.content, after.content)


def is_kept(change: Change, scope: Scope) -> bool:
    """Return whether what a format command made of one of the spec's own files may stay, and be published.

    What no implementer may touch, a test above all, stays only if the program is the same. `change` leads from the
    plan to the formatted file.
    """
    if change.before is None or change.after is None or change.before.mode != change.after.mode:
        return False
    if path_fault(change.path, is_new=False) or change.path not in scope.own:
        return False
    texts = [state.content.decode("utf-8", "replace") for state in (change.before, change.after)]
    if not scope.is_protected(change.path) and not scope.region_fault(change.path, texts[0], texts[1]):
        return True
    from mtor_action.symbols.python_layout import has_same_program

    python_texts = _python_texts(change)
    return python_texts is not None and has_same_program(*python_texts)


def _python_texts(change: Change) -> tuple[bytes, bytes] | None:
    """Return the two texts of a Python file that is there before and after in one mode; None for all else."""
    before, after = change.before, change.after
    if before is None or after is None or before.mode != after.mode or not change.path.endswith(PYTHON_SUFFIXES):
        return None
    return before.content, after.content
