"""Signed commits, rules that require them, and refs moved by `updateRefs`, as GitHub documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from github_scene import Scene

R = "/repos/acme/widget"
NOWHERE = "0" * 40
GENERIC = "Reference cannot be updated"


def committed(scene: Scene, **fields: Any) -> Any:
    """What a bot's `POST git/commits` on the base's own tree answers."""
    base = scene.repository.head()
    body = {"message": "by the bot", "tree": scene.repository.git.line("rev-parse", f"{base}^{{tree}}")}
    return scene.bot().call(f"POST {R}/git/commits", {**body, "parents": [base], **fields}).json()


def moved(
    scene: Scene, before: str | None, after: str | None, name: str = "refs/heads/x", *, force: bool = False
) -> str:
    """Move a ref as a bot; the error's words, or "" if it is done."""
    update = {"name": name, "beforeOid": before, "afterOid": after, "force": force}
    repository_id = scene.bot().call(f"GET {R}").json()["node_id"]
    body = {
        "query": "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }",
        "variables": {"input": {"repositoryId": repository_id, "refUpdates": [update]}},
    }
    answer = scene.bot().call(f"POST {scene.github.url}/api/graphql", body).json()
    errors: list[dict[str, str]] = answer.get("errors", [])
    return errors[0]["message"] if errors else ""


def test_github_signs_what_a_bot_commits_without_author_and_is_its_committer(scene: Scene) -> None:
    made = committed(scene)
    assert made["verification"]["verified"] is True
    assert made["committer"]["email"] == "noreply@github.com"
    assert made["author"]["name"].endswith("[bot]")


@pytest.mark.parametrize("role", ["author", "committer"])
def test_with_a_person_named_it_signs_nothing(scene: Scene, role: str) -> None:
    made = committed(scene, **{role: {"name": "a", "email": "a@localhost", "date": "2026-01-01T00:00:00Z"}})
    assert (made["verification"]["verified"], made["verification"]["reason"]) == (False, "unsigned")


def test_a_rule_lets_only_signed_commits_onto_a_branch(scene: Scene) -> None:
    scene.repository.rules_elsewhere.append("required_signatures")
    signed = committed(scene)["sha"]
    unsigned = committed(scene, author={"name": "a", "email": "a@localhost"})["sha"]
    refused = scene.bot().call(f"POST {R}/git/refs", {"ref": "refs/heads/y", "sha": unsigned})
    assert (refused.status_code, "verified signatures" in refused.json()["message"]) == (422, True)
    assert moved(scene, NOWHERE, unsigned) == GENERIC
    assert moved(scene, NOWHERE, unsigned, "refs/mtor/publish/1") == ""  # rules are for branches
    assert moved(scene, NOWHERE, signed) == ""


def test_a_ref_moves_only_from_where_it_is_said_to_be(scene: Scene) -> None:
    first, second = committed(scene)["sha"], committed(scene, message="another")["sha"]
    assert moved(scene, first, second) == GENERIC
    assert moved(scene, NOWHERE, first) == ""
    assert moved(scene, NOWHERE, second) == GENERIC
    assert moved(scene, first, second) == GENERIC  # not a fast forward
    assert moved(scene, first, second, force=True) == ""
    assert moved(scene, first, NOWHERE) == GENERIC
    assert moved(scene, second, NOWHERE) == ""
    assert scene.repository.head("x") is None
