"""An estimate for a red run that names no model: what one would have been asked, and what it would have cost.

It runs where no model library is imported: the price is looked up in the list that litellm ships, as a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.failing_output.failure_excerpt import failure_excerpt
from mtor_action.implementer.failing_output.fault_localization import likely_files
from mtor_action.implementer.prompts.suspects import suspects, texts_before
from mtor_action.model.token_counts import CHARACTERS_PER_TOKEN, estimate_tokens
from mtor_action.repository.revisions.base_tree import BaseTree
from mtor_action.scope.scope import scope_of
from mtor_action.tree.file_text import unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mtor_action.preparation.preparation import Prepared
    from mtor_action.processes.commands import CommandResult
    from mtor_action.workspace.workspace import Workspace

EXAMPLE_MODEL = "deepseek/deepseek-chat"
PRICE_LIST = "model_prices_and_context_window_backup.json"
_RULES_TOKENS = 120  # of the question besides failures and file: prompts/question.md and the spec's first words
_WORDS_TOKENS = 80  # of an answer besides the file
_MOST_FILE_TOKENS = 8_000 // CHARACTERS_PER_TOKEN  # a longer file is asked about by its definition
_ROUND_TO_TOKENS = 100
_SMALLEST_USD = 0.001


class Estimate(NamedTuple):
    """The smallest question about a failure: the file that it shows, and tokens in and out."""

    path: str
    input_tokens: int
    output_tokens: int


def estimate(prepared: Prepared, workspace: Workspace, red: Sequence[CommandResult]) -> Estimate | None:
    """Return what the first question would be; None where no file may be written."""
    paths = [change.path for change in workspace.changes if change.after is not None]
    with BaseTree(workspace.git, prepared.base) as tree:
        scope = scope_of(prepared.plan, prepared.settings, tree)
    failures = failure_excerpt(red)
    texts = {path: text for path in paths if not scope.refusal(path) and (text := _text(workspace, path)) is not None}
    besides = estimate_tokens(failures) + _RULES_TOKENS
    if asked_first := suspects(texts, failures, texts_before(prepared.plan.changes))[:1]:
        [files] = asked_first
        shown = sum(estimate_tokens(file.excerpt) for file in files)
        answer = sum(estimate_tokens(file.asked_text) for file in files)
        return Estimate(files[0].path, shown + besides, answer + _WORDS_TOKENS)
    path = next(iter(likely_files(texts, failures)), "")
    if not path:
        return None
    file_tokens = min(estimate_tokens(texts[path]), _MOST_FILE_TOKENS)
    return Estimate(path, file_tokens + besides, file_tokens + _WORDS_TOKENS)


def _text(workspace: Workspace, path: str) -> str | None:
    state = workspace.stored(path)
    if state is None or unreadable(state.content):
        return None
    return state.content.decode("utf-8", "replace").replace("\r\n", "\n")  # as `texts_before` has them


def next_step(source: str, question: Estimate | None) -> str:
    """Return what to do after a red run without a model, in words; `source` is the spec's path."""
    if question is None:
        return ""
    tokens = -(-(question.input_tokens + question.output_tokens) // _ROUND_TO_TOKENS) * _ROUND_TO_TOKENS
    usd = cost_usd(EXAMPLE_MODEL, question)
    price = "" if usd is None else f", {_dollars(usd)}"
    return (
        f"Correct the spec and run it again, or let a model repair it: `mtor run {source} --model {EXAMPLE_MODEL}` "
        f"would first ask about {question.path} (about {tokens:,} tokens{price})."
    )


def cost_usd(model: str, question: Estimate) -> float | None:
    """Return US dollars at the price that litellm lists, None where it is not installed or does not list the model."""
    import json

    path = _price_list()
    try:
        prices = json.loads(path.read_text(encoding="utf-8"))[model] if path else {}
        return float(
            question.input_tokens * prices["input_cost_per_token"]
            + question.output_tokens * prices["output_cost_per_token"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _price_list() -> Path | None:
    """Return the list in litellm's folder, found without importing litellm."""
    from importlib.util import find_spec
    from pathlib import Path

    try:
        package = find_spec("litellm")
    except (ImportError, ValueError):
        return None
    folders = package.submodule_search_locations if package else None
    return Path(folders[0]) / PRICE_LIST if folders else None


def _dollars(usd: float) -> str:
    return f"under ${_SMALLEST_USD}" if usd < _SMALLEST_USD else f"about ${usd:.3f}"
