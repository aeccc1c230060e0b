"""Readers of single settings: a YAML node → its value. What is wrong becomes a diagnostic, and counts as not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.settings_block.yaml_values import Named, Values, shown, unknown_key

if TYPE_CHECKING:
    from mtor_action.manifest.settings_block.yaml_nodes import Node
    from mtor_action.untyped import JsonObject

COMMIT_NAME = lazy_pattern(r"[0-9a-f]{7,64}")
ROLES = ("architect", "scout", "implementer", "reflector")
MOST_FIXES, LONGEST_TEST_ID = 200, 300


def read_moves(values: Values, node: Node) -> tuple[tuple[Named, Named], ...]:
    """Return the pairs of a mapping from old paths to new ones."""
    moves: list[tuple[Named, Named]] = []
    for old, new in values.pairs(node, "move"):
        source, target = values.text(old, "a path of move"), values.text(new, "the new path of a move")
        if source is not None and target is not None:
            moves.append((Named(source, values.place(old)), Named(target, values.place(new))))
    return tuple(moves)


def read_numbers(values: Values, node: Node, name: str, schema: dict[str, JsonObject]) -> JsonObject:
    """Return the numbers of a mapping whose keys and types `schema` names."""
    known: dict[str, float | None] = {}
    for key, value in values.pairs(node, name):
        row = schema.get(key.scalar or "")
        if row is None:
            unknown_key(values, key, name, tuple(schema))
            continue
        whole = row["type"] == "integer"
        number = values.number(value, f"{name}.{key.scalar}", whole=whole)
        known[key.scalar or ""] = int(number) if whole and number is not None else number
    return known


def read_roles(values: Values, node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names of the models by role, in the order written."""
    models: list[tuple[str, tuple[str, ...]]] = []
    for key, value in values.pairs(node, "roles"):
        if key.scalar not in ROLES:
            unknown_key(values, key, "roles", ROLES)
            continue
        models.append((key.scalar, values.texts(value, f"roles.{key.scalar}")))
    return tuple(models)


def read_word(values: Values, node: Node, key: str, words: tuple[str, ...]) -> str | None:
    """Return the word if it is one of `words`, else None and a diagnostic."""
    if node.scalar in words:
        return node.scalar
    values.fault(node, f"{key} is {shown(node)}, expected {', '.join(words)}")
    return None


def read_commit_id(values: Values, node: Node, key: str) -> str | None:
    """Return the id of a commit, 7 to 64 hexadecimal digits."""
    name = values.line(node, key)
    if name is None or COMMIT_NAME.fullmatch(name):
        return name
    values.fault(
        node, f"{key} is {shown(node)}, expected the id of a commit, 7 to 64 hexadecimal digits", "git rev-parse HEAD"
    )
    return None


def read_whole(values: Values, node: Node, key: str, *, least: int = 1, most: int) -> int | None:
    """Return a whole number from `least` to `most`."""
    number = values.number(node, key, whole=True)
    if number is not None and not least <= number <= most:
        bound = f"at least {least}" if number < least else f"at most {most}"
        values.fault(node, f"{key} is {number:.0f}, expected {bound}")
        return None
    return None if number is None else int(number)


def read_test_ids(values: Values, node: Node, key: str) -> tuple[str, ...]:
    """Return ids of tests; a diagnostic for one that is empty, too long, or on several lines."""
    texts = values.texts(node, key)
    if len(texts) > MOST_FIXES:
        values.fault(node, f"{key} has {len(texts)} tests, expected at most {MOST_FIXES}")
    for text, item in zip(texts, node.items or (node,), strict=False):
        if text != text.strip() or not text.isprintable() or len(text) > LONGEST_TEST_ID:
            expected = f"a test's id on one line, at most {LONGEST_TEST_ID} characters, without blanks around it"
            values.fault(item, f"{key} has {text[:60]!r}, expected {expected}")
    return texts


def read_fills(values: Values, node: Node, key: str) -> tuple[Named, ...]:
    """Return definitions as `PATH::SYMBOL`, with a diagnostic for each that is not."""
    from mtor_action.manifest.file_blocks.symbol_reference import symbol_fault
    from mtor_action.tree.path_policy import path_fault

    entries = values.named(node, key)
    for entry, item in zip(entries, node.items or (node,), strict=False):
        path, separator, symbol = entry.text.partition("::")
        fault = (path_fault(path, is_new=False) if path else "names no file") or symbol_fault(symbol)
        if fault or not separator:
            values.fault(item, f"{key} has {entry.text[:80]!r}: {fault or 'no symbol'}", "write PATH::SYMBOL")
    return entries


def read_stalls(values: Values, node: Node) -> tuple[tuple[str, float], ...]:
    """Return the thresholds of signals by name."""
    from mtor_action.stalls.thresholds import DEFAULTS, problems

    thresholds: list[tuple[str, float]] = []
    for key, value in values.pairs(node, "stalls"):
        name = key.scalar or ""
        if name not in DEFAULTS:
            unknown_key(values, key, "stalls", tuple(DEFAULTS))
            continue
        wrong = problems({name: value.scalar or ""})
        for problem in wrong:
            values.fault(value, problem, "mtor explain stalls has the ranges")
        if not wrong:
            thresholds.append((name, float(value.scalar or 0)))
    return tuple(thresholds)
