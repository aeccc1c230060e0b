"""The handover's folder: made next to its place and moved there whole, so that a kill leaves nothing or everything.

report.json, report.md, report.html    as `mtor run` writes them
changes.patch                          for people: `git apply --index changes.patch`; only if there are changes
handover.json                          see handover.py
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.preparation.preparation import against, follow_base
from mtor_action.preparation.text_origin import Origin
from mtor_action.report.report_files import write_report
from mtor_action.repository.git import Git, git_failed
from mtor_action.repository.revisions.base_tree import BaseTree, attributes_of
from mtor_action.tree.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.handover.handover import Handover
    from mtor_action.manifest.manifest import Spec
    from mtor_action.report.report import Report
    from mtor_action.tree.changes import FileState


def beyond_the_spec(
    git: Git, spec: Spec, base: str, head: str, merged_from: str = ""
) -> tuple[tuple[str, FileState | None], ...]:
    """The files of the commit `head` that differ from what the spec's plan makes of the commit `base`, sorted.

    `merged_from` is the commit that the spec was written for, where it was merged from there.
    """
    origin = Origin(commit=merged_from or base)
    with BaseTree(git, base) as before, BaseTree(git, head) as after:
        attributes = attributes_of(git, before, of_machine=True)
        prepared = follow_base(git, against(spec, base, before, None, attributes), before, origin)
        planned, tested = Overlay(before, prepared.plan.changes), Overlay(after)
        listing = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", base, head, "--")
        paths = {*listing.decode("utf-8", "surrogateescape").split("\0")[:-1], *planned.written}
        states = ((path, tested.file(path)) for path in sorted(paths))
        return tuple((path, state) for path, state in states if state != planned.file(path))


def write_handover(
    git: Git | None, report: Report, handover: Handover, folder: Path, give: Callable[[Path], None]
) -> None:
    """Write everything and put it at `folder`, in place of what is there; `give` hands it to its owner first.

    Without `git` there is no commit to make a patch of. Raises OSError, GitError.
    """
    temporary = Path(tempfile.mkdtemp(prefix=".mtor-handover-", dir=folder.parent))
    try:
        write_report(report, temporary)
        (temporary / "handover.json").write_text(json.dumps(handover.as_json()) + "\n", encoding="ascii")
        if git and report.head:
            _write_patch(git, report, temporary / "changes.patch")
        give(temporary)
        _clear(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_patch(git: Git, report: Report, path: Path) -> None:
    options = ("-r", "-p", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv")
    args = ("diff-tree", *options, report.base, report.head, "--")
    with path.open("wb") as file, git.start(*args) as process:
        if process.stdout is not None:
            shutil.copyfileobj(process.stdout, file)
        words = process.stderr.read() if process.stderr else b""
    if process.returncode:
        raise git_failed(args, process.returncode, words)


def _clear(folder: Path) -> None:
    """Away with what commands of our own user may have put there."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
