"""POST /token against GitHub's stand-in: one run gets a token once, whatever others claim."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bot.bots import until
from bot.serving import SECRET as WEBHOOK_SECRET
from bot.serving import Answer, Place, ServerProcess, a_place, environment, serving
from standins.github.oidc import claims, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github.runs import Run

SPEC = "```text create=hello.txt\nhello\n```\n\n```yaml mtor\ntest: []\n```\n"
AUDIENCE = "https://bot.example"


class Dispatched(NamedTuple):
    """A run of a job, whose work has succeeded and whose publish job is under way."""

    place: Place
    server: ServerProcess
    run: Run

    def ask(self, token: str, job: object = None) -> Answer:
        body = json.dumps({"job": self.run.inputs["job"] if job is None else job}).encode()
        return self.server.request("POST", "/token", body, {"Authorization": f"Bearer {token}"})

    def claims(self, **changes: Any) -> dict[str, Any]:
        return {**claims(self.run, AUDIENCE), **changes}


@pytest.fixture(scope="module")
def dispatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatched]:
    root, ended = tmp_path_factory.mktemp("token"), threading.Event()

    def works(run: Run) -> None:
        run.begin()
        run.job("work", "success")
        ended.wait(120)
        run.finish("cancelled")

    with a_place(root) as place, serving(environment(place.github, f"sqlite:///{root / 'mtor.sqlite'}")) as server:
        place.github.webhook(f"http://127.0.0.1:{server.port}/webhook", WEBHOOK_SECRET)
        place.github.play(works)
        place.repository.issue("Title", SPEC, by="alice").label("mtor", by="alice")
        until(lambda: any(run.jobs for run in place.repository.runs.values()), lambda: "".join(server.log))
        try:
            yield Dispatched(place, server, next(iter(place.repository.runs.values())))
        finally:
            ended.set()


def refusals(at: Dispatched) -> dict[str, tuple[str, Any, int, str]]:
    """Each forged request: the token, the job, the status, and the check that says no."""
    now, other = time.time(), generate_private_key(65537, 2048)
    changed = at.claims
    ref = "refs/heads/evil"
    workflow = f"acme/widget/.github/workflows/mtor.yml@{ref}"
    elsewhere = "acme/widget/.github/workflows/ci.yml@refs/heads/main"
    forged: dict[str, tuple[dict[str, Any], int, str]] = {
        "another server's audience": (changed(aud="https://other.example"), 401, "audience"),
        "several audiences": (changed(aud=[AUDIENCE, "https://other.example"]), 401, "audience"),
        "another issuer": (changed(iss="https://evil.example"), 401, "issuer"),
        "expired": (changed(exp=int(now) - 3600), 401, "expiry"),
        "not yet valid": (changed(nbf=int(now) + 3600), 401, "expiry"),
        "no jti": ({key: value for key, value in changed().items() if key != "jti"}, 401, "claims"),
        "empty jti": (changed(jti=""), 403, "claims"),
        "another repository": (changed(repository_id="999999"), 403, "run_id"),
        "another run": (changed(run_id="999999"), 403, "run_id"),
        "a run id that no database holds": (changed(run_id=str(2**70)), 403, "claims"),
        "a run id that is no number": (changed(run_id="1 or 1=1"), 403, "claims"),
        "a push": (changed(event_name="push"), 403, "event_name"),
        "another attempt": (changed(run_attempt="2"), 403, "run_attempt"),
        "another branch": (changed(ref=ref, workflow_ref=workflow, job_workflow_ref=workflow), 403, "ref"),
        "a workflow of another branch": (changed(workflow_ref=workflow), 403, "workflow_ref"),
        "another workflow file": (changed(workflow_ref=elsewhere), 403, "workflow_ref"),
        "a reusable workflow of somebody": (changed(job_workflow_ref=elsewhere), 403, "job_workflow_ref"),
    }
    table = {name: (signed(content), None, status, check) for name, (content, status, check) in forged.items()}
    unsigned = signed(changed()).rpartition(".")[0] + "."
    return table | {
        "another key": (signed(changed(), other), None, 401, "signature"),
        "no signature": (unsigned, None, 401, "signature"),
        "no JWT": ("a.b.c", None, 401, "form"),
        "too long": ("x" * 20_000, None, 401, "form"),
        "another job": (signed(changed()), "another", 403, "job"),
    }


def test_every_forged_claim_is_refused_by_its_check_and_with_a_next_step(dispatched: Dispatched) -> None:
    seen = {}
    table = refusals(dispatched)
    for name, (token, job, _, _) in table.items():
        answer = dispatched.ask(token, job)
        said = answer.json
        assert said["hint"], name
        assert token not in answer.body.decode(), name
        seen[name] = (answer.status, f"`{table[name][3]}`" in said["error"] or said["error"])
    assert seen == {name: (status, True) for name, (_, _, status, _) in table.items()}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"job": 3}', b"[" * 3000, b"\xff"], ids=repr)
def test_a_request_without_a_job_is_refused(dispatched: Dispatched, body: bytes) -> None:
    answer = dispatched.server.request("POST", "/token", body, {"Authorization": "Bearer x"})
    assert (answer.status, bool(answer.json["hint"])) == (400, True)


def test_a_run_gets_a_token_for_its_repository_and_no_more_and_only_once(dispatched: Dispatched) -> None:
    token = signed(dispatched.claims())
    first, second = dispatched.ask(token), dispatched.ask(token)
    assert (first.status, first.json["login"]) == (200, "mtor[bot]"), first.body
    alice = dispatched.place.github.world.user("alice")
    assert first.json["authors"] == [{"id": alice.id, "login": "alice", "writes": True}]
    # Once the bot has needed it, so that publishing does not ask.
    assert first.json["account_id"] in (0, dispatched.place.github.world.user("mtor[bot]").id)
    assert first.headers["cache-control"] == "no-store"
    assert (second.status, "`jti`" in second.json["error"]) == (403, True)
    said = dispatched.place.github.said("POST", "*/access_tokens")[-1]
    assert said.body == {
        "repository_ids": [dispatched.place.repository.id],
        "permissions": {"contents": "write", "issues": "write", "pull_requests": "write"},
    }
    assert first.json["token"] not in "".join(dispatched.server.log)
    assert token not in "".join(dispatched.server.log)


def test_while_github_does_not_answer_the_run_is_told_to_try_again_later(dispatched: Dispatched) -> None:
    dispatched.place.github.faults.refuse("GET */jobs", 403, "Resource not accessible by integration")
    try:
        answer = dispatched.ask(signed(dispatched.claims()))
    finally:
        dispatched.place.github.faults.clear()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
