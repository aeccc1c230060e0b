"""What a push sets off: push events, pull requests that follow, workflows that start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.github.git import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github.people import Actor, Json
    from standins.github.repositories import Repository

BRANCHES = "refs/heads/"


def announce(repository: Repository, before: Mapping[str, str], after: Mapping[str, str], by: Actor) -> None:
    """Compare two listings of refs and tell of every difference."""
    for ref in sorted({*before, *after}):
        old, new = before.get(ref, ZERO), after.get(ref, ZERO)
        if old != new and ref.startswith((BRANCHES, "refs/tags/")):
            _announce_ref(repository, ref, old, new, by)


def _push(repository: Repository, ref: str, old: str, new: str, by: Actor) -> Json:
    """What a push event has beside repository, sender and installation; the commits are left out."""
    return {
        "ref": ref,
        "before": old,
        "after": new,
        "created": old == ZERO,
        "deleted": new == ZERO,
        "forced": False,
        "base_ref": None,
        "compare": repository.html(f"/compare/{old[:12]}...{new[:12]}"),
        "commits": [],
        "head_commit": None,
        "pusher": {"name": by.user.login, "email": by.user.email},
    }


def _announce_ref(repository: Repository, ref: str, old: str, new: str, by: Actor) -> None:
    from standins.github.pulls import head_moved
    from standins.github.workflows import start_pushed

    kind, name = (
        ("branch", ref.removeprefix(BRANCHES)) if ref.startswith(BRANCHES) else ("tag", ref.removeprefix("refs/tags/"))
    )
    what = {"ref": name, "ref_type": kind, "pusher_type": "user"}
    if old == ZERO:
        repository.emit("create", None, by, master_branch=repository.default_branch, description=None, **what)
    if new == ZERO:
        repository.emit("delete", None, by, **what)
    repository.emit("push", None, by, **_push(repository, ref, old, new, by))
    if kind == "branch" and new != ZERO:
        start_pushed(repository, name, new, by)
        head_moved(repository, name, new, by)
