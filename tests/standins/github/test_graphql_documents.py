"""GraphQL as GitHub takes it: what its schema does not have is refused, and what nobody asked for is not answered."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtor_action.github.client import connect
from standins.github import GitHubSandbox
from standins.github.graphql_documents import NotGraphQL, cut, mistakes, read_document, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


def documents() -> Iterator[tuple[str, str]]:
    """Every whole document in the code of mtor, with its file."""
    for part in ("action", "bot"):
        for path in sorted((ROOT / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
                if text.startswith(("query(", "mutation(")) and "%s" not in text:
                    yield path.name, text


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in documents()])
def test_every_document_of_mtors_fits_githubs_schema(text: str) -> None:
    assert mistakes(read_document(text)) == []


def test_there_are_documents() -> None:
    assert len(list(documents())) >= 5


REPOSITORY = 'repository(owner: "a", name: "b")'


@pytest.mark.parametrize(
    "text",
    [
        f"{{ {REPOSITORY} {{ invented }} }}",
        f"{{ {REPOSITORY} }}",
        "{ viewer { login { name } } }",
        "{ viewer { login } viewer { databaseId } }",
        '{ repository(owner: "a") { id } }',
        '{ repository(owner: "a", name: "b", branch: "c") { id } }',
        'query($name: Int!) { repository(owner: "a", name: $name) { id } }',
        'query($name: String) { repository(owner: "a", name: $name) { id } }',
        '{ repository(owner: "a", name: $name) { id } }',
        "{ repository(owner: 1, name: null) { id } }",
        f"{{ {REPOSITORY} {{ issue(number: 1) {{ labels {{ nodes {{ id }} }} }} }} }}",
        f"{{ {REPOSITORY} {{ issue(number: 1) {{ labels(first: 101) {{ nodes {{ id }} }} }} }} }}",
        f"{{ {REPOSITORY} {{ issueOrPullRequest(number: 1) {{ ... on Invented {{ id }} }} }} }}",
        "{ repository { ... on Repository { id } } }",
        'mutation { addReaction(input: {subjectId: "x", content: SKULL}) { reaction { id } } }',
        'mutation { addReaction(input: {subjectId: "x", content: "EYES"}) { reaction { id } } }',
        'mutation { addReaction(input: {subjectId: "x"}) { reaction { id } } }',
        'mutation { addReaction(input: {subjectId: "x", content: EYES, by: "me"}) { reaction { id } } }',
        'mutation { addLabelsToLabelable(input: {labelableId: "x", labelIds: "y"}) { clientMutationId } }',
        'mutation { addLabelsToLabelable(input: {labelableId: "x", labelIds: [1]}) { labelable { __typename } } }',
        'mutation { addReaction(input: "x") { reaction { id } } }',
        "mutation { viewer { login } }",
    ],
)
def test_what_the_schema_does_not_have_is_a_mistake(text: str) -> None:
    assert mistakes(read_document(text))


@pytest.mark.parametrize(
    "text", ["", "{", "{ viewer { login }", "{ viewer { login } } }", "query($a) { viewer { login } }", "{ é }"]
)
def test_what_is_not_graphql_cannot_be_read(text: str) -> None:
    with pytest.raises(NotGraphQL):
        read_document(text)


def test_a_result_has_what_was_asked_for_under_the_names_that_were_given() -> None:
    document = read_document("{ me: viewer { login } viewer { ... on Bot { databaseId } ... on User { id } } }")
    value = {"__typename": "User", "login": "ada", "id": "U_1", "databaseId": 1}
    assert cut({"viewer": value}, document.selected) == {"me": {"login": "ada"}, "viewer": {"id": "U_1"}}


def test_all_types_that_are_named_are_there_or_scalars() -> None:
    scalars = {"ID", "String", "Int", "Boolean", "DateTime", "URI", "BigInt", "GitObjectID", "GitRefname"}
    orders = {"IssueFilters", "IssueOrder", "LabelOrder", "IssueCommentOrder"}  # arguments that nobody gives
    named = {
        written.strip("[]!")
        for fields in schema().values()
        for each in fields.values()
        for written in (each.type, *each.arguments.values())
    }
    values = {name for fields in schema().values() for name, each in fields.items() if name == each.type}
    assert named - set(schema()) - values == scalars | orders


def test_the_sandbox_refuses_it_before_anything_is_done_and_says_so_at_its_end(tmp_path: Path) -> None:
    query = "mutation($id: ID!) { addReaction(input: {subjectId: $id, content: EYES}) { invented } }"
    github = GitHubSandbox(tmp_path)
    with pytest.raises(AssertionError, match="invented"), github:  # noqa: PT012  leaving it is what raises
        here = github.repository("acme/widget", {"a.py": "a\n"})
        issue = here.issue("one", "x")
        token = here.token("github-actions[bot]", {"issues": "write"}).value
        body = {"query": query, "variables": {"id": issue.json()["node_id"]}}
        client = connect(token, here.full_name, api_url=github.api_url)
        answer = client.call("POST", f"{github.url}/api/graphql", body)
        assert (
            answer.items("errors")[0].text("message") == "Field 'invented' doesn't exist on type 'AddReactionPayload'"
        )
        assert issue.reactions.given == []
