"""Settings: the `yaml mtor` block of a spec, and `.github/mtor.yml`, which gives defaults for most of them.

`SETTINGS` is the table: one row for each key says where it may be used, how it is read and its JSON Schema.
docs/settings.schema.json is made from it (`python -m mtor_action.manifest.settings_block.settings_schema`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.manifest.nearest import nearest
from mtor_action.manifest.settings_block.predecessors import MOST_PREDECESSORS, read_predecessors
from mtor_action.manifest.settings_block.setting_values import (
    COMMIT_NAME,
    ROLES,
    read_commit_id,
    read_fills,
    read_moves,
    read_numbers,
    read_roles,
    read_stalls,
    read_test_ids,
    read_whole,
    read_word,
)
from mtor_action.manifest.settings_block.yaml_values import ROOT, Named, Values, unknown_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.manifest.settings_block.yaml_nodes import Node
    from mtor_action.manifest.text import Place, Problems
    from mtor_action.untyped import JsonObject

DEFAULTS_FILE = ".github/mtor.yml"


class Budget(NamedTuple):
    """The limits of a run's spending on models; None where nothing is set."""

    turns: int | None = None
    tokens: int | None = None
    usd: float | None = None
    minutes: float | None = None


class PerDay(NamedTuple):
    """The limits of what all runs of a UTC day may spend on models together; None where nothing is set."""

    usd: float | None = None
    jobs: int | None = None


class Settings(NamedTuple):
    """The settings as written; None means that the key is absent. `timeout_minutes` is for each command."""

    title: str | None = None  # of the commit and the pull request
    base: str | None = None  # branch, tag or commit that the work goes to
    written_for: str | None = None  # id of the commit that the spec's author saw, 7 to 64 digits
    after: tuple[Named, ...] = ()  # specs that must be green first: issues (`#12`) and files
    setup: tuple[str, ...] | None = None  # commands that prepare the tree, in order
    format: tuple[str, ...] | None = None  # commands that lay out the spec's own files, in order, after the setup
    test: tuple[str, ...] | None = None  # commands that decide, in order; an empty tuple says untested, on purpose
    fixes: tuple[str, ...] | None = None  # ids of tests that are red on the base and must not be afterwards
    fill: tuple[Named, ...] = ()  # definitions (`a.py::Client.retry`) whose bodies the implementer writes
    delete: tuple[Named, ...] = ()  # paths
    move: tuple[tuple[Named, Named], ...] = ()  # old path and new path, all at once
    allow: tuple[str, ...] | None = None  # globs that the implementer may write beyond the spec's own files
    protect: tuple[str, ...] | None = None  # globs that the implementer may never write
    implementer: tuple[str, ...] | None = None  # litellm names of models, in order of escalation
    budget: Budget = Budget()  # of one run, for models
    timeout_minutes: float | None = None  # for each command
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()  # role and its models, in order of escalation
    per_day: PerDay | None = None  # of all runs of a UTC day together
    protocol: str | None = None  # tools | text | auto
    samples: int | None = None  # how many times a model is asked the smallest question
    max_output_tokens: int | None = None  # of one answer
    stalls: tuple[tuple[str, float], ...] = ()  # name of a signal and its threshold
    stacks: str | None = None  # native | branches: whether pull requests on others are in GitHub's stacks too
    ci: str | None = None  # clean-only | always | never: pull requests that start CI by themselves
    fix_ci: str | None = None  # "true" if the implementer gets failing checks of mtor's pull requests by itself, once
    four_eyes: str | None = None  # "true" if the check mtor/four-eyes waits for an uninvolved approval
    specs_may: tuple[str, ...] | None = None  # names of the settings in which a spec may go beyond these
    places: tuple[tuple[str, Place], ...] = ()  # of what has a limit: `allow`, `allow[0]`, `budget.usd`

    @property
    def commands(self) -> tuple[str, ...]:
        """All commands, in the order in which they run."""
        return (*(self.setup or ()), *(self.format or ()), *(self.test or ()))

    def over(self, defaults: Settings) -> Settings:
        """Return these settings with `defaults` where nothing is set; limits.py says how far that may go."""
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
_EMPTY_IS_SAID = frozenset({"setup", "format", "test", "allow", "protect", "implementer"})


class Setting(NamedTuple):
    """One key. `in_spec` and `in_file` say where it may be used."""

    read: Callable[[Values, Node, str], Any]
    description: str
    schema: JsonObject
    in_spec: bool = True
    in_file: bool = True


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_BUDGET_SCHEMA: dict[str, JsonObject] = {
    "turns": {"type": "integer", "exclusiveMinimum": 0, "description": "Requests to the implementer."},
    "tokens": {"type": "integer", "exclusiveMinimum": 0, "description": "Input and output tokens together."},
    "usd": {"type": "number", "exclusiveMinimum": 0, "description": "US dollars."},
    "minutes": {"type": "number", "exclusiveMinimum": 0, "description": "Minutes of the fix, commands included."},
}

