"""GitHub's published OpenAPI description, reduced to the operations that the sandbox serves.

It comes from the npm package @octokit/openapi, whose archive `npm pack --silent --pack-destination build/npm
@octokit/openapi@VERSION` puts under build/. Reading that archive takes a second and is done once; the reduced form is
kept beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standins.github.call import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standins.github.people import Json

BUILD = Path(__file__).resolve().parents[2] / "build" / "npm"
PLACEHOLDER = re.compile(r"\{\w+\+?\}")
# What says nothing about the shape of a value.
DROPPED = {"default", "deprecated", "description", "discriminator", "example", "examples", "externalDocs", "format"}
DROPPED |= {"nullable", "readOnly", "title"}
NAMED = ("properties", "patternProperties")
REFERENCE = "#/$defs/"


def archive() -> Path | None:
    """The package's archive, None where the set-up could not fetch it."""
    return max(BUILD.glob("octokit-openapi-*.tgz"), default=None)


def load(version: str = "api.github.com") -> Json | None:
    """`{"operations": {"GET /repos/{}/{}": …}, "$defs": …}` in JSON Schema 2020-12, None without an archive."""
    packed = archive()
    if packed is None:
        return None
    routes = sorted({f"{each.method} {PLACEHOLDER.sub('{}', each.template)}" for each in ROUTES})
    made_by = hashlib.sha256(repr(routes).encode() + Path(__file__).read_bytes()).hexdigest()[:12]
    kept = packed.with_name(f"{packed.stem}-{version}-{made_by}.json")
    if not kept.exists():
        _write(kept, reduce(_read(packed, version), routes))
    content: Json = json.loads(kept.read_bytes())
    return content


def _read(packed: Path, version: str) -> Json:
    with tarfile.open(packed) as opened:
        member = opened.extractfile(f"package/generated/{version}.json")
        if member is None:
            raise ValueError(f"{packed} holds no description of {version}")
        content: Json = json.load(member)
        return content


def _write(path: Path, content: Json) -> None:
    """Whole or not at all: several processes may do this at once."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(file.name, path)  # noqa: PTH105 - one rename, as it says


def reduce(description: Json, routes: Iterable[str]) -> Json:
    """Only the operations of these routes, and the schemas that they reach."""
    _mend(description)
    operations = {}
    for line in routes:
        method, template = line.split(" ", 1)
        found = _find(description["paths"], method.lower(), template)
        if found is not None:
            operations[line] = _operation(description, found)
    schemas, names = description["components"]["schemas"], set[str]()
    webhooks = {name: _webhook(each) for name, each in description.get("x-webhooks", {}).items()}
    _reach([operations, webhooks], schemas, names)
    return {
        "operations": operations,
        "webhooks": webhooks,
        "$defs": {name: _schema(schemas[name]) for name in sorted(names)},
    }


def _mend(description: Json) -> None:
    """Two places where the description is wrong about what GitHub answers, since 2023 at least."""
    label = description["components"]["schemas"]["pull-request-simple"]["properties"]["labels"]["items"]
    label["properties"]["description"]["nullable"] = True  # as everywhere else
    answer = description["paths"]["/app/installations"]["get"]["responses"]["200"]["content"]["application/json"]
    account = answer["schema"]["items"]["properties"].get("account", {})
    if "allOf" in account:  # "a user and an enterprise": one of them
        account["anyOf"] = account.pop("allOf")


def _find(paths: Json, method: str, template: str) -> Json | None:
    """The operation whose path has the same fixed parts, or a placeholder where ours has a word ("zip")."""
    wanted, fallback = template.split("/"), None
    for path, item in paths.items():
        parts = PLACEHOLDER.sub("{}", path).split("/")
        if method not in item or len(parts) != len(wanted):
            continue
        if parts == wanted:
            found: Json = item[method]
            return found
        if all(ours in (theirs, "zip") for ours, theirs in zip(wanted, parts, strict=True)):
            fallback = item[method]
    return fallback


def _operation(description: Json, operation: Json) -> Json:
    parameters = [_resolved(description, each) for each in operation.get("parameters", [])]
    responses = {status: _resolved(description, each) for status, each in operation["responses"].items()}
    return {
        "query": {each["name"]: _schema(each["schema"]) for each in parameters if each["in"] == "query"},
        "required": [each["name"] for each in parameters if each["in"] == "query" and each.get("required")],
        "body": _content(operation.get("requestBody", {})),
        "body_required": operation.get("requestBody", {}).get("required", False),
        "responses": {status: _content(each) for status, each in responses.items()},
    }


def _webhook(item: Json) -> Json | None:
    return _content(item["post"].get("requestBody", {}))


def _resolved(description: Json, item: Json) -> Json:
    while "$ref" in item:
        target: Any = description
        for part in item["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        item = target
    return item


def _content(item: Json) -> Json | None:
    content = item.get("content", {})
    for name in ("application/json", "application/scim+json", "application/vnd.github.object"):
        if name in content:
            schema: Json = _schema(content[name]["schema"])
            return schema
    return None


def _schema(given: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema 2020-12: `nullable` becomes a type, documentation goes."""
    if isinstance(given, list):
        return [_schema(each) for each in given]
    if not isinstance(given, dict):
        return given
    if isinstance(given.get("$ref"), str):
        return {"$ref": REFERENCE + given["$ref"].rpartition("/")[2].removeprefix(REFERENCE)}
    made = {
        name: {key: _schema(each) for key, each in value.items()} if name in NAMED else _schema(value)
        for name, value in given.items()
        if name not in DROPPED and not name.startswith("x-")
    }
    if {"$ref": f"{REFERENCE}repository-rule-violation-error"} in made.get("oneOf", ()):
        made["anyOf"] = made.pop("oneOf")  # every such error is a `basic-error` too
    return _nullable(made) if given.get("nullable") else made


def _nullable(made: Json) -> Json:
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    if isinstance(made.get("type"), str):
        return {**made, "type": [made["type"], "null"]}
    return made if "type" in made else {"anyOf": [made, {"type": "null"}]}


def _reach(schema: Any, schemas: Json, names: set[str]) -> None:
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name in schemas and name not in names:
            names.add(name)
            _reach(schemas[name], schemas, names)
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _reach(each, schemas, names)
