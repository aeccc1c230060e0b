"""One request on its way through the sandbox, its answer, and the table of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

if TYPE_CHECKING:
    from standins.github.issues import Issue
    from standins.github.people import Actor, Json
    from standins.github.pulls import Pull
    from standins.github.repositories import Repository
    from standins.github.runs import Run
    from standins.github.tokens import Token
    from standins.github.world import World

DOCUMENTATION = "https://docs.github.com/rest"
BODY_LIMIT = 65_536  # characters of an issue's, a comment's or a review's text


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; `content` is JSON, or bytes as they are, or None for no body."""

    status: int = 200
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An error that GitHub would answer; `fields` go into `errors` of a 422."""

    def __init__(self, status: int, message: str, *, errors: list[Any] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> Answer:
        content: Json = {"message": str(self), "documentation_url": DOCUMENTATION, "status": str(self.status)}
        if self.errors is not None:
            content["errors"] = self.errors
        return Answer(self.status, content, self.headers)


def not_found() -> Refusal:
    return Refusal(404, "Not Found")


def invalid(resource: str, name: str, message: str = "", code: str = "invalid") -> Refusal:
    """422 about one field of one resource."""
    error = {"resource": resource, "field": name, "code": code}
    return Refusal(422, "Validation Failed", errors=[{**error, "message": message} if message else error])


@dataclass(slots=True)
class Call:
    """A request that has been matched to a route; `body` is `{}` where none was sent."""

    world: World
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    token: Token | None = None
    found: Repository | None = None
    who: str = "anonymous"

    @property
    def repository(self) -> Repository:
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def held(self) -> Token:
        """The token, where one is needed."""
        if self.token is None:
            raise Refusal(401, "Requires authentication")
        return self.token

    @property
    def actor(self) -> Actor:
        return self.held.actor

    @property
    def issue(self) -> Issue:
        return self.repository.issue_number(int(self.parameters["number"]))

    @property
    def pull(self) -> Pull:
        pull = self.issue.pull
        if pull is None:
            raise not_found()
        return pull

    @property
    def run(self) -> Run:
        return self.repository.run_id(int(self.parameters["run"]))

    def text(self, name: str, default: str | None = None, *, resource: str = "Issue") -> str:
        """A string of the body; GitHub refuses one that is missing, empty or too long."""
        value = self.body.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise invalid(resource, name, code="missing_field")
        if len(value) > BODY_LIMIT:
            raise invalid(resource, name, f"{name} is too long (maximum is {BODY_LIMIT} characters)")
        return value

    def number(self, name: str, default: int) -> int:
        """A number of the query; what is none counts as missing."""
        given = self.query.get(name, "")
        return int(given) if given.isdecimal() else default

    def page(self, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """The page that was asked for, and the Link header: docs.github.com/rest/using-the-rest-api."""
        size, number = min(max(self.number("per_page", 30), 1), 100), max(self.number("page", 1), 1)
        last = max(-(-len(items) // size), 1)
        kept = items[(number - 1) * size : number * size]
        names = {"prev": number - 1, "next": number + 1, "first": 1, "last": last}
        shown = {name: at for name, at in names.items() if 1 <= at <= last and at != number and last > 1}
        links = [f'<{self.link(page=str(at), per_page=str(size))}>; rel="{name}"' for name, at in shown.items()]
        return kept, {"link": ", ".join(links)} if links else {}

    def link(self, **changed: str) -> str:
        return self.world.api(f"{self.path}?{urlencode({**self.query, **changed})}")

    def list(self, items: list[Json], name: str = "") -> Answer:
        """One page, bare or under `name` beside `total_count`."""
        kept, headers = self.page(items)
        return Answer(200, {"total_count": len(items), name: kept} if name else kept, headers)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`needs` is "permission:read" or "one|other:write"; `role` what a person needs instead; `form`: a web page's."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    needs: str
    role: str
    app: bool
    form: bool


ROUTES: list[Route] = []
NUMBERS = (
    "artifact",
    "attempt",
    "check",
    "comment",
    "delivery",
    "installation",
    "job",
    "number",
    "reaction",
    "review",
    "run",
)
NUMBER, NAME = r"\d+", "[^/]+"


def route(
    method: str, template: str, *, needs: str = "", role: str = "", app: bool = False, form: bool = False
) -> Callable[[Handler], Handler]:
    """Enter a handler into the table; `{name}` is one segment, `{name+}` any number; `app`: only with the App's JWT."""
    escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
    named = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", escaped)
    pattern = re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{NUMBER if found[1] in NUMBERS else NAME})", named)

    def enter(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, re.compile(pattern), handler, needs, role, app, form))
        # The more a template fixes, the sooner it is tried.
        ROUTES.sort(key=lambda each: ("+" in each.template, -len(re.sub(r"\{.*?\}", "", each.template))))
        return handler

    return enter


def match(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The first route for a path that is still quoted."""
    for each in ROUTES:
        if each.method == method and (found := each.pattern.fullmatch(path)):
            return each, {name: unquote(value) for name, value in found.groupdict().items()}
    return None
