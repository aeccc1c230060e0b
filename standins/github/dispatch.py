"""From a request to its answer: faults, git, the route, who asks and whether they may."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from standins.github.call import Answer, Call, Refusal, match, not_found
from standins.github.exchange import Exchange
from standins.github.faults import Down, Manner
from standins.github.git import GitFailed
from standins.github.keys import verify_app
from standins.github.repositories import moved
from standins.github.smart_http import serve, split
from standins.github.tokens import admit, authenticate

if TYPE_CHECKING:
    from standins.github.call import Route
    from standins.github.exchange import Incoming
    from standins.github.faults import Fault
    from standins.github.repositories import Repository
    from standins.github.world import World

API = "/api/v3"


class Outcome(NamedTuple):
    """An answer, who asked, the template of the route that it took, and the parsed body."""

    answer: Answer
    who: str
    template: str
    body: Any


def respond(world: World, incoming: Incoming) -> tuple[Answer, Exchange]:
    """Answer one request and say how; Down if there should be no answer."""
    path = incoming.path.removeprefix(API) or "/"
    named = f"{path} mutation" if path.endswith("/graphql") and b'"mutation' in incoming.body else path
    world.faults.interfere(incoming.method, named)
    fault = world.faults.next_for(incoming.method, named)
    if fault and not fault.after_effect:
        return _failed(fault, incoming, Outcome(Answer(), "anonymous", "", _parsed(incoming)))
    outcome = _act(world, incoming, path)
    if incoming.method == "GET" and outcome.template != "git":
        outcome = outcome._replace(answer=_tagged(outcome.answer, incoming.headers.get("if-none-match", "")))
    if fault:
        return _failed(fault, incoming, outcome)
    return outcome.answer, _exchange(incoming, outcome)


def _tagged(answer: Answer, known: str) -> Answer:
    """With an ETag, and as 304 without a body if the asker knows it.

    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests
    """
    if answer.status != 200 or isinstance(answer.content, bytes):
        return answer
    shown = json.dumps([answer.content, answer.headers.get("link", "")], sort_keys=True)
    tag = f'W/"{hashlib.sha256(shown.encode()).hexdigest()}"'
    if known == tag:
        return Answer(304, None, {"etag": tag})
    return Answer(answer.status, answer.content, {**answer.headers, "etag": tag})


def _exchange(incoming: Incoming, outcome: Outcome) -> Exchange:
    path, answer = incoming.path.removeprefix(API) or "/", outcome.answer
    query = dict(parse_qsl(incoming.query, keep_blank_values=True))
    asked = (incoming.method, path, query, outcome.body)
    return Exchange(*asked, answer.status, outcome.who, incoming.headers, answer.content, outcome.template)


def _failed(fault: Fault, incoming: Incoming, outcome: Outcome) -> tuple[Answer, Exchange]:
    raw = isinstance(fault.body, str)
    headers = {**({"content-type": "text/html"} if raw else {}), **fault.headers}
    answer = Answer(fault.status, fault.body.encode() if raw else fault.body, headers)
    exchange = replace(_exchange(incoming, outcome._replace(answer=answer)), fault=True)
    if fault.manner is not Manner.STATUS:
        raise Down(fault.seconds, replace(exchange, status=0))
    return answer, exchange


def _parsed(incoming: Incoming) -> Any:
    """JSON as such, `{}` for nothing, else the bytes."""
    if "json" not in incoming.headers.get("content-type", "json"):
        return incoming.body
    try:
        return json.loads(incoming.body) if incoming.body else {}
    except ValueError:
        return incoming.body


def _act(world: World, incoming: Incoming, path: str) -> Outcome:
    if incoming.path == path and split(path)[1]:
        answer, who = serve(world, incoming)
        return Outcome(answer, who, "git", incoming.body)
    body = _parsed(incoming)
    found = match(incoming.method, _with_name(world, path).rstrip("/"))
    if found is None:
        return Outcome(not_found().answer(), "anonymous", "", body)
    route, parameters = found
    query = dict(parse_qsl(incoming.query, keep_blank_values=True))
    call = Call(world, incoming.method, path, parameters, query, body, incoming.headers)
    with world.lock:
        try:
            _identify(call, route)
            answer = route.handler(call)
        except Refusal as refusal:
            answer = refusal.answer()
        except GitFailed as error:
            answer = Refusal(422, f"git: {error}").answer()
    return Outcome(answer, call.who, route.template, body)


def _identify(call: Call, route: Route) -> None:
    """Check the token, find the repository and refuse what is not allowed."""
    if route.form:
        return
    if isinstance(call.body, bytes):
        raise Refusal(400, "Problems parsing JSON")
    if not isinstance(call.body, dict) and not route.template.endswith("/labels"):  # those may be a bare list
        raise Refusal(422, "Invalid request.\n\nThe body is not an object.")
    if route.app:
        verify_app(call.world, call.headers)
        call.who = f"{call.world.app.slug} (app)"
    elif not route.template.startswith("/_"):
        call.token = authenticate(call.world, call.headers)
        call.who = call.token.actor.user.login if call.token else call.who
    if "{owner}" in route.template:
        call.found = _repository(call)
        if not route.app:
            admit(call, route)


def _repository(call: Call) -> Repository:
    """404 without one, 301 from a name that it had before."""
    name = f"{call.parameters['owner']}/{call.parameters['repo']}"
    found = call.world.repository(name)
    if found is None or found.deleted:
        raise not_found()
    if found.full_name.lower() != name.lower():
        rest = "".join(f"/{part}" for part in call.path.split("/")[4:])
        raise moved(call.world.api(f"/repositories/{found.id}{rest}"))
    return found


def _with_name(world: World, path: str) -> str:
    """`/repositories/{id}/…` is the same as `/repos/{owner}/{repo}/…`."""
    parts = path.split("/", 3)
    if parts[1] != "repositories" or len(parts) < 3 or not parts[2].isdigit():
        return path
    found = world.repositories.get(int(parts[2]))
    return "/".join([found.path if found else "/repos/?/?", *parts[3:]])
