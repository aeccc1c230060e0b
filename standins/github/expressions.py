"""The simple expressions of a `run-name`: docs.github.com/actions/reference/workflows-and-actions/expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.github.runs import Run

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|(\|\||&&|==|!=|[!(),])|([A-Za-z_][\w.*-]*))")


def render(template: str, inputs: Mapping[str, str], run: Run) -> str:
    """The template with each `${{ … }}` replaced by its value."""
    context: dict[str, Any] = {f"inputs.{name}": value for name, value in inputs.items()}
    context |= {f"github.event.inputs.{name}": value for name, value in inputs.items()}
    context |= {
        "github.actor": run.actor.user.login,
        "github.ref_name": run.branch,
        "github.event_name": run.event,
        "github.run_id": run.id,
        "github.run_number": run.number,
        "github.sha": run.sha,
        "true": True,
        "false": False,
        "null": None,
    }
    return fill(template, context)


def flat(name: str, value: Any) -> dict[str, Any]:
    """`value` under `name`, what it holds under `name.key`, and of the objects in a list `name.*.key` as a list."""
    named = {name: value}
    if isinstance(value, dict):
        for key, inner in value.items():
            named |= flat(f"{name}.{key}", inner)
    elif isinstance(value, list):
        keys = {key for each in value if isinstance(each, dict) for key in each}
        named |= {f"{name}.*.{key}": [each.get(key) for each in value] for key in keys}
    return named


def fill(template: str, context: Mapping[str, Any]) -> str:
    """The template in a context of its own: `name` or `name()` in it stands for a value."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _text(_Parser(found[1], context).whole()), template)


def _text(value: Any) -> str:
    return {None: "", True: "true", False: "false"}.get(value, str(value)) if not isinstance(value, int | float) else (
        str(value).lower() if isinstance(value, bool) else str(value)
    )  # fmt: skip


class _Parser:
    """Recursive descent: or, and, equality, not, value."""

    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self.context = context
        self.tokens = [next(part for part in found if part) for found in TOKEN.findall(text)]

    def whole(self) -> Any:
        value = self.either()
        if self.tokens:
            raise ValueError(f"cannot evaluate from {self.tokens[0]!r} on")
        return value

    def _take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def either(self) -> Any:
        value = self.both()
        while self._take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.equal()
        while self._take("&&"):
            other = self.equal()
            value = value and other
        return value

    def equal(self) -> Any:
        value = self.value()
        while operator := self._take("==", "!="):
            other = self.value()
            same = _text(value).lower() == _text(other).lower()
            value = same if operator == "==" else not same
        return value

    def value(self) -> Any:
        if self._take("!"):
            return not self.value()
        if self._take("("):
            inner = self.either()
            self._take(")")
            return inner
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token[0].isdigit():
            return float(token) if "." in token else int(token)
        return self.call(token) if self._take("(") else self.context.get(token)

    def call(self, name: str) -> Any:
        arguments = []
        while not self._take(")"):
            arguments.append(self.either())
            self._take(",")
        if name == "contains" and isinstance(arguments[0], list):
            return _text(arguments[1]).lower() in [_text(each).lower() for each in arguments[0]]
        texts = [_text(each) for each in arguments]
        if name == "format":
            return re.sub(r"\{(\d+)\}", lambda found: texts[int(found[1]) + 1], texts[0])
        if name in ("contains", "startsWith", "endsWith"):
            whole, part = texts[0].lower(), texts[1].lower()
            return {"contains": part in whole, "startsWith": whole.startswith(part), "endsWith": whole.endswith(part)}[
                name
            ]
        if f"{name}()" in self.context:
            return self.context[f"{name}()"]
        raise ValueError(f"the function {name} is not known here")
