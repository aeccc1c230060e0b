"""The models that `.github/mtor.yml` names: whether there are keys for them, and whether they answer."""

from __future__ import annotations

from collections.abc import Iterator

from mtor_action.model.provider_failures import ModelError
from mtor_action.setup.finding import DoctorSubject, Finding, fine, unknown, wrong

_TIMEOUT_SECONDS = 60.0
_MOST_TOKENS = 64


def keys(subject: DoctorSubject) -> Iterator[Finding]:
    """Check that the environment has a key for each model; its value is never looked at."""
    from mtor_action.model.keys import missing_variables
    from mtor_action.setup.origin import repository_of

    names = models_in_use(subject)
    if not names:
        yield fine("models", "none is named: a red test ends a run as failing, at zero tokens")
    # A secret on GitHub is enough if the work is done there.
    verdict = unknown if repository_of(subject) else wrong
    for name in names:
        try:
            missing = missing_variables(name)
        except ModelError as error:
            yield wrong("model", error.message, error.hint)
            continue
        if missing:
            step = f"for runs here set it in the environment; on GitHub: gh secret set {missing[-1]}"
            yield verdict("model", f"{name}: {' or '.join(missing)} is not set here", step)
        else:
            yield fine("model", f"{name}: has what it needs to be asked")


def answers(subject: DoctorSubject) -> Iterator[Finding]:
    """Check that each model answers one tiny request, which is sent only with `--online`."""
    names = models_in_use(subject)
    if names and not subject.online:
        yield unknown("answers", "no model was asked", "mtor doctor --online sends each one tiny request")
    for name in names if subject.online else ():
        try:
            yield fine("answers", _ask(name, subject.api_base))
        except ModelError as error:
            yield wrong("answers", error.message, error.hint)


def models_in_use(subject: DoctorSubject) -> tuple[str, ...]:
    """Return the implementers and reflectors, each once."""
    from mtor_action.model.roles import models_of

    models = models_of(subject.settings())
    return tuple(dict.fromkeys((*models.implementer, *models.reflector)))


def _ask(name: str, api_base: str | None) -> str:
    from mtor_action.model.chat import Message, Role
    from mtor_action.model.provider_client import ModelClient

    client = ModelClient(name, api_base, timeout_seconds=_TIMEOUT_SECONDS, max_output_tokens=_MOST_TOKENS)
    reply = client.complete([Message(Role.USER, "Answer with the word OK.")], remaining_seconds=_TIMEOUT_SECONDS)
    cost = f", {reply.usd:.6f} USD" if reply.price_known else ""
    return f"{name}: answered, {reply.input_tokens + reply.output_tokens} tokens{cost}"
