from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.model.pricing import price_of_tokens
from standins.model import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.conftest import Scene

USAGE = {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000, "total_tokens": 2_000_000}


def test_a_listed_model_is_priced_by_what_the_server_counted(play: Callable[..., Scene]) -> None:
    reply = play(say("ok", usage=USAGE), model="openai/gpt-4o").ask()
    assert reply.usd == pytest.approx(2.5 + 10)
    assert reply.price_known


def test_a_cheap_model_costs_what_its_list_says(play: Callable[..., Scene]) -> None:
    reply = play(say("ok"), model="zai/glm-5.1").ask()
    assert reply.usd == pytest.approx(price_of_tokens("zai/glm-5.1", 100, 20).usd)
    assert reply.usd > 0


def test_an_unlisted_model_costs_nothing_and_says_so(play: Callable[..., Scene]) -> None:
    reply = play(say("ok")).ask()
    assert (reply.usd, reply.price_known, reply.usage_estimated) == (0.0, False, False)


def test_estimated_usage_is_priced_too(play: Callable[..., Scene]) -> None:
    reply = play(say("ok", usage=None), model="openai/gpt-4o").ask()
    assert reply.usage_estimated
    assert reply.usd > 0


def test_what_the_provider_says_it_charged_wins(play: Callable[..., Scene]) -> None:
    charged = USAGE | {"cost": 0.125}
    assert play(say("ok", usage=charged), model="openai/gpt-4o").ask().usd == 0.125


def test_cached_input_is_cheaper(play: Callable[..., Scene]) -> None:
    cached = USAGE | {"prompt_tokens_details": {"cached_tokens": 1_000_000}}
    assert play(say("ok", usage=cached), model="openai/gpt-4o").ask().usd == pytest.approx(1.25 + 10)
