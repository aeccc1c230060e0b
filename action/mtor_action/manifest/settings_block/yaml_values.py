"""YAML nodes → values: texts, lists, numbers and mappings, or a diagnostic at the place of the mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.nearest import nearest

if TYPE_CHECKING:
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.manifest.settings_block.yaml_nodes import Node
    from mtor_action.manifest.text import Place, Problems

_WHOLE = lazy_pattern(r"[0-9]{1,15}")
_NUMBER = lazy_pattern(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
ROOT = "the settings block"
_MAPPING_HINTS = {
    ROOT: "write `key: value` lines, with a space after the colon, such as `title: Fix the parser`",
    "move": "write move: {old/path: new/path}",
    "budget": "write budget: {turns: 20, usd: 0.50}",
    "per_day": "write per_day: {usd: 5.00, jobs: 20}",
    "roles": "write roles: {implementer: [MODEL]}",
    "stalls": "write stalls: {monologue: 3}, see mtor explain stalls",
}


class Named(NamedTuple):
    """A text of the settings, and the place at which it was written."""

    text: str
    place: Place

    def diagnostic(self, rule: str, message: str, hint: str) -> Diagnostic:
        """Return what is wrong with it, at its place."""
        from mtor_action.diagnostics import Diagnostic

        path, line, column = self.place
        return Diagnostic(rule, path, line, column, message, hint, width=max(1, len(self.text)))


class Values:
    """Reads nodes into values; every mistake becomes a diagnostic at its place."""

    def __init__(self, problems: Problems, first_line: int, indent: int) -> None:
        self._problems = problems
        self._first_line = first_line
        self._indent = indent

    def position(self, line: int, column: int) -> tuple[int, int]:
        """Return line and column of the text for a line and a column of the YAML."""
        from mtor_action.manifest.fences.fenced_blocks import body_line_indented_by

        number = self._first_line + line
        raw = self._problems.lines.raw(number) if self._indent and number < len(self._problems.lines) else b""
        cut = body_line_indented_by(raw, self._indent)
        return number, column + (len(raw) - len(cut) if cut is not None else self._indent)

    def place(self, node: Node) -> Place:
        """Return the node's place in the text that the settings are a part of."""
        return self._problems.lines.place(*self.position(node.line, node.column))

    def fault(self, node: Node, message: str, hint: str = "", rule: str = "setting") -> None:
        """Add a diagnostic at the node's place; `hint` becomes its help."""
        line, column = self.position(node.line, node.column)
        self._problems.add(
            rule,
            line,
            message,
            column=column,
            width=max(1, len(node.scalar or "")),
            help=hint,
        )

    def text(self, node: Node, key: str) -> str | None:
        """Return a text that is not blank; None after a diagnostic."""
        if node.scalar and node.scalar.strip():
            return node.scalar
        self.fault(node, f"{key} is {shown(node)}, expected a string", _quote_hint(node))
        return None

    def line(self, node: Node, key: str) -> str | None:
        """Return a text of one line; the line feed that a block scalar ends with does not count."""
        text = self.text(node, key)
        if text is None or "\n" not in text.strip("\n"):
            return text.strip() if text else None
        self.fault(node, f"{key} has {len(text.splitlines())} lines, expected one")
        return None

    def texts(self, node: Node, key: str) -> tuple[str, ...]:
        """Return the texts of a list, or of a text as a list of one."""
        return tuple(named.text for named in self.named(node, key))

    def named(self, node: Node, key: str) -> tuple[Named, ...]:
        """Return the texts as `texts` does, each with its place."""
        if node.scalar and node.scalar.strip():
            return (Named(node.scalar, self.place(node)),)
        if node.items is None:
            hint = f"write `{key}: []` if there is none on purpose" if node.form == "nothing" else _quote_hint(node)
            self.fault(node, f"{key} is {shown(node)}, expected a list of strings", hint)
            return ()
        found = ((item, self.text(item, f"an item of {key}")) for item in node.items)
        return tuple(Named(text, self.place(item)) for item, text in found if text is not None)

    def globs(self, node: Node, key: str) -> tuple[str, ...]:
        """Return the texts, none of which would be taken for an exception: a glob adds, and nothing takes away."""
        texts = self.texts(node, key)
        for text, item in zip(texts, node.items or (node,), strict=False):
            if text.lstrip().startswith("!"):
                self.fault(item, f'{key} has "{text}", expected a glob without "!"', "a glob here has no exceptions")
        return texts

    def words(self, node: Node, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return texts that `known` holds; for another one the nearest is named."""
        texts = self.texts(node, key)
        for text, item in zip(texts, node.items or (node,), strict=False):
            if text not in known:
                self.fault(item, f'{key} has "{text}", {_expected(text, known)}')
        return tuple(text for text in texts if text in known)

    def number(self, node: Node, key: str, *, whole: bool) -> float | None:
        """Return a number above 0; None after a diagnostic."""
        form = _WHOLE if whole else _NUMBER
        value = float(node.scalar) if node.scalar and form.fullmatch(node.scalar) else -1.0
        if 0 < value < 1e12:
            return value
        kind = "a whole number" if whole else "a number"
        self.fault(node, f"{key} is {shown(node)}, expected {kind} above 0")
        return None

    def pairs(self, node: Node, key: str) -> tuple[tuple[Node, Node], ...]:
        """Return the keys and values of a mapping; none after a diagnostic."""
        if node.entries is None:
            self.fault(node, f"{key} is {shown(node)}, expected a mapping", _MAPPING_HINTS[key])
            return ()
        return node.entries


def shown(node: Node) -> str:
    """Return the node as a message names it: its text in quotes, or its form."""
    return f'"{node.scalar}"' if node.scalar else node.form


def _quote_hint(node: Node) -> str:
    from mtor_action.manifest.settings_block.yaml_nodes import single_quoted

    if node.entries and len(node.entries) > 1 and not node.source.startswith("{"):
        return "write the text itself, without keys"
    return f"quote it if it is text: {single_quoted(node.source)}" if node.source else ""


def unknown_key(values: Values, key: Node, where: str, known: tuple[str, ...]) -> None:
    """Add the diagnostic for a key that `where` does not have."""
    name = key.scalar or ""
    values.fault(key, f'unknown key "{name}" in {where}, {_expected(name, known)}', rule="unknown-key")


def _expected(text: str, known: tuple[str, ...]) -> str:
    meant = nearest(text, known)
    return f'expected "{meant}"' if meant else f"expected one of {', '.join(known)}"
