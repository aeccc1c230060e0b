"""Role, trigger, kind of actor and author of the text → what happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtor_action.access.decision import AccessVerdict, Account, AccountKind, Ask, AskKind, decide

OWN_ID = 1
LISTED_ID = 2


def user(permission: str, login: str = "ada") -> Account:
    return Account(AccountKind.USER, 10, login, permission)


def bot(number: int, permission: str = "none") -> Account:
    return Account(AccountKind.BOT, number, f"bot{number}[bot]", permission)


GHOST = Account(AccountKind.GHOST, 0, "")
WRITER = user("write", "wanda")
STRANGER = user("read", "sam")
RUN, STEER = AskKind.RUN_TEXT, AskKind.STEER

TABLE = [
    # who asks, for what, whose text, what happens
    *((user(level), RUN, (WRITER,), AccessVerdict.DO) for level in ("admin", "maintain", "write")),
    *(
        (user(level), RUN, (WRITER,), AccessVerdict.REACT)
        for level in ("triage", "read", "none", "auditor", "WRITE", "")
    ),
    *((user(level), STEER, (), AccessVerdict.DO) for level in ("admin", "maintain", "write")),
    *((user(level), STEER, (), AccessVerdict.REACT) for level in ("triage", "read", "none")),
    # Being the author of the text gives nobody the right to run it.
    (STRANGER, RUN, (STRANGER,), AccessVerdict.REACT),
    (user("triage"), RUN, (user("triage"),), AccessVerdict.REACT),
    # A writer's word alone does not make somebody else's text safe.
    (WRITER, RUN, (STRANGER,), AccessVerdict.PLAN),
    (WRITER, RUN, (user("triage"),), AccessVerdict.PLAN),
    (WRITER, RUN, (user("none"),), AccessVerdict.PLAN),
    (WRITER, RUN, (WRITER, STRANGER), AccessVerdict.PLAN),
    (WRITER, RUN, (GHOST,), AccessVerdict.PLAN),
    (WRITER, RUN, (bot(3, "admin"),), AccessVerdict.PLAN),
    (WRITER, RUN, (bot(OWN_ID, "admin"),), AccessVerdict.PLAN),
    (WRITER, RUN, (), AccessVerdict.PLAN),
    (WRITER, RUN, (bot(LISTED_ID),), AccessVerdict.DO),
    (WRITER, RUN, (WRITER, user("admin")), AccessVerdict.DO),
    # Bots count by id alone: anybody's App can open an issue, and can be given any name.
    (bot(LISTED_ID), RUN, (WRITER,), AccessVerdict.DO),
    (bot(LISTED_ID), RUN, (STRANGER,), AccessVerdict.PLAN),
    (bot(LISTED_ID), STEER, (), AccessVerdict.DO),
    (bot(3, "admin"), RUN, (WRITER,), AccessVerdict.IGNORE),
    (bot(3, "admin"), STEER, (), AccessVerdict.IGNORE),
    (replace(user("write"), id=LISTED_ID, permission="none"), RUN, (WRITER,), AccessVerdict.REACT),
    # Our own doings trigger nothing, whatever we may do.
    (bot(OWN_ID, "admin"), RUN, (WRITER,), AccessVerdict.IGNORE),
    (replace(user("admin"), id=OWN_ID), STEER, (), AccessVerdict.IGNORE),
    (GHOST, RUN, (WRITER,), AccessVerdict.IGNORE),
    (replace(GHOST, permission="admin"), STEER, (), AccessVerdict.IGNORE),
]


@pytest.mark.parametrize(("actor", "kind", "authors", "verdict"), TABLE)
def test_who_may_make_mtor_do_what(
    actor: Account, kind: AskKind, authors: tuple[Account, ...], verdict: AccessVerdict
) -> None:
    found = decide(Ask(kind, actor, authors), own_id=OWN_ID, listed_bots={LISTED_ID})
    assert found.verdict is verdict, found.reason
    assert found.reason or verdict is AccessVerdict.DO


@pytest.mark.parametrize(("actor", "kind", "authors", "verdict"), TABLE)
def test_an_edited_comment_makes_nothing_happen(
    actor: Account, kind: AskKind, authors: tuple[Account, ...], verdict: AccessVerdict
) -> None:
    found = decide(Ask(kind, actor, authors, edited=True), own_id=OWN_ID, listed_bots={LISTED_ID})
    assert found.verdict is AccessVerdict.IGNORE, verdict


@pytest.mark.parametrize(("actor", "kind", "authors", "verdict"), TABLE)
def test_no_text_from_a_fork_runs(
    actor: Account, kind: AskKind, authors: tuple[Account, ...], verdict: AccessVerdict
) -> None:
    ask = Ask(kind, actor, authors, from_fork=True, confirmed=True)
    found = decide(ask, own_id=OWN_ID, listed_bots={LISTED_ID}).verdict
    assert found is (
        AccessVerdict.REFUSE if kind is RUN and verdict in (AccessVerdict.DO, AccessVerdict.PLAN) else verdict
    )


@pytest.mark.parametrize(("actor", "kind", "authors", "verdict"), TABLE)
def test_a_writer_who_names_the_digest_runs_anybodys_text(
    actor: Account, kind: AskKind, authors: tuple[Account, ...], verdict: AccessVerdict
) -> None:
    found = decide(Ask(kind, actor, authors, confirmed=True), own_id=OWN_ID, listed_bots={LISTED_ID}).verdict
    assert found is (AccessVerdict.DO if verdict is AccessVerdict.PLAN and authors else verdict)
