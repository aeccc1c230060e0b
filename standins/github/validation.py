"""Whether what was asked and answered is what GitHub's description allows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from standins.github.description import PLACEHOLDER, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standins.github.exchange import Exchange
    from standins.github.hooks import Delivery
    from standins.github.people import Json

MOST_SHOWN = 5  # mistakes of one exchange


@functools.cache
def validator(version: str) -> Validator | None:
    """One a process and version: what it has compiled serves every sandbox."""
    description = load(version)
    return None if description is None else Validator(description)


class Validator:
    """Schemas are compiled when they are first met."""

    def __init__(self, description: Json) -> None:
        self.operations: Json = description["operations"]
        self.webhooks: Json = description["webhooks"]
        self.definitions: Json = description["$defs"]
        self._compiled: dict[str, Any] = {}

    def exchange(self, exchange: Exchange) -> list[str]:
        """What is wrong with a request or its answer, one sentence each."""
        line = f"{exchange.method} {exchange.path}"
        if exchange.template == "git" or exchange.path.startswith("/_") or exchange.status == 0:
            return []
        if not exchange.template and not exchange.fault:
            return [f"{line}: the sandbox has no such route"]
        operation = self.operations.get(f"{exchange.method} {PLACEHOLDER.sub('{}', exchange.template)}")
        if operation is None:
            return []
        found = [*self._request(operation, exchange), *([] if exchange.fault else self._answer(operation, exchange))]
        return [f"{line}: {each}" for each in found]

    def _request(self, operation: Json, exchange: Exchange) -> Iterator[str]:
        for name in operation["required"]:
            if name not in exchange.query:
                yield f"the query lacks {name}"
        for name, value in exchange.query.items():
            schema = operation["query"].get(name)
            if schema is None:
                yield f"the query has no parameter {name}"
            else:
                yield from self._mistakes(schema, _typed(value, schema), f"query {name}")
        schema, body = operation["body"], exchange.body
        if schema is None:
            if body:
                yield "a body where none belongs"
        elif isinstance(body, bytes):
            yield "a body that is not JSON"
        elif body or operation["body_required"]:
            yield from self._mistakes(schema, body, "request")
            known = self._properties(schema)
            if known and isinstance(body, dict) and exchange.status != 422:  # that said so already
                yield from (f"request: there is no field {name}" for name in body if name not in known)

    def _answer(self, operation: Json, exchange: Exchange) -> Iterator[str]:
        status, content = str(exchange.status), exchange.answer
        if exchange.status == 304:  # any GET may be conditional, also where the description does not list it
            return
        if isinstance(content, bytes):
            return
        if status not in operation["responses"]:
            worded = isinstance(content, Mapping) and isinstance(content.get("message"), str)
            # Any request may be redirected, whatever its description lists: docs.github.com/rest/using-the-rest-api/
            # best-practices-for-using-the-rest-api#follow-redirects
            if not worded or (exchange.status < 400 and exchange.status != 301):
                yield f"an answer {status} that is not described"
            return
        schema = operation["responses"][status]
        if schema is None:
            if content and exchange.status < 400:
                yield f"answer {status}: a body where none belongs"
        else:
            yield from self._mistakes(schema, content, f"answer {status}")

    def delivery(self, delivery: Delivery) -> list[str]:
        """What is wrong with a webhook's payload."""
        import json

        parts = [delivery.event, *([delivery.action] if delivery.action else [])]
        name = "-".join(parts).replace("_", "-")
        schema = self.webhooks.get(name)
        if schema is None:
            return [f"webhook {name}: there is no such event"]
        return [f"webhook {name}: {each}" for each in self._mistakes(schema, json.loads(delivery.payload), "payload")]

    def _mistakes(self, schema: Json, value: Any, where: str) -> Iterator[str]:
        import jsonschema_rs

        key = repr(schema)
        compiled = self._compiled.get(key)
        if compiled is None:
            whole = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **schema,
                "$defs": self._reached(schema),
            }
            compiled = self._compiled[key] = jsonschema_rs.validator_for(whole)
        for number, error in enumerate(compiled.iter_errors(value)):
            if number == MOST_SHOWN:
                break
            yield f"{where}{''.join(f'/{part}' for part in error.instance_path)}: {error.message[:300]}"

    def _reached(self, schema: Any) -> Json:
        names: Json = {}
        todo = [schema]
        while todo:
            each = todo.pop()
            if isinstance(each, dict):
                name = str(each.get("$ref", "")).rpartition("/")[2]
                if name in self.definitions and name not in names:
                    names[name] = self.definitions[name]
                    todo.append(names[name])
                todo += each.values()
            elif isinstance(each, list):
                todo += each
        return names

    def _properties(self, schema: Json) -> set[str]:
        """The fields that a body may have, empty if any may."""
        names = set(schema.get("properties", {}))
        for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            names |= self._properties(each)
        if "$ref" in schema:
            names |= self._properties(self.definitions[schema["$ref"].rpartition("/")[2]])
        return set() if schema.get("additionalProperties") is True else names


def _typed(value: str, schema: Json) -> Any:
    """A query's text as what its schema speaks of."""
    kinds = schema.get("type", ())
    if "integer" in kinds and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if "boolean" in kinds else value
