"""GitHub's published example payloads through the way without a server: no crash, only the right ones act."""

from __future__ import annotations

from collections import Counter

import pytest

from mtor_action.github.answers import Answer
from mtor_action.github.pins import pin_issue
from mtor_action.serverless.happening import CommandWritten, LabelSet, WorkUnwanted, read_happening
from published_payloads import examples


def test_none_of_the_published_examples_is_ours_as_it_is() -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for name, example in examples():
        happening = read_happening(name, Answer(example), "mtor")
        if happening is not None:
            kinds[name, type(happening).__name__] += 1
    assert not kinds


def test_with_our_words_in_them_they_are_heard() -> None:
    kinds: Counter[type] = Counter()
    for name, example in examples():
        if name == "issues" and example.get("action") in ("labeled", "unlabeled"):
            word = "MTOR" if example["action"] == "labeled" else "mtor:queued"
            kinds[type(read_happening(name, Answer({**example, "label": {"name": word}}), "mtor"))] += 1
        if name == "issue_comment" and example.get("action") == "created":
            changed = {**example, "comment": {**example["comment"], "body": "/mtor run\r\n"}}
            kinds[type(read_happening(name, Answer(changed), "mtor"))] += 1
    assert set(kinds) == {LabelSet, WorkUnwanted, CommandWritten}


@pytest.mark.parametrize("value", [None, [], {}, "text", 7, {"action": "labeled"}, {"action": ["created"]}])
def test_a_payload_of_any_form_is_nothing_and_raises_nothing(value: object) -> None:
    for name in ("issues", "issue_comment", "pull_request", ""):
        assert read_happening(name, Answer(value), "mtor") is None


def test_the_text_is_pinned_as_the_event_brought_it() -> None:
    issue = {"number": 3, "title": "T", "body": "a\r\nb"}
    payload = {"action": "labeled", "label": {"name": "mtor"}, "issue": issue, "sender": None}
    happening = read_happening("issues", Answer(payload), "mtor")
    assert isinstance(happening, LabelSet)
    assert happening.carried == pin_issue(3, "T", "a\nb")
    assert happening.sender.id == 0
