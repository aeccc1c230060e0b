"""On a runner, whose log anybody may read, `mtor publish` has every token masked that it is given or makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome
from publishing import staged

if TYPE_CHECKING:
    from pathlib import Path


def test_every_token_is_masked_that_a_request_was_made_with(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.hand_over(Outcome.CLEAN)
        app = stage.app()
        assert stage.publish(GITHUB_ACTIONS="true", **app) == 0
        shown = "\n".join(stage.record)
        masked = set(re.findall(r"^::add-mask::(.+)$", shown, re.MULTILINE))
        sent = {
            request.headers["authorization"].partition(" ")[2]
            for request in stage.github.requests
            if request.headers.get("authorization", "").startswith(("Bearer ", "token "))
        }
    assert len(sent) >= 2  # the App's JWT, and the token of its installation
    assert sent <= masked
    key = app["MTOR_APP_PRIVATE_KEY"].splitlines()
    assert {line for line in key if line and not line.startswith("-----")} <= masked
    assert not any("::add-mask::" in line for line in shown.partition("--- stdout")[2].partition("--- stderr")[0:1])


def test_elsewhere_nothing_is_printed_of_them(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.hand_over(Outcome.CLEAN)
        assert stage.publish(**stage.app()) == 0
        assert "add-mask" not in "\n".join(stage.record)
