"""A GitHub on loopback: REST, git over HTTP, webhooks, Actions and OIDC, with state in memory and faults on demand.

    with GitHubSandbox(tmp_path, scale=0.01) as github:  # an hour of GitHub's lasts 36 s
        repository = github.repository("acme/widget", {"a.py": "x = 1"}, roles={"alice": "write"})
        token = repository.token("mtor[bot]", {"issues": "write"})  # none: a person's
        github.app.install(repository)
        github.webhook("http://127.0.0.1:8000/webhook", "secret")
        github.play(runner)  # runner(run) in a thread for each run: run.job("work", "success"); run.finish()
        repository.issue("title", "text", by="alice").label("mtor", by="alice")
        github.faults.add("POST */dispatches", 502, after_effect=True)
        ...  # a client at github.api_url, git at repository.clone_url
        github.settle()  # webhooks and runs under way have ended

Methods of repositories, issues, comments, pull requests and runs are what people and runners do; `by` is a login. All
requests are in `github.requests`; each, its answer and every webhook must be as GitHub's OpenAPI description says, or
leaving the block raises.
"""

from __future__ import annotations

from standins.github.exchange import Exchange
from standins.github.faults import Fault, Manner
from standins.github.issues import Issue
from standins.github.people import Actor, User, Via
from standins.github.repositories import Repository
from standins.github.runs import Run
from standins.github.sandbox import GitHubSandbox

__all__ = ["Actor", "Exchange", "Fault", "GitHubSandbox", "Issue", "Manner", "Repository", "Run", "User", "Via"]
