"""What a day of comments costs in runner minutes: GitHub bills each job that ran, rounded up, and no skipped one."""

from __future__ import annotations

import re
from pathlib import Path

from serverless.desk import open_desk

PAGE = Path(__file__).parents[2] / "docs/github.md"
SENTENCE = r"On a day with (\d+) comments, (\d+) of which begin with `/mtor`, those (\d+) each take a runner"
CHATTER, QUESTIONS, OUTSIDERS = 88, 8, 4


def test_of_a_hundred_comments_only_those_that_begin_with_mtor_take_a_runner(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        issue = desk.repository.issue("A plan", "Prose.", by="ada")
        for number in range(CHATTER):
            issue.comment(f"I think `/mtor run` could do this, {number}.", by="ada" if number % 2 else "mallory")
        for _ in range(QUESTIONS):
            issue.comment("/mtor status", by="ada")
        for _ in range(OUTSIDERS):
            issue.comment("/mtor run", by="mallory")
        desk.hear()
        assert desk.jobs_run == ["event"] * (QUESTIONS + OUTSIDERS)
        assert desk.jobs == []


def test_the_page_says_what_was_counted() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())  # wherever its lines end
    (row,) = re.findall(SENTENCE, text)
    begun = QUESTIONS + OUTSIDERS
    assert [int(number) for number in row] == [CHATTER + begun, begun, begun]