_PER_DAY_SCHEMA: dict[str, JsonObject] = {
    "usd": {"type": "number", "exclusiveMinimum": 0, "description": "US dollars."},
    "jobs": {"type": "integer", "exclusiveMinimum": 0, "description": "Jobs that call a model."},
}
PROTOCOLS = ("auto", "tools", "text")
MOST_SAMPLES = 20
LEAST_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS = 16, 1_000_000
CI = ("clean-only", "always", "never")
STACKS = ("native", "branches")
FLAG = ("true", "false")
# What the repository's settings limit, and what `specs_may` can name.
LIMITED = ("protect", "allow", "budget", "timeout_minutes", "implementer")

SETTINGS: dict[str, Setting] = {
    "title": Setting(lambda v, n, k: v.line(n, k), "Title of the commit and the pull request.", _TEXT, in_file=False),
    "base": Setting(lambda v, n, k: v.line(n, k), "Branch, tag or commit that the work is based on.", _TEXT),
    "written_for": Setting(
        read_commit_id,
        "The commit that the spec's author saw. If the base moved, the spec is merged from there.",
        {"type": "string", "pattern": f"^{COMMIT_NAME.pattern}$"},
        in_file=False,
    ),
    "after": Setting(
        read_predecessors,
        "Specs that must be green first: issues, or files of the same batch. This one starts on their result.",
        {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": MOST_PREDECESSORS}]},
        in_file=False,
    ),
    "setup": Setting(lambda v, n, k: v.texts(n, k), "Commands that prepare the tree, in order.", _TEXTS),
    "format": Setting(
        lambda v, n, k: v.texts(n, k),
        "Commands that format the spec's own files, after setup and before the tests.",
        _TEXTS,
    ),
    "test": Setting(
        lambda v, n, k: v.texts(n, k),
        "Commands that decide, in order; every one must pass. An empty list means untested, on purpose.",
        _TEXTS,
    ),
    "fixes": Setting(
        read_test_ids,
        "Tests that fail on the base and must pass afterwards, as their runner names them.",
        _TEXTS,
        in_file=False,
    ),
    "fill": Setting(
        read_fills,
        "Definitions, as `PATH::SYMBOL`, whose bodies the implementer is to write.",
        _TEXTS,
        in_file=False,
    ),
    "delete": Setting(lambda v, n, k: v.named(n, k), "Files to delete.", _TEXTS, in_file=False),
    "move": Setting(
        lambda v, n, _: read_moves(v, n),
        "Files to move, from the old path to the new, all at once.",
        {"type": "object", "additionalProperties": _TEXT},
        in_file=False,
    ),
    "allow": Setting(
        lambda v, n, k: v.globs(n, k),
        "Globs of files that the implementer may write besides the spec's own.",
        _TEXTS,
    ),
    "protect": Setting(lambda v, n, k: v.globs(n, k), "Globs of files that the implementer may never write.", _TEXTS),
    "implementer": Setting(
        lambda v, n, k: v.texts(n, k), "Models by their litellm names, in order of escalation.", _TEXTS
    ),
    "budget": Setting(
        lambda v, n, k: Budget(**read_numbers(v, n, k, _BUDGET_SCHEMA)),
        "The most that a run may spend on models.",
        {"type": "object", "additionalProperties": False, "properties": _BUDGET_SCHEMA},
    ),
    "timeout_minutes": Setting(
        lambda v, n, k: v.number(n, k, whole=False),
        "Minutes after which mtor stops a command.",
        {"type": "number", "exclusiveMinimum": 0},
    ),
    "roles": Setting(
        lambda v, n, _: read_roles(v, n),
        "Models by role, each a list in order of escalation.",
        {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(ROLES, _TEXTS)},
        in_spec=False,
    ),
    "per_day": Setting(
        lambda v, n, k: PerDay(**read_numbers(v, n, k, _PER_DAY_SCHEMA)),
        "The most that all runs of a UTC day may spend on models together.",
        {"type": "object", "additionalProperties": False, "properties": _PER_DAY_SCHEMA},
        in_spec=False,
    ),
    "protocol": Setting(
        lambda v, n, k: read_word(v, n, k, PROTOCOLS),
        "How models are asked: with tools, in text, or whichever the model supports (auto).",
        {"enum": list(PROTOCOLS)},
        in_spec=False,
    ),
    "samples": Setting(
        lambda v, n, k: read_whole(v, n, k, most=MOST_SAMPLES),
        "How often a model is asked the smallest question before a conversation begins.",
        {"type": "integer", "minimum": 1, "maximum": MOST_SAMPLES},
        in_spec=False,
    ),
    "max_output_tokens": Setting(
        lambda v, n, k: read_whole(v, n, k, least=LEAST_OUTPUT_TOKENS, most=MOST_OUTPUT_TOKENS),
        "The most tokens in one answer of a model; lower it for servers with a small context window.",
        {"type": "integer", "minimum": LEAST_OUTPUT_TOKENS, "maximum": MOST_OUTPUT_TOKENS},
        in_spec=False,
    ),
    "stalls": Setting(
        lambda v, n, _: read_stalls(v, n),
        "Thresholds of the stall signals by name.",
        {"type": "object", "additionalProperties": {"type": "number"}},
        in_spec=False,
    ),
    "stacks": Setting(
        lambda v, n, k: read_word(v, n, k, STACKS),
        "How a pull request shows what it builds on: by its base branch alone, or in GitHub's own stack too.",
        {"enum": list(STACKS)},
    ),
    "ci": Setting(
        lambda v, n, k: read_word(v, n, k, CI),
        "Which pull requests start CI by themselves: those with only the spec's own code, all, or none.",
        {"enum": list(CI)},
        in_spec=False,
    ),
    "fix_ci": Setting(
        lambda v, n, k: read_word(v, n, k, FLAG),
        "Whether failing checks of mtor's own pull requests go to the implementer without being asked, once.",
        {"type": "boolean"},
        in_spec=False,
    ),
    "four_eyes": Setting(
        lambda v, n, k: read_word(v, n, k, FLAG),
        "Whether the check mtor/four-eyes waits for the approval of somebody who had no part in it. Needs the App.",
        {"type": "boolean"},
        in_spec=False,
    ),
    "specs_may": Setting(
        lambda v, n, k: v.words(n, k, LIMITED),
        "Settings in which specs may exceed this file's limits.",
        {"anyOf": [{"enum": list(LIMITED)}, {"type": "array", "items": {"enum": list(LIMITED)}}]},
        in_spec=False,
    ),
}


def read_settings(
    problems: Problems, text: str, *, first_line: int, indent: int = 0, in_file: bool = False
) -> Settings:
    """Return settings from YAML that begins at the 0-based `first_line` of `problems.lines`, indented by `indent`."""
    from mtor_action.manifest.settings_block.yaml_reading import read_yaml

    document = read_yaml(text)
    values = Values(problems, first_line, indent)
    for fault in document.faults:
        line, column = values.position(fault.line, fault.column)
        problems.add("yaml", line, fault.message, column=column, help=fault.help)
    root = document.root
    if root is None or root.form == "nothing":
        return Settings()
    rows = {name: row for name, row in SETTINGS.items() if (row.in_file if in_file else row.in_spec)}
    settings: JsonObject = {}
    places: list[tuple[str, Place]] = []
    for key, node in values.pairs(root, ROOT):
        row = rows.get(key.scalar or "")
        if row is None:
            _misplaced(values, key, tuple(rows), in_file=in_file)
        elif key.scalar not in settings:
            settings[key.scalar or ""] = row.read(values, node, key.scalar or "")
            places += _places(values, key.scalar or "", node) if key.scalar in LIMITED else []
    return Settings(**{name: value for name, value in settings.items() if value is not None}, places=tuple(places))


def _misplaced(values: Values, key: Node, expected: tuple[str, ...], *, in_file: bool) -> None:
    """Report a key that this place does not take; a key of the other place, even misspelt, is sent there."""
    name = key.scalar or ""
    here, other, move = (
        (DEFAULTS_FILE, "in the settings block of a spec", "move it to the `yaml mtor` block of the spec")
        if in_file
        else (ROOT, f"in {DEFAULTS_FILE}", f"move it to {DEFAULTS_FILE}")
    )
    meant = name if name in SETTINGS else nearest(name, tuple(SETTINGS))
    if not meant or meant in expected:
        unknown_key(values, key, here, expected)
    elif meant == name:
        values.fault(key, f'"{name}" may be set only {other}', move, rule="unknown-key")
    else:
        message = f'unknown key "{name}" in {here}, expected "{meant}", which may be set only {other}'
        values.fault(key, message, move, rule="unknown-key")


def _places(values: Values, key: str, node: Node) -> list[tuple[str, Place]]:
    inner = [(f"{key}[{number}]", item) for number, item in enumerate(node.items or ())]
    inner += [(f"{key}.{name.scalar}", value) for name, value in node.entries or ()]
    return [(name, values.place(each)) for name, each in ((key, node), *inner)]
