from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest

from github_scene import as_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from github_scene import Scene


R = "/repos/acme/widget"


class Received(NamedTuple):
    headers: dict[str, str]
    raw: bytes

    @property
    def line(self) -> str:
        content = json.loads(self.raw)
        return f"{self.headers['x-github-event']} {content.get('action', '-')} by {content['sender']['login']}"


class Receiver:
    """Answers every webhook with `status`."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.status = 202
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(Received({name.lower(): value for name, value in self.headers.items()}, raw))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.got]


@pytest.fixture
def receiver(scene: Scene) -> Iterator[Receiver]:
    with Receiver() as made:
        scene.github.webhook(f"http://127.0.0.1:{made.http.server_port}/webhook", "a secret")
        yield made


def test_every_change_is_told_and_signed(scene: Scene, receiver: Receiver) -> None:
    scene.github.app.install(scene.repository)
    issue = scene.repository.issue("one", by="alice")
    issue.label("mtor", by="tim")
    comment = issue.comment("/mtor run", by="alice")
    comment.edit("/mtor help", by="alice")
    issue.close(by="mia")
    scene.repository.commit({"b.py": ""}, branch="x")
    pull = scene.repository.pull_request("x", by="mtor[bot]").issue.pull
    assert pull is not None
    pull.review("no", "CHANGES_REQUESTED", by="alice")
    pull.remark("why?", "b.py", by="alice")
    scene.github.settle()
    assert receiver.lines == [
        "installation created by acme",
        "issues opened by alice",
        "issues labeled by tim",
        "issue_comment created by alice",
        "issue_comment edited by alice",
        "issues closed by mia",
        "pull_request opened by mtor[bot]",
        "pull_request_review submitted by alice",
        "pull_request_review_comment created by alice",
    ]
    for headers, raw in receiver.got:
        expected = hmac.new(b"a secret", raw, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert len({each.headers["x-github-delivery"] for each in receiver.got}) == len(receiver.got)


def test_every_kind_of_event_is_what_github_describes(scene: Scene, receiver: Receiver) -> None:
    """The sandbox raises for a payload that is not."""
    app, repository, other = scene.github.app, scene.repository, scene.github.repository("acme/other")
    app.events = (*app.events, "push", "create", "delete", "check_run", "workflow_job")
    installation = app.install(repository)
    app.add(installation, other)
    app.remove(installation, other)
    app.suspend(installation)
    app.suspend(installation, undo=True)
    issue = repository.issue("one")
    comment = issue.comment("two")
    comment.delete()
    repository.commit({"b.py": "", ".github/workflows/ci.yml": "on: pull_request\n"}, branch="x")
    pull = repository.pull_request("x")
    for each in (issue, pull.issue):
        each.label("mtor")
        each.unlabel("mtor")
        each.assign(["alice"])
        each.unassign(["alice"])
        each.edit(title="new", body="new")
        each.close()
        each.reopen()
    repository.commit({"c.py": ""}, branch="x")
    run = next(iter(repository.runs.values()))
    run.job("ci", "success")
    run.finish()
    issue.transfer(other)
    repository.issue("gone").delete()
    pull.merge()
    scene.bot().call(f"DELETE {R}/git/refs/heads/x")
    scene.bot().call(f"POST {R}/check-runs", {"name": "c", "head_sha": repository.head()})
    repository.rename_default_branch("trunk")
    repository.archive()
    repository.rename("acme/gadget")
    repository.delete()
    app.uninstall(installation)
    scene.github.settle()
    assert {each.headers["x-github-event"] for each in receiver.got} >= {*app.events} - {
        "pull_request_review",
        "pull_request_review_comment",
    }
    assert {each.status for each in scene.github.hooks.deliveries} == {202}


def test_without_an_installation_nothing_is_told(scene: Scene, receiver: Receiver) -> None:
    installation = scene.github.app.install(scene.repository)
    scene.github.app.uninstall(installation)
    scene.repository.issue("one")
    scene.github.settle()
    assert receiver.lines == ["installation created by acme", "installation deleted by acme"]


def test_a_failed_delivery_is_not_retried_but_listed_and_sent_again_on_request(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.status = 503
    scene.github.app.install(scene.repository)
    scene.repository.issue("one")
    scene.github.settle()
    assert len(receiver.got) == 2
    app = as_app(scene)
    first = app.call("GET /app/hook/deliveries?per_page=1")
    (delivery,) = first.json()
    assert (delivery["event"], delivery["status_code"], delivery["redelivery"]) == ("issues", 503, False)
    (older,) = app.http.get(first.links["next"]["url"]).json()
    assert older["event"] == "installation"
    receiver.status = 202
    assert app.call(f"POST /app/hook/deliveries/{delivery['id']}/attempts").status_code == 202
    scene.github.settle()
    assert receiver.got[2].headers["x-github-delivery"] == delivery["guid"]
    assert receiver.got[2].raw == receiver.got[1].raw
    again = app.call("GET /app/hook/deliveries").json()[0]
    assert (again["guid"], again["redelivery"], again["status_code"]) == (delivery["guid"], True, 202)


def drop(scene: Scene) -> None:
    scene.github.faults.dropped.append("issues")


def duplicate(scene: Scene) -> None:
    scene.github.faults.duplicated["issues"] = 2


def delay(scene: Scene) -> None:
    scene.github.faults.late_seconds["issues"] = 30


def reorder(scene: Scene) -> None:
    scene.github.faults.hold()


ISSUE, COMMENT = "issues opened by alice", "issue_comment created by alice"


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        (drop, [COMMENT]),
        (duplicate, [ISSUE, ISSUE, COMMENT]),
        (delay, [COMMENT, ISSUE]),
        (reorder, [COMMENT, ISSUE]),
    ],
)
def test_webhooks_are_lost_doubled_late_and_reordered(
    scene: Scene, receiver: Receiver, fault: Callable[[Scene], None], lines: list[str]
) -> None:
    scene.github.app.install(scene.repository)
    fault(scene)
    scene.repository.issue("one").comment("two")
    scene.github.faults.release()
    scene.github.settle()
    assert receiver.lines[1:] == lines
    if fault is drop:
        lost = as_app(scene).call("GET /app/hook/deliveries?status=failure").json()
        assert [each["event"] for each in lost] == ["issues"]
