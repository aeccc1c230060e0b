"""Commands in reviews and in remarks of reviews: answered as in a comment, on anybody's pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import Trigger

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.pulls import Pull
    from standins.github.reviews import Review, ReviewComment

WAYS = ["review", "approval", "remark"]


def opened(ears: Hearing, branch: str = "change", by: str = "alice") -> Pull:
    ears.here.repository.commit({"b.py": "1\n"}, "b", branch=branch, by="alice")
    return ears.here.repository.pull_request(branch, "Change", SPEC, by=by)


def write(pull: Pull, way: str, text: str, by: str = "alice") -> Review | ReviewComment:
    if way == "remark":
        return pull.remark(text, "b.py", 1, by=by)
    return pull.review(text, "APPROVED" if way == "approval" else "COMMENTED", by=by)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/mtor status", "has had no job here"),
        ("/mtor check", "src/hello.py"),
        ("/mtor help", "/mtor retry"),
        ("/mtor rnu", "has no command"),
        ("/mtor cancel", "Nothing waits"),
        ("/mtor ci", "No run of"),
        ("/mtor coach", "without a note"),
        (f"/mtor run\n{SPEC}", "a comment of the conversation"),
        (f"/mtor check\n{SPEC}", "a comment of the conversation"),
        (f"/mtor spec\n{SPEC}", "a comment of the conversation"),
    ],
)
def test_a_command_in_a_review_is_answered_once(tmp_path: Path, way: str, text: str, words: str) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        written = write(pull, way, text)
        ears.act(times=2)
        (answer,) = said(pull.issue)
        assert words in answer
        assert job_rows.jobs(ears.here.bot.engine) == []
        if way == "remark":
            assert written.reactions.contents  # type: ignore[union-attr]  # a remark has them


@pytest.mark.parametrize("way", WAYS)
def test_run_in_a_review_starts_one_job_for_the_branch_that_cancel_in_another_ends(tmp_path: Path, way: str) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears)
        written = write(pull, way, "/mtor run")
        ears.act(times=2)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        kind = "review-comment" if way == "remark" else "review"
        assert (job.trigger, job.target_branch) == (Trigger(kind, written.id), "change")
        write(pull, way, "/mtor cancel")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine)[0].cancelled_by == "alice"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("by", ["stranger", "renovate[bot]", "mtor[bot]"])
def test_nobody_elses_review_does_anything(tmp_path: Path, way: str, by: str) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears, "mtor/1-b", "mtor[bot]")
        write(pull, way, "/mtor run", by=by)
        write(pull, way, "/mtor coach Trust me.", by=by)
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert said(pull.issue) == []
        assert ears.here.repository.read("coaching.yml", "mtor-coaching") is None


def test_a_note_in_a_remark_is_about_its_file(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears, "mtor/1-b", "mtor[bot]")
        write(pull, "remark", "/mtor coach Always use slots.")
        ears.act(times=2)
        text = ears.here.repository.read("coaching.yml", "mtor-coaching") or ""
        assert (text.count("Always use slots."), text.count("state: active"), "b.py" in text) == (1, 1, True)
        assert "Noted as" in said(pull.issue)[0]


def test_a_command_in_a_review_teaches_nothing(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = opened(ears, "mtor/1-b", "mtor[bot]")
        write(pull, "review", "/mtor status\n\nUse a dataclass here.")
        ears.act()
        assert ears.here.repository.read("coaching.yml", "mtor-coaching") is None
