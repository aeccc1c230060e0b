"""Who counts as somebody who may write here: only whom GitHub names so now, by the same account."""

from __future__ import annotations

import pytest

from github.scripted_api import Reply, ScriptedApi
from mtor_action.github.answers import Answer
from mtor_action.github.client import connect
from mtor_action.github.texts.authors import UNKNOWN, Author, Standing, author_of, standing

ADA = Author(7, "ada", "User")
BOT = Author(9, "renovate[bot]", "Bot")


def allowed(account_id: object = 7, permission: str = "write") -> Reply:
    return Reply(200, {"permission": permission, "role_name": permission, "user": {"id": account_id}})


def of(api: ScriptedApi, *authors: Author, told: dict[int, bool] | None = None) -> Standing:
    with connect("t", "o/r", api_url=api.url) as client:
        return standing(client, authors, told or {})


@pytest.mark.parametrize(
    "user",
    [
        None,
        {},
        {"login": "ada"},
        {"id": 7},
        {"id": 0, "login": "ada"},
        {"id": "7", "login": "ada"},
        {"id": 7, "login": None},
    ],
)
def test_an_account_that_is_gone_or_half_named_is_nobody_known(user: object) -> None:
    assert author_of(Answer({"user": user})) == UNKNOWN


def test_a_writer_is_asked_about_once_and_trusted() -> None:
    with ScriptedApi(allowed()) as api:
        assert of(api, ADA, ADA).is_trusted
    assert len(api.asked) == 1


@pytest.mark.parametrize("reply", [allowed(8), allowed(None), allowed(permission="read"), Reply(404, {"message": "x"})])
def test_a_login_that_is_somebody_elses_now_and_one_without_access_are_outsiders(reply: Reply) -> None:
    with ScriptedApi(reply) as api:
        found = of(api, ADA)
    assert (found.outsiders, found.sentences()) == ((ADA,), ["text by @ada, who cannot write here"])


def test_unknown_accounts_and_bots_are_outsiders_without_a_question() -> None:
    with ScriptedApi() as api:
        found = of(api, UNKNOWN, BOT, Author(3, "ghost", "Mannequin"))
    assert not found.is_trusted
    assert found.sentences()[:2] == [
        "text by a deleted or unknown account, who cannot write here",
        "text by @renovate[bot], who cannot write here",
    ]


def test_a_bot_that_the_app_lists_is_trusted_by_its_word_alone() -> None:
    with ScriptedApi() as api:
        assert of(api, BOT, told={9: True}).is_trusted


def test_who_could_not_write_when_it_was_asked_for_cannot_now() -> None:
    with ScriptedApi(allowed()) as api:
        assert of(api, ADA, told={7: False}).outsiders == (ADA,)


def test_the_apps_word_makes_no_writer_of_a_person_who_lost_access() -> None:
    with ScriptedApi(allowed(permission="read")) as api:
        assert of(api, ADA, told={7: True}).outsiders == (ADA,)


def test_where_github_does_not_say_nobody_is_trusted_and_why_is_kept() -> None:
    with ScriptedApi(Reply(403, {"message": "Resource not accessible by integration"})) as api:
        found = of(api, ADA)
    assert not found.is_trusted
    assert found.sentences() == ["text by @ada, whose rights here are not known"]
    assert "not accessible" in found.problem


def test_a_login_with_more_than_a_logins_characters_is_not_repeated() -> None:
    assert Author(7, "a](x)\nJob: z", "User").name == "a deleted or unknown account"
