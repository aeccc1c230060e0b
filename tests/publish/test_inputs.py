"""What the publish job is asked to do, and secrets that leave the environment as they are read."""

from __future__ import annotations

import pytest

from mtor_action.errors import UsageError
from mtor_action.publish.inputs import read_order, take_secrets

ENVIRONMENT = {
    "GITHUB_REPOSITORY": "alice/garden",
    "GITHUB_SERVER_URL": "https://github.test/",
    "GITHUB_API_URL": "https://api.github.test",
    "GITHUB_RUN_ID": "77",
    "GITHUB_ACTOR": "alice",
    "MTOR_ISSUE": "12",
    "MTOR_HANDOVER": "/tmp/handover",
}


def test_a_run_that_a_person_started_is_named_after_itself_and_is_the_persons() -> None:
    order = read_order(ENVIRONMENT)

    assert (order.number, order.job, order.name, order.requester, order.pins) == (12, "", "run-77", "alice", ())
    assert order.run_url == "https://github.test/alice/garden/actions/runs/77"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MTOR_ISSUE", ""),
        ("MTOR_ISSUE", "0"),
        ("MTOR_ISSUE", "12; rm -rf /"),
        ("MTOR_JOB", ".."),
        ("MTOR_JOB", "a b"),
        ("MTOR_JOB", "x" * 81),
        ("MTOR_JOB", "x -->"),
        ("MTOR_REQUESTER", "alice\nJob: j-9"),
        ("GITHUB_RUN_ID", "1.5"),
        ("GITHUB_SERVER_URL", "file:///etc"),
        ("GITHUB_API_URL", "https://api github"),
        ("GITHUB_REPOSITORY", ""),
        ("MTOR_HANDOVER", " "),
    ],
)
def test_a_variable_of_another_form_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        read_order({**ENVIRONMENT, name: value})


def test_secrets_are_taken_out_of_the_environment_and_shown_nowhere() -> None:
    names = ("MTOR_GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "MTOR_APP_PRIVATE_KEY")
    environ = {**ENVIRONMENT, **dict.fromkeys(names, "s3cret")}

    secrets = take_secrets(environ)

    assert environ == ENVIRONMENT
    assert (secrets.github_token, secrets.oidc_token, secrets.app_private_key) == ("s3cret",) * 3
    assert "s3cret" not in repr(secrets)


def test_without_github_token_nothing_can_be_done() -> None:
    with pytest.raises(UsageError, match="MTOR_GITHUB_TOKEN"):
        take_secrets({})
