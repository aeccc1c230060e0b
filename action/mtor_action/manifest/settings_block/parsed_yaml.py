"""Any YAML text by pyyaml's parser, with what is wrong with it; only its event stream is used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from mtor_action.lazy_patterns import is_plain, lazy_pattern
from mtor_action.manifest.settings_block.yaml_nodes import Document, Node, YamlFault, single_quoted


def parsed_yaml(text: str, *, quick: bool = False) -> Document:
    """Parse one document as `read_yaml` says, whatever its form."""
    document = Document()
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader) if quick else yaml.BaseLoader
    # YAML ends a line at these too, which would shift every line number after them.
    text = text.translate(_OTHER_LINE_ENDS)
    try:
        events = yaml.parse(text, Loader=loader)
        document.root = _NodeBuilder(events, document.faults, text).document()
    except (yaml.YAMLError, RecursionError) as error:
        document.root = None
        document.faults.append(_syntax_fault(error, text))
    return document


_OTHER_LINE_ENDS = {0x85: 0xFFFD, 0x2028: 0xFFFD, 0x2029: 0xFFFD}
# Controls, BOM, bidirectional overrides, lone surrogates, and what replaced the other line ends.
_FORBIDDEN = lazy_pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff]")


class _NodeBuilder:
    """A builder of nodes from the events of pyyaml."""

    def __init__(self, events: Iterator[yaml.Event], faults: list[YamlFault], text: str) -> None:
        self._events = events
        self._lines = text.split("\n")
        self._end = (-1, -1)
        self._faults = faults

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._fault(event, "a second document (---), expected one mapping")
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                root = root or node
        return root

    def _node(self, event: yaml.NodeEvent) -> Node:
        self._check_decoration(event)
        line, column = _position(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._until(yaml.SequenceEndEvent))
            return Node(line, column, items=items, source=self._source(event))
        if isinstance(event, yaml.MappingStartEvent):
            entries = self._entries()
            return Node(line, column, entries=entries, source=self._source(event))
        if isinstance(event, yaml.ScalarEvent):
            self._check_scalar(event)
            return Node(line, column, scalar=event.value, plain=not event.style)  # None, and "" in libyaml
        return Node(line, column, scalar="")

    def _source(self, start: yaml.CollectionStartEvent) -> str:
        line, column = _position(start)
        text = self._lines[line] if line < len(self._lines) else ""
        end_line, end_column = self._end
        if not start.flow_style:
            return text[column:].rstrip()
        return text[column:end_column].rstrip() if end_line == line else ""

    def _check_scalar(self, event: yaml.ScalarEvent) -> None:
        bad = None if is_plain(event.value) else _FORBIDDEN.search(event.value)
        if bad:
            self._fault(event, f"text with the character U+{ord(bad.group()):04X}, expected printable characters")
        end = event.end_mark
        if event.style or end is None:
            return
        line, column = _position(event)
        tail = self._lines[end.line][end.column :] if end.line < len(self._lines) else ""
        if _NUMBER_SIGN.match(tail):
            whole = self._lines[line][column:].strip() if end.line == line else ""
            self._fault(
                event,
                f'YAML takes "{tail.strip()}" for a comment, expected it in quotes',
                f"quote the value: {single_quoted(whole)}" if whole else "",
            )
        if any(text.lstrip().startswith("- ") for text in self._lines[line + 1 : end.line + 1] if end.column):
            self._fault(
                event, "an item under a longer item is read as its continuation, expected one indentation for all"
            )

    def _check_decoration(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            kind = "an alias" if isinstance(event, yaml.AliasEvent) else "an anchor"
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._fault(
                event,
                f"{kind} ({sign}{event.anchor}), expected the value itself",
                f"quote it if it is text: '{sign}{event.anchor}'",
            )
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            line, column = _position(event)
            text = self._lines[line][column:].rstrip() if line < len(self._lines) else ""
            self._fault(
                event, f"a tag ({tag}), expected a plain value", f"quote it if it is text: {single_quoted(text)}"
            )

    def _until(self, end: type[yaml.Event]) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, end):
                self._end = (event.end_mark.line, event.end_mark.column) if event.end_mark else (-1, -1)
                return
            if isinstance(event, yaml.NodeEvent):
                yield self._node(event)

    def _entries(self) -> tuple[tuple[Node, Node], ...]:
        nodes = list(self._until(yaml.MappingEndEvent))
        entries = tuple(zip(nodes[::2], nodes[1::2], strict=True))
        first_by_key: dict[str | None, Node] = {}
        for key, _ in entries:
            first = first_by_key.setdefault(key.scalar, key)
            if first is not key:
                self._faults.append(
                    YamlFault(
                        key.line,
                        key.column,
                        f'the key "{key.scalar}" appears twice, expected once',
                        f"the first is {key.line - first.line} lines above",
                    )
                )
        return entries

    def _fault(self, event: yaml.Event, message: str, help: str = "") -> None:  # noqa: A002  Diagnostic's own word
        self._faults.append(YamlFault(*_position(event), message, help))


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)


_NUMBER_SIGN = lazy_pattern(r"\s+#\d")
_LEAD = lazy_pattern(r"(?P<lead>\s*(?:-\s+)*(?:[\w./-]+\s*:\s+)?)(?P<value>.*?)\s*$", re.DOTALL)


def _syntax_fault(error: Exception, text: str) -> YamlFault:
    lines = text.split("\n")
    line, column = _error_position(error, text, lines)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is nested too deeply"
    return YamlFault(
        line,
        column,
        f"this is not YAML: {problem}; expected `key: value` lines",
        _syntax_hint(problem, lines[line], column),
    )


def _syntax_hint(problem: str, line: str, column: int) -> str:
    if "'\\t'" in problem:
        return "indent with spaces, not with tabs"
    quoted = "" if not line[:column].strip() and "cannot start" not in problem else _quoted_form(line)
    return f"quote the value: {quoted}" if quoted else "keys at one indentation, lists as `- item`"


def _error_position(error: Exception, text: str, lines: list[str]) -> tuple[int, int]:
    offset = getattr(error, "position", None)  # a character that YAML does not allow
    if isinstance(offset, int):
        return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1
    for name in ("problem_mark", "context_mark"):
        mark = getattr(error, name, None)
        if mark and mark.line < len(lines) and lines[mark.line].strip():
            return mark.line, mark.column
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    return (last if getattr(error, "problem_mark", None) else 0), 0


def _quoted_form(line: str) -> str:
    """Return the line with its value in quotes, as its author probably meant it."""
    match = _LEAD.match(line)
    if match is None or not match["value"]:
        return ""
    lead, value = match["lead"].strip(), match["value"]
    if value.startswith("[") and value.endswith("]"):
        quoted = f"[{', '.join(_quoted_item(item.strip()) for item in value[1:-1].split(','))}]"
    elif value[0] in "'\"" and value.count(value[0]) == 1:
        return ""  # a quote that is never closed: where it should end is unknown
    elif value[0] == '"' == value[-1] and value.count('"') == 2:
        quoted = single_quoted(value[1:-1])
    elif value.startswith("- ") and lead.endswith(":") and not lead.startswith(("title", "base")):
        quoted = f"[{single_quoted(value[2:].strip())}]"
    else:
        quoted = single_quoted(value)
    return f"{lead} {quoted}".strip()


def _quoted_item(item: str) -> str:
    whole = len(item) > 1 and item[0] in "'\"" and item[-1] == item[0] and item.count(item[0]) == 2
    return item if whole else single_quoted(item)
