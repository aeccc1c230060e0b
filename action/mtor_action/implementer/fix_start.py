"""The state that a fix starts from, as the transcript keeps it for a run that is resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.implementer import form_choice

if TYPE_CHECKING:
    from mtor_action.implementer.conversation.transcript import Transcript
    from mtor_action.implementer.form_choice import FormChoice
    from mtor_action.untyped import JsonObject


@dataclass(frozen=True, slots=True)
class FixStart:
    """What was red before the first turn, and how the models begin."""

    models: list[str]  # litellm names, in order of escalation
    failures: str  # the red commands, in words for a model
    failing: list[str]  # keys of what fails
    broken: bool  # something did not import or compile
    tests_run: int | None  # None if no command said
    log: JsonObject = field(default_factory=dict)  # `LogProof.as_json`
    red_before: JsonObject = field(default_factory=dict)  # `RedBefore.as_json`
    coaching: JsonObject | None = None  # `Briefing.as_json`
    begins: dict[str, list[str]] = field(default_factory=dict)  # by model: `FormChoice.as_json`

    def record(self, transcript: Transcript) -> None:
        """Write it to `transcript` durably, as the event `start`."""
        transcript.add("start", asdict(self))

    def form_choice(self, model: str) -> FormChoice | None:
        """Return how `model` begins; None where an older version started the run."""
        return form_choice.from_json(self.begins.get(model))


def recorded_start(transcript: Transcript) -> FixStart:
    """Return what an earlier process recorded. Raises MtorError if it is not there."""
    body = transcript.start()
    values = {part.name: body[part.name] for part in fields(FixStart) if part.name in body}
    if not isinstance(values.get("begins"), dict):
        values["begins"] = {}
    try:
        return FixStart(**values)
    except TypeError as error:
        message = f"{transcript.path} does not say how the run started"
        raise MtorError(message, "start it anew with `mtor run SPEC`") from error
