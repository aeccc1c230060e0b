from __future__ import annotations

import pytest

from github.scripted_api import Reply, ScriptedApi
from mtor_action.github.actions.twin_runs import earlier_twin
from mtor_action.github.client import connect

NAME = "mtor #12 J-1.1"


DIGEST = "0123456789ab"
QUEUED = f"mtor #12 {DIGEST}-89abcdef.1"
EVENT_RUNS = f"mtor #12 i12-{DIGEST}-1.1"


def run(
    number: int, title: str = NAME, event: str = "workflow_dispatch", status: str = "in_progress"
) -> dict[str, object]:
    return {"id": number, "display_title": title, "event": event, "workflow_id": 5, "status": status}


@pytest.mark.parametrize(
    ("listed", "twin"),
    [
        ([run(100)], None),
        ([run(101), run(100)], None),
        ([run(100), run(90), run(80)], 80),
        ([run(100), run(90, "mtor #12 J-1.2"), run(80, NAME.lower()), run(70, f"{NAME}1")], None),
        ([run(100), run(90, event="pull_request"), run(80, event="push")], None),
        ([run(100), {"display_title": NAME, "event": "workflow_dispatch"}, {"id": 90}, {}], None),
    ],
)
def test_only_a_dispatched_run_of_the_same_name_with_a_lower_id_is_a_twin(
    listed: list[dict[str, object]], twin: int | None
) -> None:
    runs = Reply(200, {"total_count": len(listed), "workflow_runs": listed})
    with ScriptedApi(runs) as api:
        assert earlier_twin(connect("t", "o/r", api_url=api.url), 100, "mtor.yml") == twin
    assert api.calls == ["GET /repos/o/r/actions/workflows/mtor.yml/runs?per_page=100&event=workflow_dispatch&page=1"]


@pytest.mark.parametrize("first", [Reply(200, {"workflow_runs": [run(101), run(90)]}), Reply(404, {})])
def test_a_run_that_is_not_listed_under_the_file_is_looked_for_by_its_workflow(first: Reply) -> None:
    runs = Reply(200, {"workflow_runs": [run(101), run(80)]})
    with ScriptedApi(first, Reply(200, run(100)), runs) as api:
        assert earlier_twin(connect("t", "o/r", api_url=api.url), 100, "my file.yml") == 80
    assert [call.partition("?")[0] for call in api.calls] == [
        "GET /repos/o/r/actions/workflows/my%20file.yml/runs",
        "GET /repos/o/r/actions/runs/100",
        "GET /repos/o/r/actions/workflows/5/runs",
    ]


def test_a_twin_may_be_on_a_later_page() -> None:
    more = {"Link": '<http://x.test>; rel="next"'}
    pages = [Reply(200, {"workflow_runs": [run(100)]}, more), Reply(200, {"workflow_runs": [run(90)]})]
    with ScriptedApi(*pages) as api:
        assert earlier_twin(connect("t", "o/r", api_url=api.url), 100, "mtor.yml") == 90


def test_a_run_without_a_name_has_no_twin() -> None:
    with ScriptedApi(Reply(200, {"workflow_runs": [{"id": 100, "display_title": None}]})) as api:
        assert earlier_twin(connect("t", "o/r", api_url=api.url), 100, "mtor.yml") is None


@pytest.mark.parametrize(
    ("name", "other", "is_twin"),
    [
        (QUEUED, run(90, EVENT_RUNS), True),
        (EVENT_RUNS, run(90, QUEUED), True),
        (QUEUED, run(90, EVENT_RUNS, status="queued"), True),
        (QUEUED, run(90, EVENT_RUNS, status="completed"), False),
        (QUEUED, run(110, EVENT_RUNS), False),
        (QUEUED, run(90, EVENT_RUNS, event="pull_request"), False),
        (QUEUED, run(90, EVENT_RUNS.replace("#12", "#13")), False),
        (QUEUED, run(90, EVENT_RUNS.replace(DIGEST, DIGEST[::-1])), False),
        # Of one way: a run that hangs may not keep the next from its work.
        (QUEUED, run(90, QUEUED.replace("-89abcdef", "-00000000")), False),
        (EVENT_RUNS, run(90, EVENT_RUNS.replace("-1.1", "-2.1")), False),
        ("mtor #12", run(90, EVENT_RUNS), False),
    ],
)
def test_a_live_run_of_the_other_way_for_the_same_spec_is_a_twin(
    name: str, other: dict[str, object], *, is_twin: bool
) -> None:
    runs = Reply(200, {"total_count": 2, "workflow_runs": [run(100, name), other]})
    with ScriptedApi(runs) as api:
        assert earlier_twin(connect("t", "o/r", api_url=api.url), 100, "mtor.yml") == (90 if is_twin else None)
