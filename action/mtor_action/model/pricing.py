"""The cost of a reply, by the price list that litellm ships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtor_action.model.loading import litellm_module

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.untyped import JsonObject


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars; 0.0 where the price is not `known`."""

    usd: float
    known: bool


def price_of_reply(model: str, response: Any) -> Price:
    """Price a litellm response with usage: what the provider says it charged, else by the list."""
    charged = getattr(getattr(response, "usage", None), "cost", None)
    if isinstance(charged, int | float) and charged > 0:
        return Price(float(charged), known=True)
    if not is_listed(model):
        return Price(0.0, known=False)
    return _priced(lambda: litellm_module().completion_cost(completion_response=response, model=model))


def price_of_tokens(model: str, input_tokens: int, output_tokens: int) -> Price:
    """Price so many tokens by the list, without discounts for cached ones."""
    if not is_listed(model):
        return Price(0.0, known=False)

    def both() -> float:
        counts = {"prompt_tokens": input_tokens, "completion_tokens": output_tokens}
        return float(sum(litellm_module().cost_per_token(model=model, **counts)))

    return _priced(both)


def is_listed(model: str) -> bool:
    """Return whether the price list has this litellm name."""
    return bool(entry(model))


def entry(model: str) -> JsonObject:
    """Look a model up, with or without its provider before the slash; empty if it is not listed."""
    listed = litellm_module().model_cost
    row = listed.get(model) or listed.get(model.partition("/")[2]) or {}
    return dict(row)


def _priced(compute: Callable[[], float]) -> Price:
    try:
        return Price(float(compute()), known=True)
    except Exception:  # noqa: BLE001 - litellm raises a bare Exception for a model it cannot price
        return Price(0.0, known=False)
