from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from github_scene import Scene

R = "/repos/acme/widget"
COMMENTS = f"{R}/issues/1/comments"


@pytest.mark.parametrize(("after_effect", "written"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("manner", ["status", "reset", "timeout"])
def test_a_request_fails_before_or_after_its_effect(
    scene: Scene, manner: str, after_effect: bool, written: int
) -> None:
    issue, bot, faults = scene.repository.issue("one"), scene.bot(), scene.github.faults
    pattern = "POST /repos/*/comments"
    if manner == "status":
        faults.add(pattern, 502, after_effect=after_effect)
        assert bot.call(f"POST {COMMENTS}", {"body": "x"}).status_code == 502
    else:
        (faults.reset if manner == "reset" else faults.timeout)(pattern, after_effect=after_effect)
        with pytest.raises(httpx.HTTPError):
            bot.call(f"POST {COMMENTS}", {"body": "x"})
    assert len(issue.comments) == written
    assert bot.call(f"POST {COMMENTS}", {"body": "x"}).status_code == 201
    assert [each.status for each in scene.github.said("POST", "*/comments")] == [502 if manner == "status" else 0, 201]


def test_an_answer_that_does_not_come_keeps_its_caller_waiting(scene: Scene) -> None:
    scene.github.faults.timeout("GET *", seconds=1000)
    with pytest.raises(httpx.ReadTimeout):
        scene.bot().call(f"GET {R}", timeout=0.2)


def test_a_fault_counts_and_can_wait_its_turn(scene: Scene) -> None:
    scene.github.faults.add("GET */labels", 500, times=2, skip=1)
    bot = scene.bot()
    assert [bot.call(f"GET {R}/labels").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_rate_limits_say_when_to_come_back(scene: Scene) -> None:
    bot, faults = scene.bot(), scene.github.faults
    faults.rate_limit(seconds=6000)
    primary = bot.call(f"GET {R}")
    assert (primary.status_code, primary.headers["x-ratelimit-remaining"]) == (403, "0")
    assert int(primary.headers["x-ratelimit-reset"]) > time.time()
    faults.secondary_limit(retry_after=3, status=429)
    secondary = bot.call(f"GET {R}")
    assert (secondary.status_code, secondary.headers["retry-after"]) == (429, "3")
    faults.secondary_limit(retry_after=None)
    assert "retry-after" not in bot.call(f"GET {R}").headers
    assert int(bot.call(f"GET {R}").headers["x-ratelimit-remaining"]) > 0


def test_the_whole_server_is_down_for_an_hour(scene: Scene) -> None:
    bot = scene.bot()
    scene.github.faults.down(3600)
    with pytest.raises(httpx.HTTPError):
        bot.call(f"GET {R}")
    scene.github.clock.advance(36.1)
    assert bot.call(f"GET {R}").status_code == 200


def test_a_seed_decides_what_fails(scene: Scene) -> None:
    def night(seed: int) -> list[int]:
        scene.github.faults.schedule(seed, 0.5, "GET *")
        statuses = []
        for _ in range(20):
            try:
                statuses.append(bot.call(f"GET {R}").status_code)
            except httpx.HTTPError:
                statuses.append(0)
        scene.github.faults.clear()
        return statuses

    bot = scene.bot()
    first = night(1)
    assert first == night(1) != night(2)
    assert 200 in first
    assert {0, 403, 500, 502, 503} & set(first)
