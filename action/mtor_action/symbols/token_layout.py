"""Whether two texts of a source file differ only in layout, by the tokens of its language's grammar.

Both texts must have the same tree: the same nodes around the same tokens, in the same order. A grammar knows less than
a compiler, so white space that a language may notice must be the same too: strings and comments with all their bytes,
a line's end after a word, blanks between two signs, the lines between a comment and what it is about. Only a proof
counts: texts that cannot be read are never the same. The languages are those of layout.toml.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import MtorError
from mtor_action.symbols.grammar import GrammarMissingError, ParsingEffort, grammar_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node, Tree

    from mtor_action.untyped import TomlTable

# After these, some language takes the end of a line for the end of a statement, or for no name after a keyword.
_ENDS_STATEMENT = re.compile(rb"(?s).*[\w$@\x80-\xff\"'`)\]}]|>|!|\+\+|--")
_GAP = re.compile(rb"[ \t\n]*")
# What begins a line without changing what the line above means.
_MAY_BEGIN = re.compile(rb"(?:\.(?![0-9])|\?\.?|[)\]},:;]|&&|\|\||\?\?).*", re.DOTALL)
_MAY_FOLLOW_BRACE = frozenset({b"else", b"catch", b"finally", b"while"})
_SIGNS = b"+-*/%<>=!&|^~.:?@#\\"


class LayoutTable(NamedTuple):
    """layout.toml: the languages, and node kinds whose bytes are all compared."""

    languages: frozenset[str]
    verbatim: re.Pattern[str]
    comments: re.Pattern[str]


class _Leaf(NamedTuple):
    """A leaf, or a node that is compared as a whole: the byte where it begins, and its text."""

    start: int
    text: bytes
    is_comment: bool


class _FlatTree(NamedTuple):
    """A tree in the order of its text: depth and kind of each node, and the leaves."""

    kinds: list[tuple[int, str]]
    leaves: list[_Leaf]

    @property
    def texts(self) -> list[bytes]:
        return [leaf.text for leaf in self.leaves]


def has_same_layout_tokens(path: str, before: bytes, after: bytes) -> bool:
    """Return whether nothing but layout differs. False where no grammar that is installed can show it."""
    grammar = grammar_of(path)
    if grammar is None or grammar.language not in _table().languages:
        return False
    if any(mark in text for text in (before, after) for mark in (b"\r", b"\0", b"\f", b"\v")):
        return False
    try:
        trees = [grammar.parse(text, ParsingEffort()) for text in (before, after)]
    except (GrammarMissingError, MtorError):  # not installed here, or not to be had on this runner
        return False
    if trees[0] is None or trees[1] is None:
        return False
    old, new = _flat_tree(trees[0], before), _flat_tree(trees[1], after)
    if old is None or new is None or old.kinds != new.kinds or old.texts != new.texts:
        return False
    return _has_same_gaps(_gaps(before, old.leaves), _gaps(after, new.leaves), old.leaves)


@cache
def _table() -> LayoutTable:
    row: TomlTable = tomllib.loads((Path(__file__).parent / "layout.toml").read_text(encoding="utf-8"))
    return LayoutTable(
        frozenset(row["languages"]), *(re.compile("|".join(row[key])) for key in ("verbatim", "comments"))
    )


def _flat_tree(tree: Tree, text: bytes) -> _FlatTree | None:
    """Return None for a text with a syntax error."""
    if tree.root_node.has_error:
        return None
    kinds: list[tuple[int, str]] = []
    tokens: list[_Leaf] = []
    stack: list[tuple[int, Node]] = [(0, tree.root_node)]
    while stack:
        depth, node = stack.pop()
        part = text[node.start_byte : node.end_byte].rstrip()
        if not part:
            continue  # the end of a line as a token of its own: the gaps say where lines end
        kinds.append((depth, node.type))
        if not node.children or _table().verbatim.search(node.type):
            is_comment = _table().comments.search(node.type) is not None
            tokens.append(_Leaf(node.start_byte, part, is_comment))
        else:
            stack += [(depth + 1, child) for child in reversed(node.children)]
    return _FlatTree(kinds, tokens)


def _gaps(text: bytes, tokens: Sequence[_Leaf]) -> list[bytes]:
    """The bytes before each token, and after the last one."""
    edges = [0, *(token.start + len(token.text) for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    return [text[edge:start] for edge, start in zip(edges, starts, strict=True)]


def _has_same_gaps(old: Sequence[bytes], new: Sequence[bytes], tokens: Sequence[_Leaf]) -> bool:
    sides = zip(old, new, _pairs(tokens), strict=True)
    return all(_is_layout(was, now, left, right) for was, now, (left, right) in sides)


def _pairs(tokens: Sequence[_Leaf]) -> Iterator[tuple[_Leaf | None, _Leaf | None]]:
    return zip([None, *tokens], [*tokens, None], strict=True)


def _is_layout(was: bytes, now: bytes, left: _Leaf | None, right: _Leaf | None) -> bool:
    """Return whether a language cannot tell the two gaps between two tokens from each other."""
    if not _GAP.fullmatch(was) or not _GAP.fullmatch(now):
        return False
    if was == now or right is None:
        return True
    if left is None:
        # What begins at the first byte may be what the kernel starts, or a mark of the encoding.
        return bool(was) == bool(now) and _lines(was, left, right) == _lines(now, left, right)
    if left.text[-1:] in _SIGNS and right.text[:1] in _SIGNS and bool(was) != bool(now):
        return False
    return _lines(was, left, right) == _lines(now, left, right)


def _lines(gap: bytes, left: _Leaf | None, right: _Leaf) -> int:
    """How many line ends of a gap count: of those beside a comment, whether there are none, one or more."""
    count = gap.count(b"\n")
    if (left is not None and left.is_comment) or right.is_comment:
        return min(count, 2)
    if left is None or not _ENDS_STATEMENT.fullmatch(left.text) or _MAY_BEGIN.fullmatch(right.text):
        return 0
    if (left.text == b")" and right.text == b"{") or (left.text == b"}" and right.text in _MAY_FOLLOW_BRACE):
        return 0
    return min(count, 1)
