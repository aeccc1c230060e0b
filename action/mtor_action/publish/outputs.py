"""The results that the publish job leaves for others: result.json for the bot, outputs for later steps, the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.runner.command_files import add_summary, set_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.publish.inputs import Order
    from mtor_action.publish.publication import Published

SCHEMA = 1


def result(order: Order, published: Published) -> dict[str, object]:
    """Return the object written to `result.json`."""
    return {
        "schema": SCHEMA,
        "job": order.job,
        "outcome": published.outcome,
        "pull_request": published.pull_request,
        "comment": published.comment,
        "reason": published.reason,
        **({"paused": True} if published.paused else {}),
    }


def tell(order: Order, published: Published, environ: Mapping[str, str]) -> None:
    """Write all three, as far as they were asked for. Raises OSError."""
    if order.result:
        order.result.mkdir(parents=True, exist_ok=True)
        (order.result / "result.json").write_text(json.dumps(result(order, published)) + "\n", encoding="utf-8")
    outputs = {
        "outcome": published.outcome,
        "pull-request": str(published.pull_request or ""),
        "report": published.comment_url,
    }
    if environ.get("GITHUB_OUTPUT"):
        set_outputs(Path(environ["GITHUB_OUTPUT"]), outputs)
    if environ.get("GITHUB_STEP_SUMMARY") and published.text:
        add_summary(Path(environ["GITHUB_STEP_SUMMARY"]), published.text)
