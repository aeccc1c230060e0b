"""GraphQL documents as clients write them: read, held against `schema.graphql`, and results cut to what was asked for.

As much of the language as is needed: one operation, aliases, inline fragments, variables, literals.
https://docs.github.com/graphql/guides/introduction-to-graphql (read 2026-11-30); the language itself:
https://spec.graphql.org/October2021/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from standins.github.exchange import Exchange

_TOKEN = re.compile(r'[ \t\r\n,]+|#[^\n]*|(?P<token>\.\.\.|[A-Za-z_]\w*|"(?:[^"\\\n]|\\.)*"|-?\d+|[{}()\[\]:=!$|&@])')
_MOST_NODES = 100


class NotGraphQL(Exception):
    """The text cannot be read."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` as a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Enumerated:
    """A literal of an enum."""

    name: str


@dataclass(frozen=True, slots=True)
class Selected:
    """A field that is asked for under `alias`, or with `on` a fragment for one type."""

    alias: str = ""
    name: str = ""
    on: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[Selected, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One operation: `query` or `mutation`, the types of its variables as written, and its fields in order."""

    kind: str
    variables: Mapping[str, str]
    selected: tuple[Selected, ...]


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field's type as written, and the types of its arguments; one with a default is written without `!`."""

    type: str
    arguments: Mapping[str, str]


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next
        if not token or (expected and token != expected):
            raise NotGraphQL(f"expected {expected or 'more'}, found {token or 'the end'}")
        self.at += 1
        return token

    def takes(self, token: str) -> bool:
        if self.next == token:
            self.at += 1
            return True
        return False

    def type(self) -> str:
        text = f"[{self.type()}{self.take(']')}" if self.takes("[") else self.take()
        return text + "!" if self.takes("!") else text

    def value(self) -> Any:
        if self.takes("$"):
            return Variable(self.take())
        if self.takes("{"):
            given = {}
            while not self.takes("}"):
                name = self.take()
                self.take(":")
                given[name] = self.value()
            return given
        if self.takes("["):
            listed = []
            while not self.takes("]"):
                listed.append(self.value())
            return listed
        token = self.take()
        if token.startswith('"'):
            return token[1:-1]
        if token.lstrip("-").isdecimal():
            return int(token)
        return {"true": True, "false": False, "null": None}.get(token, Enumerated(token))

    def fields(self) -> tuple[Selected, ...]:
        self.take("{")
        selected = []
        while not self.takes("}"):
            if self.takes("..."):
                self.take("on")
                selected.append(Selected(on=self.take(), selected=self.fields()))
            else:
                selected.append(self.field())
        return tuple(selected)

    def field(self) -> Selected:
        alias = name = self.take()
        if self.takes(":"):
            name = self.take()
        arguments = {}
        if self.takes("("):
            while not self.takes(")"):
                key = self.take()
                self.take(":")
                arguments[key] = self.value()
        return Selected(alias, name, arguments=arguments, selected=self.fields() if self.next == "{" else ())


def read_document(text: str) -> Document:
    """Return the operation. Raises NotGraphQL."""
    reader = _Reader(_tokens(text))
    kind, variables = "query", {}
    if reader.next != "{":
        kind = reader.take()
        if reader.next not in ("(", "{"):
            reader.take()  # the operation's name
        if reader.takes("("):
            while not reader.takes(")"):
                reader.take("$")
                name = reader.take()
                reader.take(":")
                variables[name] = reader.type()
    document = Document(kind, variables, reader.fields())
    if reader.next:
        raise NotGraphQL(f"{reader.next} after the operation")
    return document


@cache
def schema() -> Mapping[str, Mapping[str, SchemaField]]:
    """Return the fields of each type, interface and input; an enum's values are fields, a union has none."""
    reader = _Reader(_tokens((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")))
    types: dict[str, dict[str, SchemaField]] = {}
    while reader.next:
        kind, name = reader.take(), reader.take()
        fields = types[name] = {}
        if kind == "union":
            while reader.next in ("=", "|"):
                reader.take()
                reader.take()
            continue
        reader.take("{")
        while not reader.takes("}"):
            fields.update([_schema_field(reader, is_enum=kind == "enum")])
    return types


def mistakes(document: Document) -> list[str]:
    """Return what GitHub would refuse in the document, in words like its own."""
    root = "Mutation" if document.kind == "mutation" else "Query"
    return list(_mistakes(document, root, document.selected))


def faults_of(exchange: Exchange) -> list[str]:
    """Return what GitHub would refuse in a request's document, [] for any other request."""
    if exchange.template != "/api/graphql" or not isinstance(exchange.body, dict):
        return []
    try:
        faults = mistakes(read_document(str(exchange.body.get("query", ""))))
    except NotGraphQL as error:
        faults = [str(error)]
    return [f"{exchange.method} {exchange.path}: {fault}" for fault in faults]


def given(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return an argument with the variables put in; enums are their names."""
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Enumerated):
        return value.name
    if isinstance(value, dict):
        return {name: given(each, variables) for name, each in value.items()}
    return [given(each, variables) for each in value] if isinstance(value, list) else value


def cut(value: Any, selected: Sequence[Selected]) -> Any:
    """Return of a result what was asked for; a value is kept under its alias or its field's name.

    `__typename` of a value decides which fragments are for it; without one all are.
    """
    if isinstance(value, list):
        return [cut(each, selected) for each in value]
    if not isinstance(value, dict) or not selected:
        return value
    kept: dict[str, Any] = {}
    for each in selected:
        if each.on:
            if value.get("__typename") in (None, each.on):
                kept |= cut(value, each.selected)
        else:
            kept[each.alias] = cut(value[each.alias if each.alias in value else each.name], each.selected)
    return kept


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotGraphQL(f"unexpected {text[at]!r}")
        at = match.end()
        if match["token"]:
            tokens.append(match["token"])
    return tokens


def _schema_field(reader: _Reader, *, is_enum: bool) -> tuple[str, SchemaField]:
    name, arguments = reader.take(), {}
    if is_enum:
        return name, SchemaField(name, {})
    if reader.takes("("):
        while not reader.takes(")"):
            key = reader.take()
            reader.take(":")
            arguments[key] = _with_default(reader, reader.type())
    reader.take(":")
    return name, SchemaField(_with_default(reader, reader.type()), arguments)


def _with_default(reader: _Reader, written: str) -> str:
    if not reader.takes("="):
        return written
    reader.value()
    return written.removesuffix("!")


def _mistakes(document: Document, type_name: str, selected: Sequence[Selected]) -> Iterator[str]:
    fields = schema().get(type_name, {})
    aliases = [each.alias for each in selected if each.alias]
    if len(set(aliases)) < len(aliases):
        yield f"Field '{type_name}' has an argument conflict"
    for each in selected:
        if each.on:
            unknown = [] if each.on in schema() else [f"No such type {each.on}, so it can't be a fragment condition"]
            yield from unknown or _mistakes(document, each.on, each.selected)
        elif each.name != "__typename" and each.name not in fields:
            yield f"Field '{each.name}' doesn't exist on type '{type_name}'"
        elif each.name != "__typename":
            yield from _of_field(document, fields[each.name], each)


def _of_field(document: Document, known: SchemaField, selected: Selected) -> Iterator[str]:
    inner = known.type.strip("[]!")
    is_composite = inner in schema() and not _is_enum(inner)
    if is_composite != bool(selected.selected):
        yield f"Field '{selected.name}' of type {known.type}: {'selections' if is_composite else 'none'} expected"
    if "first" in known.arguments:
        number = selected.arguments.get("first", selected.arguments.get("last"))
        if not isinstance(number, Variable) and not (isinstance(number, int) and 1 <= number <= _MOST_NODES):
            yield f"You must provide a `first` or `last` value from 1 to {_MOST_NODES} on `{selected.name}`"
    yield from _of_arguments(document, f"Field '{selected.name}'", known.arguments, selected.arguments)
    yield from _mistakes(document, inner, selected.selected)


def _of_arguments(
    document: Document, place: str, known: Mapping[str, str], arguments: Mapping[str, Any]
) -> Iterator[str]:
    for name in known.keys() - arguments.keys():
        if known[name].endswith("!"):
            yield f"{place} is missing required arguments: {name}"
    for name, value in arguments.items():
        if name not in known:
            yield f"{place} doesn't accept argument '{name}'"
        elif (fault := _fault(document, known[name], value)) is not None:
            yield f"Argument '{name}' on {place}: {fault}"


def _fault(document: Document, expected: str, value: Any) -> str | None:
    """Return why a value is not one of the type, None if it is."""
    plain = expected.removesuffix("!")
    fits = value is None and plain == expected
    if isinstance(value, Variable):
        declared = document.variables.get(value.name, "")
        fits = declared in (expected, f"{expected}!")
    elif plain.startswith("[") and isinstance(value, list):
        return next((fault for each in value if (fault := _fault(document, plain[1:-1], each)) is not None), None)
    elif _is_enum(plain):
        fits = isinstance(value, Enumerated) and value.name in schema()[plain]
    elif plain in schema() and isinstance(value, dict):
        known = {name: each.type for name, each in schema()[plain].items()}
        return next(_of_arguments(document, f"InputObject '{plain}'", known, value), None)
    elif plain not in schema():
        fits = fits or type(value) is {"Int": int, "Boolean": bool}.get(plain, str)
    return None if fits else f"expected a value of type '{expected}'"


def _is_enum(name: str) -> bool:
    fields = schema().get(name, {})
    return bool(fields) and all(key == each.type for key, each in fields.items())
