"""A walk over all repositories that the App is installed on, some in each pass; the next pass goes on from there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from mtor_action.github.answers import Answer
from mtor_action.github.client import Client
from mtor_action.github.failures import LIMITED, GitHubError
from mtor_bot.bot import Bot
from mtor_bot.database.inserting import upsert
from mtor_bot.database.schema import TURNS
from mtor_bot.github_app.clients import is_refused_token
from mtor_bot.github_app.installed_repository import InstalledRepository

PAGE = 100
# In a pass, of each installation.
MOST_REPOSITORIES = 300
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RepositoryVisit:
    """A repository during a walk, as GitHub listed it, and a client for it."""

    bot: Bot
    client: Client
    installation: Answer
    repository: Answer

    @property
    def place(self) -> InstalledRepository:
        """Return the repository and the installation through which it is reached."""
        return _place(self.installation, self.repository)

    def payload(self, **parts: object) -> dict[str, object]:
        """Return a webhook's payload as GitHub would have sent it from here; `parts` are what the event is about."""
        return {
            "repository": self.repository.value,
            "installation": {"id": self.installation.number("id")},
            **parts,
        }


def visit_all(bot: Bot, name: str, act: Callable[[RepositoryVisit], int]) -> int:
    """Call `act` in the repositories whose turn it is in the walk called `name`; return the sum of its results.

    An installation that is limited or just gone, or a repository that refuses, does not hold up the others.
    """
    total = 0
    for installation in _installations(bot):
        try:
            total += _visit_some(bot, name, installation, act)
        except GitHubError as error:
            about = {"walk": name, "installation": installation.number("id"), "why": error.message}
            logger.info("an installation is left out of a walk", extra=about)
    return total


def _visit_some(bot: Bot, name: str, installation: Answer, act: Callable[[RepositoryVisit], int]) -> int:
    turn = f"{name}-{installation.number('id')}"
    begins_with = _page(bot, turn)
    total, is_last = 0, False
    for page in range(begins_with, begins_with + MOST_REPOSITORIES // PAGE):
        listed, is_last = _repositories(bot, installation, page)
        total += sum(_visit(bot, installation, repository, act) for repository in listed)
        if is_last:
            break
        _turn_to(bot, turn, page + 1)
    if is_last:
        _turn_to(bot, turn, 1)
    return total


def _visit(bot: Bot, installation: Answer, repository: Answer, act: Callable[[RepositoryVisit], int]) -> int:
    """RepositoryVisit one repository, which may be gone or without issues; only a rate limit ends the pass."""
    place = _place(installation, repository)
    try:
        # One token for all: hundreds would be asked for at once.
        with bot.clients.repository(replace(place, repository_id=0)) as client:
            return act(RepositoryVisit(bot, client, installation, repository))
    except GitHubError as error:
        if error.kind in LIMITED:
            raise
        if is_refused_token(error):
            bot.clients.forget(place.installation_id)
        about = {"repository": place.repository, "why": error.message}
        logger.info("a repository is left out of a walk", extra=about)
        return 0


def _place(installation: Answer, repository: Answer) -> InstalledRepository:
    return InstalledRepository(installation.number("id"), repository.number("id"), repository.text("full_name"))


def _page(bot: Bot, turn: str) -> int:
    with bot.engine.connect() as connection:
        return int(connection.execute(sa.select(TURNS.c.at).filter_by(name=turn)).scalar_one_or_none() or 1)


def _turn_to(bot: Bot, turn: str, page: int) -> None:
    with bot.engine.begin() as connection:
        upsert(connection, TURNS, name=turn, at=float(page))


def _installations(bot: Bot) -> list[Answer]:
    with bot.clients.app() as app:
        return [
            installation for installation in app.pages("/app/installations") if not installation.text("suspended_at")
        ]


def _repositories(bot: Bot, installation: Answer, page: int) -> tuple[list[Answer], bool]:
    """Return those of a page that are not archived, and whether it is the last page."""
    with bot.clients.installation(installation.number("id")) as client:
        answer = client.call("GET", "/installation/repositories", params={"per_page": PAGE, "page": page})
    is_last = 'rel="next"' not in answer.headers.get("link", "")
    return [repository for repository in answer.items("repositories") if not repository.flag("archived")], is_last
