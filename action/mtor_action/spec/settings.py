"""Settings: the `yaml mtor` block of a spec, and `.github/mtor.yml`, which gives defaults for most of them.

`SETTINGS` is the table: one row a key says where it may stand, how it is read and its JSON Schema.
docs/settings.schema.json is made from it (`python -m mtor_action.spec.settings_schema`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mtor_action.spec.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.spec.text import Place, Problems
    from mtor_action.spec.yaml_nodes import Node

DEFAULTS_FILE = ".github/mtor.yml"


class Named(NamedTuple):
    """A text and where it was written."""

    text: str
    place: Place


class Budget(NamedTuple):
    """What a run may spend on models; None where nothing was said."""

    turns: int | None = None
    tokens: int | None = None
    usd: float | None = None
    minutes: float | None = None


class PerDay(NamedTuple):
    """What all runs of a UTC day may spend on models together; None where nothing was said."""

    usd: float | None = None
    jobs: int | None = None


class Settings(NamedTuple):
    """What was written; None means that the key is absent. `timeout_minutes` is for each command."""

    title: str | None = None
    base: str | None = None
    setup: tuple[str, ...] | None = None
    test: tuple[str, ...] | None = None
    delete: tuple[Named, ...] = ()
    move: tuple[tuple[Named, Named], ...] = ()
    allow: tuple[str, ...] | None = None
    protect: tuple[str, ...] | None = None
    implementer: tuple[str, ...] | None = None
    budget: Budget = Budget()
    timeout_minutes: float | None = None
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    per_day: PerDay | None = None
    protocol: str | None = None
    samples: int | None = None
    max_output_tokens: int | None = None
    stalls: tuple[tuple[str, float], ...] = ()
    ci: str | None = None
    four_eyes: str | None = None
    specs_may: tuple[str, ...] | None = None
    places: tuple[tuple[str, Place], ...] = ()  # of what has a limit: `allow`, `allow[0]`, `budget.usd`

    def over(self, defaults: Settings) -> Settings:
        """These settings with `defaults` where nothing was said; spec/limits.py says how far that may go."""
        said = {
            name: value
            for name, value in self._asdict().items()
            if value is not None and (value != () or name in _EMPTY_IS_SAID)
        }
        budget = defaults.budget._replace(
            **{name: value for name, value in self.budget._asdict().items() if value is not None}
        )
        return defaults._replace(**{**said, "budget": budget, "places": self.places})


# An empty list under these keys is an answer ("no tests", "nothing more"), not silence.
_EMPTY_IS_SAID = frozenset({"setup", "test", "allow", "protect", "implementer"})


class _Values:
    """Reads nodes into values; every mistake becomes a diagnostic at its place."""

    def __init__(self, problems: Problems, first_line: int, indent: int) -> None:
        self._problems = problems
        self._first_line = first_line
        self._indent = indent

    def position(self, line: int, column: int) -> tuple[int, int]:
        """Line and column of the text for a line and a column of the YAML."""
        from mtor_action.spec.structure import body_line_indented_by

        number = self._first_line + line
        raw = self._problems.lines.raw(number) if self._indent and number < len(self._problems.lines) else b""
        cut = body_line_indented_by(raw, self._indent)
        return number, column + (len(raw) - len(cut) if cut is not None else self._indent)

    def place(self, node: Node) -> Place:
        return self._problems.lines.place(*self.position(node.line, node.column))

    def fault(self, node: Node, message: str, hint: str = "", rule: str = "setting") -> None:
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
        if node.scalar and node.scalar.strip():
            return node.scalar
        self.fault(node, f"{key} is {_found(node)}, expected a text", _quote_hint(node))
        return None

    def line(self, node: Node, key: str) -> str | None:
        """A text of one line; the line feed that a block scalar ends with does not count."""
        text = self.text(node, key)
        if text is None or "\n" not in text.strip("\n"):
            return text.strip() if text else None
        self.fault(node, f"{key} has {len(text.splitlines())} lines, expected one")
        return None

    def texts(self, node: Node, key: str) -> tuple[str, ...]:
        return tuple(named.text for named in self.named(node, key))

    def named(self, node: Node, key: str) -> tuple[Named, ...]:
        if node.scalar and node.scalar.strip():
            return (Named(node.scalar, self.place(node)),)
        if node.items is None:
            hint = f"write `{key}: []` if there is none on purpose" if node.form == "nothing" else _quote_hint(node)
            self.fault(node, f"{key} is {_found(node)}, expected a list of texts", hint)
            return ()
        found = ((item, self.text(item, f"an item of {key}")) for item in node.items)
        return tuple(Named(text, self.place(item)) for item, text in found if text is not None)

    def globs(self, node: Node, key: str) -> tuple[str, ...]:
        """Texts, none of which would be taken for an exception: a glob adds, and nothing takes away."""
        texts = self.texts(node, key)
        for text, item in zip(texts, node.items or (node,), strict=False):
            if text.lstrip().startswith("!"):
                self.fault(item, f'{key} has "{text}", expected a glob without "!"', "there are no exceptions")
        return texts

    def words(self, node: Node, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Texts that `known` holds; for another one the nearest is named."""
        texts = self.texts(node, key)
        for text, item in zip(texts, node.items or (node,), strict=False):
            if text not in known:
                self.fault(item, f'{key} has "{text}", {_expected(text, known)}')
        return tuple(text for text in texts if text in known)

    def number(self, node: Node, key: str, *, whole: bool) -> float | None:
        form = _WHOLE if whole else _NUMBER
        value = float(node.scalar) if node.scalar and form.fullmatch(node.scalar) else -1.0
        if 0 < value < 1e12:
            return value
        kind = "a whole number" if whole else "a number"
        self.fault(node, f"{key} is {_found(node)}, expected {kind} above 0")
        return None

    def pairs(self, node: Node, key: str) -> tuple[tuple[Node, Node], ...]:
        if node.entries is None:
            self.fault(node, f"{key} is {_found(node)}, expected a mapping", _MAPPING_HINTS[key])
            return ()
        return node.entries


