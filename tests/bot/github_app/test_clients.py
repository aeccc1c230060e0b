from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.bots import scene
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_bot.github_app.installed_repository import InstalledRepository

if TYPE_CHECKING:
    from pathlib import Path


def test_a_token_is_narrowed_to_the_repository_and_kept_until_it_is_due(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        clients, repository = here.bot.clients, here.repository
        other = here.github.repository("acme/other")
        here.github.app.add(here.installation, other)
        for _ in range(3):
            with clients.repository(
                InstalledRepository(here.installation.id, repository.id, repository.full_name)
            ) as client:
                assert client.call("GET", "").number("id") == repository.id
                assert (client.login, client.own_id) == ("mtor[bot]", here.github.world.user("mtor[bot]").id)
                with pytest.raises(GitHubError):
                    client.call("GET", "/repos/acme/other")
        assert len(here.github.said("POST", "*/access_tokens")) == 1
        clients.forget(here.installation.id)
        clients.repository(InstalledRepository(here.installation.id, repository.id, repository.full_name))
        assert len(here.github.said("POST", "*/access_tokens")) == 2


def test_a_grant_holds_what_was_asked_for_and_no_more(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        wanted = {"contents": "write", "issues": "write", "pull_requests": "write"}
        grant = here.bot.clients.narrowed(here.installation.id, here.repository.id, wanted)
        token = here.github.world.tokens[grant.token]
        assert token.permissions == {"metadata": "read", **wanted}
        assert token.repositories == frozenset({here.repository.id})
        assert grant.expires > here.bot.clock.now()
        assert grant.token not in repr(grant)


def test_an_installation_that_is_gone_is_reported_as_gone(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.app.uninstall(here.installation)
        with pytest.raises(GitHubError) as refused:
            here.bot.clients.repository(
                InstalledRepository(here.installation.id, here.repository.id, here.repository.full_name)
            )
        assert refused.value.kind is RequestFailureKind.NOT_FOUND


def test_what_has_a_hash_is_asked_for_again_where_github_did_not_have_it_yet(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        commit = here.repository.commit({"a.txt": "a\n"})
        here.github.faults.add(f"GET /repos/*/git/commits/{commit}", status=404, body={"message": "Not Found"})
        place = InstalledRepository(here.installation.id, here.repository.id, here.repository.full_name)
        with here.bot.clients.repository(place) as client, pytest.raises(GitHubError):
            client.call("GET", f"git/commits/{commit}")
        for _ in range(2):
            with here.bot.clients.repository(place) as client:
                assert client.call("GET", f"git/commits/{commit}").text("sha") == commit
        assert len(here.github.said("GET", f"*/git/commits/{commit}")) == 2


def test_no_secret_is_shown(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.bot.clients.repository(
            InstalledRepository(here.installation.id, here.repository.id, here.repository.full_name)
        )
        assert "PRIVATE KEY" not in repr(here.bot)
        assert "ghs_" not in repr(here.bot)
