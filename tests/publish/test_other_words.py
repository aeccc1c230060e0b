"""What the publish job judges an issue by is REST's word, where GraphQL's would refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from other_words import OTHER_STATES, OTHER_WORDS, let_graphql_differ
from publishing import staged

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["another title", *OTHER_STATES])
def test_work_for_a_writers_issue_is_published_as_his(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path) as stage:
        let_graphql_differ(monkeypatch, (OTHER_WORDS | OTHER_STATES)[name])
        stage.hand_over()
        assert stage.publish(**stage.app()) == 0
        (pull,) = [issue for issue in stage.repository.issues.values() if issue.pull]
        assert "cannot write here" not in (pull.body or "")


def test_a_run_without_pins_is_compared_by_the_words_of_one_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path) as stage:
        let_graphql_differ(monkeypatch, OTHER_WORDS["another title"])
        stage.hand_over(job="")
        assert stage.publish(MTOR_JOB="", MTOR_SPEC="", MTOR_REQUESTER="") == 0
        assert [issue for issue in stage.repository.issues.values() if issue.pull]