_WHOLE = re.compile(r"[0-9]{1,15}")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_ROOT = "the settings block"
_MAPPING_HINTS = {
    _ROOT: "write `key: value` lines, with a space after the colon, such as `title: Fix the parser`",
    "move": "write move: {old/path: new/path}",
    "budget": "write budget: {turns: 20, usd: 0.50}",
}


def _found(node: Node) -> str:
    return f'"{node.scalar}"' if node.scalar else node.form


def _quote_hint(node: Node) -> str:
    from mtor_action.spec.yaml_nodes import single_quoted

    if node.entries and len(node.entries) > 1 and not node.source.startswith("{"):
        return "write the text itself, without keys"
    return f"quote it if it is text: {single_quoted(node.source)}" if node.source else ""


def _moves(values: _Values, node: Node) -> tuple[tuple[Named, Named], ...]:
    moves: list[tuple[Named, Named]] = []
    for old, new in values.pairs(node, "move"):
        source, target = values.text(old, "a path of move"), values.text(new, "the new path of a move")
        if source is not None and target is not None:
            moves.append((Named(source, values.place(old)), Named(target, values.place(new))))
    return tuple(moves)


def _numbers(values: _Values, node: Node, name: str, schema: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The numbers of a mapping whose keys and types `schema` names."""
    known: dict[str, float | None] = {}
    for key, value in values.pairs(node, name):
        row = schema.get(key.scalar or "")
        if row is None:
            _unknown(values, key, name, tuple(schema))
            continue
        whole = row["type"] == "integer"
        number = values.number(value, f"{name}.{key.scalar}", whole=whole)
        known[key.scalar or ""] = int(number) if whole and number is not None else number
    return known


def _roles(values: _Values, node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for key, value in values.pairs(node, "roles"):
        if key.scalar not in ROLES:
            _unknown(values, key, "roles", ROLES)
            continue
        found.append((key.scalar, values.texts(value, f"roles.{key.scalar}")))
    return tuple(found)


def _word(values: _Values, node: Node, key: str, words: tuple[str, ...]) -> str | None:
    if node.scalar in words:
        return node.scalar
    values.fault(node, f"{key} is {_found(node)}, expected {', '.join(words)}")
    return None


def _whole(values: _Values, node: Node, key: str, *, least: int = 1, most: int) -> int | None:
    number = values.number(node, key, whole=True)
    if number is not None and not least <= number <= most:
        bound = f"at least {least}" if number < least else f"at most {most}"
        values.fault(node, f"{key} is {number:.0f}, expected {bound}")
        return None
    return None if number is None else int(number)


def _stalls(values: _Values, node: Node) -> tuple[tuple[str, float], ...]:
    from mtor_action.stalls.thresholds import DEFAULTS, problems

    found = []
    for key, value in values.pairs(node, "stalls"):
        name = key.scalar or ""
        if name not in DEFAULTS:
            _unknown(values, key, "stalls", tuple(DEFAULTS))
            continue
        wrong = problems({name: value.scalar or ""})
        for problem in wrong:
            values.fault(value, problem, "docs/stalls.md has the ranges")
        if not wrong:
            found.append((name, float(value.scalar or 0)))
    return tuple(found)


def _unknown(values: _Values, key: Node, where: str, known: tuple[str, ...]) -> None:
    values.fault(
        key, f'unknown key "{key.scalar}" in {where}, {_expected(key.scalar or "", known)}', rule="unknown-key"
    )


def _not_here(values: _Values, key: Node, known: tuple[str, ...], *, in_file: bool) -> None:
    """Report a key that this place does not take; a key of the other place, even misspelt, is sent there."""
    name = key.scalar or ""
    here, other, move = (
        (DEFAULTS_FILE, "in the settings block of a spec", "move it to the `yaml mtor` block of the spec")
        if in_file
        else (_ROOT, f"in {DEFAULTS_FILE}", f"move it to {DEFAULTS_FILE}")
    )
    meant = name if name in SETTINGS else nearest(name, tuple(SETTINGS))
    if not meant or meant in known:
        _unknown(values, key, here, known)
    elif meant == name:
        values.fault(key, f'"{name}" may be set only {other}', move, rule="unknown-key")
    else:
        message = f'unknown key "{name}" in {here}, expected "{meant}", which may be set only {other}'
        values.fault(key, message, move, rule="unknown-key")


def _expected(text: str, known: tuple[str, ...]) -> str:
    meant = nearest(text, known)
    return f'expected "{meant}"' if meant else f"expected one of {', '.join(known)}"


class Setting(NamedTuple):
    """One key. `in_spec` and `in_file` say where it may stand."""

    read: Callable[[_Values, Node, str], Any]
    description: str
    schema: dict[str, Any]
    in_spec: bool = True
    in_file: bool = True


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_BUDGET_SCHEMA: dict[str, dict[str, Any]] = {
    "turns": {"type": "integer", "exclusiveMinimum": 0, "description": "Requests to the implementer."},
    "tokens": {"type": "integer", "exclusiveMinimum": 0, "description": "Input and output tokens together."},
    "usd": {"type": "number", "exclusiveMinimum": 0, "description": "US dollars."},
    "minutes": {"type": "number", "exclusiveMinimum": 0, "description": "Minutes of the fix, commands included."},
}

_PER_DAY_SCHEMA: dict[str, dict[str, Any]] = {
    "usd": {"type": "number", "exclusiveMinimum": 0, "description": "US dollars."},
    "jobs": {"type": "integer", "exclusiveMinimum": 0, "description": "Jobs that call a model."},
}
ROLES = ("architect", "implementer", "reflector")
PROTOCOLS = ("auto", "tools", "text")
MOST_SAMPLES = 20
LEAST_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS = 16, 1_000_000
CI = ("clean-only", "always", "never")
FLAG = ("true", "false")
# What the repository's settings limit, and what `specs_may` can name.
LIMITED = ("protect", "allow", "budget", "timeout_minutes", "implementer")

SETTINGS: dict[str, Setting] = {
    "title": Setting(lambda v, n, k: v.line(n, k), "Title of the commit and the pull request.", _TEXT, in_file=False),
    "base": Setting(lambda v, n, k: v.line(n, k), "Branch, tag or commit that the spec was written for.", _TEXT),
    "setup": Setting(lambda v, n, k: v.texts(n, k), "Commands that prepare the tree, in order.", _TEXTS),
    "test": Setting(
        lambda v, n, k: v.texts(n, k),
        "Commands that decide, in order; every one must pass. An empty list says: untested, on purpose.",
        _TEXTS,
    ),
    "delete": Setting(lambda v, n, k: v.named(n, k), "Files to delete.", _TEXTS, in_file=False),
    "move": Setting(
        lambda v, n, _: _moves(v, n),
        "Files to move, old path to new path, all at once.",
        {"type": "object", "additionalProperties": _TEXT},
        in_file=False,
    ),
    "allow": Setting(
        lambda v, n, k: v.globs(n, k),
        "Globs that the implementer may touch beyond the manifest's own files.",
        _TEXTS,
    ),
    "protect": Setting(lambda v, n, k: v.globs(n, k), "Globs that the implementer may never touch.", _TEXTS),
    "implementer": Setting(
        lambda v, n, k: v.texts(n, k), "Models by their litellm names, in order of escalation.", _TEXTS
    ),
    "budget": Setting(
        lambda v, n, k: Budget(**_numbers(v, n, k, _BUDGET_SCHEMA)),
        "What a run may spend on models.",
        {"type": "object", "additionalProperties": False, "properties": _BUDGET_SCHEMA},
    ),
    "timeout_minutes": Setting(
        lambda v, n, k: v.number(n, k, whole=False),
        "Minutes after which one command is stopped.",
        {"type": "number", "exclusiveMinimum": 0},
    ),
    "roles": Setting(
        lambda v, n, _: _roles(v, n),
        "Models by role, each a list in order of escalation.",
        {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(ROLES, _TEXTS)},
        in_spec=False,
    ),
    "per_day": Setting(
        lambda v, n, k: PerDay(**_numbers(v, n, k, _PER_DAY_SCHEMA)),
        "What all runs of a UTC day may spend on models together.",
        {"type": "object", "additionalProperties": False, "properties": _PER_DAY_SCHEMA},
        in_spec=False,
    ),
    "protocol": Setting(
        lambda v, n, k: _word(v, n, k, PROTOCOLS),
        "How models are asked: with tools, in text, or (auto) as the model can.",
        {"enum": list(PROTOCOLS)},
        in_spec=False,
    ),
    "samples": Setting(
        lambda v, n, k: _whole(v, n, k, most=MOST_SAMPLES),
        "How often the smallest question is asked of a model before it works in a conversation.",
        {"type": "integer", "minimum": 1, "maximum": MOST_SAMPLES},
        in_spec=False,
    ),
    "max_output_tokens": Setting(
        lambda v, n, k: _whole(v, n, k, least=LEAST_OUTPUT_TOKENS, most=MOST_OUTPUT_TOKENS),
        "How many tokens one answer of a model may have at most, for servers with a small window.",
        {"type": "integer", "minimum": LEAST_OUTPUT_TOKENS, "maximum": MOST_OUTPUT_TOKENS},
        in_spec=False,
    ),
    "stalls": Setting(
        lambda v, n, _: _stalls(v, n),
        "Thresholds of the stall signals by name.",
        {"type": "object", "additionalProperties": {"type": "number"}},
        in_spec=False,
    ),
    "ci": Setting(
        lambda v, n, k: _word(v, n, k, CI),
        "Whose pull requests start CI by themselves: those with nothing but the spec's own code, all, or none.",
        {"enum": list(CI)},
        in_spec=False,
    ),
    "four_eyes": Setting(
        lambda v, n, k: _word(v, n, k, FLAG),
        "Whether the check mtor/four-eyes waits for the approval of somebody who had no part in it. Needs the App.",
        {"type": "boolean"},
        in_spec=False,
    ),
    "specs_may": Setting(
        lambda v, n, k: v.words(n, k, LIMITED),
        "Settings of which specs may go beyond what this file says.",
        {"anyOf": [{"enum": list(LIMITED)}, {"type": "array", "items": {"enum": list(LIMITED)}}]},
        in_spec=False,
    ),
}


def read_settings(
    problems: Problems, text: str, *, first_line: int, indent: int = 0, in_file: bool = False
) -> Settings:
    """Settings from YAML that begins at the 0-based `first_line` of `problems.lines`, indented by `indent`."""
    from mtor_action.spec.yaml_nodes import read_yaml

    document = read_yaml(text)
    values = _Values(problems, first_line, indent)
    for fault in document.faults:
        line, column = values.position(fault.line, fault.column)
        problems.add("yaml", line, fault.message, column=column, help=fault.help)
    root = document.root
    if root is None or root.form == "nothing":
        return Settings()
    known = {name: row for name, row in SETTINGS.items() if (row.in_file if in_file else row.in_spec)}
    found: dict[str, Any] = {}
    places: list[tuple[str, Place]] = []
    for key, node in values.pairs(root, _ROOT):
        row = known.get(key.scalar or "")
        if row is None:
            _not_here(values, key, tuple(known), in_file=in_file)
        elif key.scalar not in found:
            found[key.scalar or ""] = row.read(values, node, key.scalar or "")
            places += _places(values, key.scalar or "", node) if key.scalar in LIMITED else []
    return Settings(**{name: value for name, value in found.items() if value is not None}, places=tuple(places))


def _places(values: _Values, key: str, node: Node) -> list[tuple[str, Place]]:
    inner = [(f"{key}[{number}]", item) for number, item in enumerate(node.items or ())]
    inner += [(f"{key}.{name.scalar}", value) for name, value in node.entries or ()]
    return [(name, values.place(each)) for name, each in ((key, node), *inner)]
