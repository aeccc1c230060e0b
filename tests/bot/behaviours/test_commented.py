"""Commands in comments, from the webhook to what is done and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.hearing import SPEC, hearing, said
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobState

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "```python create=src/other.py\nprint(1)\n```\n\n```yaml mtor\ntest: python src/other.py\n```\n"


def test_a_comment_with_manifest_blocks_is_the_spec(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", "only talk", by="stranger")
        comment = issue.comment(f"/mtor run\n\n{OTHER}", by="alice")
        ears.act(times=2)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert [(pin.kind, pin.id) for pin in job.pins] == [("comment", comment.id)]
        assert comment.reactions.contents == ["eyes"]
        assert "src/other.py" in said(issue)[0]


QUOTED = "".join(f"> {line}\n" for line in OTHER.splitlines())
REPLIES = {
    "gmail": f"On Tue, 1 Dec 2026 at 07:12, Ada <ada@example.org> wrote:\n\n{QUOTED}>\n> Reply to this email\n",
    "quoted twice": QUOTED.replace("> ", "> > "),
    "outlook": f"-----Original Message-----\nFrom: Ada\n\n{OTHER}",
    "signature": f"-- \nAda\n\n{QUOTED}",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_reply_by_e_mail_runs_the_issue_and_not_what_it_quotes(tmp_path: Path, reply: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", SPEC, by="alice")
        issue.comment(f"/mtor run\n\n{reply}", by="alice")
        ears.act(times=2)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert [pin.kind for pin in job.pins] == ["issue"]


def test_a_reply_that_holds_a_spec_of_its_own_is_the_spec_and_its_quotes_are_an_error(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", SPEC, by="alice")
        issue.comment(f"/mtor run\n\n{OTHER}\n{QUOTED}", by="alice")
        ears.act(times=2)
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert "quoted-block" in said(issue)[0]


def test_a_comment_that_was_edited_before_it_was_read_does_not_run(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", "only talk", by="alice")
        comment = issue.comment(f"/mtor run\n\n{OTHER}", by="alice")
        comment.edit(f"/mtor run\n\n{SPEC}", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert comment.reactions.contents == ["confused"]


def test_on_a_pull_request_the_spec_is_for_its_branch(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.commit({"b.py": "1\n"}, "b", branch="change", by="alice")
        pull = ears.here.repository.pull_request("change", "Change", "words", by="alice")
        pull.issue.comment(f"/mtor run\n{OTHER}", by="alice")
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert (job.is_pull_request, job.target_branch, job.base_ref) == (True, "change", "main")


@pytest.mark.parametrize("ref", ["specs", "v1", "COMMIT"])
def test_a_file_at_a_branch_tag_or_commit_runs_as_it_is_there(tmp_path: Path, ref: str) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        commit = repository.commit({"docs/a@b.md": OTHER}, "spec", branch="specs", by="alice")
        repository.git.run("update-ref", "refs/tags/v1", commit)
        repository.commit({"docs/a@b.md": SPEC}, "later", branch="later", by="alice")
        issue = repository.issue("Talk", "only talk", by="alice")
        issue.comment(f"/mtor run docs/a@b.md@{commit if ref == 'COMMIT' else ref}", by="alice")
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert [(pin.kind, pin.path, pin.commit) for pin in job.pins] == [("file", "docs/a@b.md", commit)]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("docs/a.md@nowhere", "no branch or tag"),
        ("docs/missing.md@main", "no such file"),
        ("docs/a.txt@main", "not a Markdown file"),
        ("../a.md@main", "path"),
        ("please", "does not know"),
        (f"docs/a.md@{'0' * 40}", "in no branch"),
    ],
)
def test_a_file_that_cannot_be_run_is_reported_with_the_next_step(tmp_path: Path, argument: str, words: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", "only talk", by="alice")
        comment = issue.comment(f"/mtor run {argument}", by="alice")
        ears.act(times=2)
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert comment.reactions.contents == ["confused"]
        (answer,) = said(issue)
        assert words in answer.replace("\\", "")
        assert "What to do" in answer


def test_a_commit_that_only_a_fork_has_is_refused(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        fork = ears.here.github.repository("eve/widget", fork_of=repository)
        commit = fork.commit({"evil.md": OTHER}, "evil", branch="evil", by="eve")
        repository.pull_request("eve:evil", "Evil", "", by="eve")
        issue = repository.issue("Talk", "only talk", by="alice")
        issue.comment(f"/mtor run evil.md@{commit}", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []


def test_retry_runs_the_last_spec_again_even_that_of_a_comment(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Talk", "only talk", by="stranger")
        issue.comment(f"/mtor run\n\n{OTHER}", by="alice")
        ears.act()
        first = ears.end(job_rows.jobs(ears.here.bot.engine)[0])
        issue.comment("/mtor retry", by="alice")
        ears.act(times=2)
        jobs = job_rows.jobs(ears.here.bot.engine)
        assert [job.digest for job in jobs] == [first.digest] * 2


def test_cancel_ends_what_waits_and_closing_does_too(tmp_path: Path) -> None:
    with hearing(tmp_path, max_jobs=1) as ears:
        running = ears.here.repository.issue("One", SPEC, by="alice")
        waiting = ears.here.repository.issue("Two", SPEC, by="alice")
        closed = ears.here.repository.issue("Three", SPEC, by="alice")
        for issue in (running, waiting, closed):
            issue.label("mtor", by="alice")
            ears.act()
        assert "The limit of 1 jobs at a time" in said(waiting)[0]
        waiting.comment("/mtor cancel", by="alice")
        closed.close("alice")
        running.comment("/mtor cancel", by="stranger")
        ears.act()
        states = {job.number: (job.state, job.cancelled_by) for job in job_rows.jobs(ears.here.bot.engine)}
        assert states[waiting.number] == (JobState.FINISHED, "alice")
        assert states[closed.number] == (JobState.FINISHED, "alice")
        assert states[running.number] == (JobState.STARTING, "")


def test_taking_the_state_label_off_cancels(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        issue.unlabel("mtor:queued", by="alice")
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert job.cancelled_by == "alice"


def test_each_question_is_answered_in_a_new_comment_that_stays(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        before: list[str] = []
        for text, words in [
            ("/mtor status", "no job here"),
            ("/mtor check", "src/hello.py"),
            (f"/mtor check\n{OTHER}", "src/other.py"),
            ("/mtor check\n```python creat=x.py\n```", "creat"),
            ("/mtor help", "/mtor retry"),
            ("/mtor rnu @everybody", "has no command"),
            ("/mtor cancel", "Nothing waits"),
            ("/mtor run ../a.md@main", "What to do"),
            ("/mtor coach", "without a note"),
            ("/mtor ci", "pull requests that mtor opened"),
        ]:
            issue.comment(text, by="alice")
            ears.act(times=2)
            *earlier, answer = said(issue)
            assert earlier == before, text
            assert words in answer.replace("\\", ""), text
            before = said(issue)
        assert job_rows.jobs(ears.here.bot.engine) == []


def test_outsiders_get_a_reaction_at_most_and_not_many(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="stranger")
        comments = [issue.comment("/mtor run", by="stranger") for _ in range(30)]
        unknown = issue.comment("/mtor rnu", by="stranger")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert said(issue) == []
        reacted = [comment for comment in comments if comment.reactions.contents == ["confused"]]
        assert 0 < len(reacted) < len(comments)
        assert unknown.reactions.contents == []


def test_a_note_is_kept_on_the_coaching_branch_with_the_files_comments(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        issue = repository.issue("One", SPEC, by="alice")
        issue.comment("/mtor coach Use httpx.\nNever requests.", by="alice")
        ears.act(times=2)
        first = repository.read("coaching.yml", "mtor-coaching")
        repository.commit({"coaching.yml": f"# ours\n{first}"}, "a comment", branch="mtor-coaching", by="alice")
        issue.comment("/mtor coach Write short functions.", by="alice")
        issue.comment("/mtor coach Nobody asked for this.", by="stranger")
        ears.act(times=2)
        text = repository.read("coaching.yml", "mtor-coaching") or ""
        assert text.startswith("# ours\n")
        assert text.count("state: active") == 2
        assert text.count("Write short functions.") == 1
        assert "Nobody asked" not in text
