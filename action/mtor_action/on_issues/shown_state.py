"""The sticky comment, the label and a reaction, which say the same: by one request where that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.issues.comments import marker, own_comments
from mtor_action.github.issues.issue_changes import IssueChange, change_at_once
from mtor_action.on_issues.state_labels import Label, others_than, set_label
from mtor_action.on_issues.status_memory import StatusMemory, status_text, write_status

if TYPE_CHECKING:
    from mtor_action.github.client import Client


def show_state(
    client: Client, number: int, memory: StatusMemory, label: Label, *, consumed: str = "", reaction: str = ""
) -> bool:
    """Write the comment, make `label` the only one and take `consumed` off. Raises GitHubError.

    Return whether the `reaction` to the issue was given with it.
    """
    name = marker("status", str(number))
    comments = own_comments(client, number, name)
    change = IssueChange(
        marker=name,
        text=status_text(memory),
        comment_id=comments[0].id if comments else 0,
        label=label.name,
        others=others_than(label, consumed),
        reaction=reaction,
    )
    made = change_at_once(client, number, change)
    # Another event run may have posted one meanwhile, and of several the oldest stays.
    if made.comment is None or len(comments) != 1:
        labels = client.recall(f"issues/{number}/labels")
        client.forget_reads()
        write_status(client, number, memory)
        if labels is not None and made.labels:
            client.know(f"issues/{number}/labels", labels)
    if not made.labels:
        set_label(client, number, label, consumed)
    return made.reaction
