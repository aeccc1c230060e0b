"""`mtor-bot jobs` and `mtor-bot doctor` as a person runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.queued import a_queue, a_request
from bot.serving import SECRET, a_place, environment, serving
from bot.serving import ended as run
from mtor_action.report.report import Outcome
from mtor_bot.behaviours.table import SUBSCRIPTIONS
from mtor_bot.github_app.app_needs import PERMISSIONS
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.job_record import JobResult, TextAuthor

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

NOW = 1_800_000_000.0


@pytest.fixture
def queue(database_url: str) -> tuple[dict[str, str], list[str]]:
    """A finished job, one that starts, one that waits for it; their ids."""
    with a_queue(database_url, max_jobs_per_repository=1) as bot:
        asked = [a_request(number=number, title=f"Title {number} \x1b[31m") for number in (1, 2, 3)]
        ids = [job_rows.request(bot.engine, each, NOW).job.id for each in asked]
        result = JobResult(Outcome.FAILING, "2 tests are red.", "Correct the spec.", 9)
        job_rows.finish(bot.engine, ids[0], result, NOW + 5)
        admit(bot)
    return {"PATH": "/usr/bin:/bin", "MTOR_BOT_DATABASE_URL": database_url}, ids


def test_jobs_are_listed_with_what_they_wait_for_or_came_to(queue: tuple[dict[str, str], list[str]]) -> None:
    variables, ids = queue
    ended = run(variables, "jobs")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        f"{ids[0]}  finished    2027-01-15 08:00:00Z  acme/widget#1  Title 1",
        f"{'':<18}failing, pull request #9: 2 tests are red.",
        f"{ids[1]}  starting    2027-01-15 08:00:00Z  acme/widget#2  Title 2",
        f"{ids[2]}  waiting     2027-01-15 08:00:00Z  acme/widget#3  Title 3",
        f"{'':<18}The limit of 1 jobs at a time in this repository is reached.",
        "3 shown; in all: 1 waiting, 1 starting, 1 finished",
    ]


def test_jobs_are_chosen_by_state_and_repository_and_given_as_json(queue: tuple[dict[str, str], list[str]]) -> None:
    variables, ids = queue

    def chosen(*arguments: str) -> list[str]:
        return [job["id"] for job in json.loads(run(variables, "jobs", "--json", *arguments).stdout)["jobs"]]

    assert chosen() == ids
    assert chosen("--state", "waiting", "--state", "finished") == [ids[0], ids[2]]
    assert chosen("--repository", "Acme/Widget", "--most", "1") == [ids[2]]
    assert chosen("--repository", "acme/other") == []


def test_one_job_is_shown_with_its_history(queue: tuple[dict[str, str], list[str]]) -> None:
    variables, ids = queue
    ended = run(variables, "jobs", ids[0])
    assert ended.returncode == 0
    for words in ("asked for by alice", "Correct the spec.", "failing: 2 tests are red."):
        assert words in ended.stdout
    said = json.loads(run(variables, "jobs", ids[0], "--json").stdout)
    assert (said["outcome"], [change["state"] for change in said["history"]]) == ("failing", ["waiting", "finished"])


def test_a_job_is_given_as_json_with_who_wrote_its_text(database_url: str) -> None:
    with a_queue(database_url) as bot:
        asked = a_request(authors=(TextAuthor(10, "alice", writes=True),))
        job_id = job_rows.request(bot.engine, asked, NOW).job.id
    ended = run({"PATH": "/usr/bin:/bin", "MTOR_BOT_DATABASE_URL": database_url}, "jobs", job_id, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["authors"] == [{"id": 10, "login": "alice", "writes": True}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("jobs", "none"), "there is no job 'none'"),
        (("jobs", "--state", "lost"), "invalid choice"),
        (("nothing",), "invalid choice"),
        ((), "required"),
        (("serve",), "MTOR_BOT_APP_ID is not set"),
        (("doctor",), "MTOR_BOT_APP_ID is not set"),
    ],
    ids=repr,
)
def test_a_wrong_command_line_is_64(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    ended = run({"PATH": "/usr/bin", "MTOR_BOT_DATABASE_URL": f"sqlite:///{tmp_path / 'a'}"}, *arguments)
    assert (ended.returncode, ended.stdout, words in ended.stderr) == (64, "", True)
    assert ended.stderr.startswith("mtor-bot: ")


def test_a_database_that_cannot_be_used_is_reported_without_its_password() -> None:
    ended = run({"PATH": "/usr/bin", "MTOR_BOT_DATABASE_URL": "postgresql://u:hunter22@127.0.0.1:9/x"}, "jobs")
    assert (ended.returncode, "hunter22" in ended.stderr) == (3, False)
    assert "MTOR_BOT_DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


def verdicts(ended: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in json.loads(ended.stdout)["findings"]}


def test_doctor_finds_nothing_wrong_where_all_is_well(tmp_path: Path) -> None:
    with a_place(tmp_path) as place:
        url = f"sqlite:///{tmp_path / 'mtor.sqlite'}"
        with serving(environment(place.github, url)) as server:
            address = f"http://127.0.0.1:{server.port}"
            variables = environment(place.github, url, public_url=address)
            place.github.webhook(f"{address}/webhook", SECRET)
            ended = run(variables, "doctor", "--json")
            shown = run(variables, "doctor")
    assert (ended.returncode, shown.returncode, set(verdicts(ended).values())) == (0, 0, {"fine"}), ended.stdout
    assert "no problems" in shown.stdout


def test_doctor_names_what_is_wrong_and_the_next_step(tmp_path: Path) -> None:
    with a_place(tmp_path) as place:
        place.github.app.events = ("issues",)
        place.github.webhook("http://127.0.0.1:9/elsewhere", SECRET)
        url = f"sqlite:///{tmp_path / 'mtor.sqlite'}"
        variables = environment(place.github, url, webhook_secret="s" * 16, public_url="http://127.0.0.1:9", typo="1")
        ended = run(variables, "doctor", "--json")
        stranger = run({**variables, "MTOR_BOT_APP_ID": "1"}, "doctor", "--json")
    said = verdicts(ended)
    wrong = {name for name, verdict in said.items() if verdict == "wrong"}
    assert (ended.returncode, wrong) == (1, {"secret", "events", "webhook"}), ended.stdout
    assert {name for name, verdict in said.items() if verdict == "unknown"} == {"unknown", "this server"}
    assert all(each["next_step"] for each in json.loads(ended.stdout)["findings"] if each["verdict"] != "fine")
    assert verdicts(stranger)["App"] == "wrong"


def test_the_documentation_has_every_permission_and_event() -> None:
    from bot.bots import ROOT

    page = (ROOT / "docs/bot.md").read_text(encoding="utf-8")
    for name, level in PERMISSIONS.items():
        assert f"| {name}: {level} |" in page
    rows = "".join(line for line in page.splitlines() if line.startswith("| `"))
    for event in SUBSCRIPTIONS:
        assert f"`{event}`" in rows
