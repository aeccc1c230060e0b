from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.model.provider_failures import ModelError, ModelFailure, ModelFailureKind
from mtor_action.model.provider_retrying import decide
from mtor_action.retrying import GiveUp, RetryDecision
from mtor_action.waiting import retry_after_seconds
from standins.model import fault, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.conftest import Scene

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT
LIMITED = ModelFailure(ModelFailureKind.RATE_LIMITED, 429)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("Sun, 99 Nov 1994 08:50:07 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_waits_grow_and_tries_are_counted() -> None:
    waits = [decide(LIMITED, tries=tries, remaining_seconds=1e6) for tries in (1, 2, 3)]
    assert waits == [RetryDecision(2.0), RetryDecision(8.0), RetryDecision(32.0)]
    assert decide(LIMITED, tries=4, remaining_seconds=1e6) == GiveUp("gave up after 4 tries")


@pytest.mark.parametrize("kind", [ModelFailureKind.NO_CREDIT, ModelFailureKind.NO_TOOLS, ModelFailureKind.UNEXPECTED])
def test_what_is_not_known_to_pass_is_not_tried_again(kind: ModelFailureKind) -> None:
    assert decide(ModelFailure(kind), tries=1, remaining_seconds=1e6) == GiveUp()


def test_a_reply_that_failed_on_its_form_is_asked_for_again_at_once() -> None:
    malformed = ModelFailure(ModelFailureKind.MALFORMED_CALL, 400)
    assert decide(malformed, tries=1, remaining_seconds=1e6) == RetryDecision(0.0)
    assert decide(malformed, tries=3, remaining_seconds=1e6) == GiveUp("gave up after 3 tries")


@pytest.mark.parametrize(("header", "waited"), [("7", 7.0), ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0)])
@pytest.mark.parametrize("model", ["openai/scripted", "zai/glm-5.1", "deepseek/deepseek-chat"])
def test_the_servers_wish_is_respected(play: Callable[..., Scene], header: str, waited: float, model: str) -> None:
    scene = play(fault(429, retry_after=header), say("done"), model=model)
    assert scene.ask().text == "done"
    assert scene.time.waits == [waited]


@pytest.mark.parametrize("header", ["600", "1e999"])
def test_a_wish_beyond_what_the_run_has_left_ends_it_at_once(play: Callable[..., Scene], header: str) -> None:
    scene = play(fault(429, retry_after=header), say("never reached"))
    with pytest.raises(ModelError, match="the run has 100 s left") as caught:
        scene.ask(remaining_seconds=100)
    assert (scene.requests_seen, scene.time.waits, caught.value.retryable) == (1, [], True)


def test_without_time_left_no_request_is_made(play: Callable[..., Scene]) -> None:
    scene = play(say("never reached"))
    with pytest.raises(ModelError, match="no time left") as caught:
        scene.ask(remaining_seconds=0)
    assert (scene.requests_seen, caught.value.requests) == (0, 0)
