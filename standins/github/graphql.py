"""The GraphQL endpoint, as far as anybody here asks: when an issue's or pull request's text was last edited.

docs.github.com/graphql/reference/interfaces#comment. Of a query only the repository and the number are read.
"""

from __future__ import annotations

from standins.github.call import Answer, Call, Refusal, route
from standins.github.clock import stamp_or_none
from standins.github.tokens import visible


@route("POST", "/api/graphql")
def query(call: Call) -> Answer:
    if call.token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.")
    if "lastEditedAt" not in call.body.get("query", ""):
        return Answer(200, {"errors": [{"message": "the sandbox does not know this query"}]})
    given = call.body["variables"]
    name = f"{given['owner']}/{given['name']}"
    repository = call.world.repository(name)
    if repository is None or not visible(call.token, repository):
        return _unresolved(f"a Repository with the name '{name}'", {"repository": None})
    issue = repository.issues.get(given["number"])
    if issue is None:
        missing = {"repository": {"issueOrPullRequest": None}}
        return _unresolved(f"an issue or pull request with the number of {given['number']}", missing)
    shown = {"lastEditedAt": stamp_or_none(issue.edited_at)}
    return Answer(200, {"data": {"repository": {"issueOrPullRequest": shown}}})


def _unresolved(what: str, data: object) -> Answer:
    return Answer(200, {"data": data, "errors": [{"type": "NOT_FOUND", "message": f"Could not resolve to {what}."}]})
