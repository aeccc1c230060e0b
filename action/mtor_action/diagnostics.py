"""The mistakes in a spec, as data; `render` prints them as a compiler would.

spec.md:12:11: unknown attribute "creat", expected "create" [near-miss]
   12 | ```python creat=src/x.py
      |           ^^^^^
   help: write create=src/x.py
"""

from __future__ import annotations

from collections.abc import Iterable

from mtor_action.lazy_dataclasses import dataclass

_MOST_EXPLAINED = 20


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake at one place.

    `path` names the text (a file, `#12`, `#12 comment 3`); `line` and `column` are 1-based, columns count
    characters; `width` is how many characters the caret underlines. `message` says what is wrong and what was
    expected, `help` what to do, `rule` is the stable name that `mtor explain RULE` explains (docs/rules.md).
    """

    rule: str
    path: str
    line: int
    column: int
    message: str
    help: str = ""
    source: str = ""
    width: int = 1

    def as_json(self) -> dict[str, object]:
        """Return the fields as they are in `report.json` and in `--json`."""
        return {
            "rule": self.rule,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "width": self.width,
            "message": self.message,
            "help": self.help,
            "source": self.source,
        }


def in_order(diagnostics: Iterable[Diagnostic], paths: Iterable[str] = ()) -> list[Diagnostic]:
    """Sort by place: texts in the order of `paths`, then line, column and rule."""
    rank = {path: index for index, path in enumerate(paths)}
    return sorted(diagnostics, key=lambda item: (rank.get(item.path, len(rank)), item.line, item.column, item.rule))


def render(diagnostic: Diagnostic) -> str:
    """Return several lines of text without colour: place, message and rule; the source line; a caret; help."""
    lines = [f"{diagnostic.path}:{diagnostic.line}:{diagnostic.column}: {diagnostic.message} [{diagnostic.rule}]"]
    if diagnostic.source:
        gutter = f"{diagnostic.line:>5} | "
        lines.append(gutter + diagnostic.source)
        lines.append(" " * 6 + "| " + _caret(diagnostic))
    if diagnostic.help:
        lines.extend(
            "      " + ("help: " if index == 0 else "      ") + text
            for index, text in enumerate(diagnostic.help.splitlines())
        )
    return "\n".join(lines)


def explaining_commands(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Return `mtor explain RULE` for every rule that these name, each once, in their order; at most twenty."""
    rules = dict.fromkeys(diagnostic.rule for diagnostic in diagnostics)
    return [f"mtor explain {rule}" for rule in list(rules)[:_MOST_EXPLAINED]]


def _caret(diagnostic: Diagnostic) -> str:
    # Tabs stay tabs, so that the caret stands under its character at any tab width.
    before = diagnostic.source[: diagnostic.column - 1]
    lead = "".join("\t" if character == "\t" else " " for character in before)
    room = max(1, len(diagnostic.source) - len(before))
    return lead + "^" * max(1, min(diagnostic.width, room))
