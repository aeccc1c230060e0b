"""One manifest block → its operations: attributes, path, body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mtor_action.lazy_dataclasses import dataclass
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.bodies.elision import LEFT_OUT, placeholders
from mtor_action.manifest.bodies.hunks import Hunk, is_hunks, read_hunks
from mtor_action.manifest.fences.fenced_blocks import Fence, body_line_indented_by
from mtor_action.manifest.fences.near_miss import OPERATION_KEYS, FenceKind
from mtor_action.manifest.file_blocks.operations import EditFile, PatchFile, SubstFiles, WriteFile
from mtor_action.manifest.nearest import nearest
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from mtor_action.manifest.fences.info_string import InfoWord
    from mtor_action.manifest.file_blocks.operations import Operation
    from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference
    from mtor_action.manifest.text import Problems
    from mtor_action.tree.changes import FileMode

_BOM = b"\xef\xbb\xbf"
_WHOLE_FILE = {
    "mode": ("755", "644"),
    "newline": ("none",),
    "eol": ("crlf",),
    "bom": ("yes",),
    "elision": ("ok",),
}
_ATTRIBUTES: dict[str, dict[str, tuple[str, ...]]] = {
    "create": _WHOLE_FILE,
    "write": _WHOLE_FILE,
    "edit": {"count": (), "in": (), "sig": (), "was": (), "elision": ("ok",)},
    "replace": {"symbol": (), "as": (), "sig": (), "was": (), "elision": ("ok",)},
    "insert": {"after": (), "before": (), "into": (), "at": ("top", "end"), "sig": (), "elision": ("ok",)},
    "subst": {"count": (), "regex": ("yes",), "elision": ("ok",)},
    "patch": {"elision": ("ok",)},
}
# Quotes that are not read, a comma or a semicolon before another attribute, a brace that was opened before.
_AROUND_PATH = lazy_pattern(
    r"^[\u2018-\u201f`'\"<]|[\u2018-\u201f`'\",;>]$|[,;](?:mode|newline|eol|bom|count|regex|elision|in|symbol|as|sig|was|after|before|into|at)=|^[^{]*\}$"
)
# The attributes whose values are symbols, or belong to one; any value is read.
_SYMBOL_KEYS = frozenset({"in", "symbol", "as", "after", "before", "into", "sig", "was"})
# Attributes of one operation that are meant for another's: what to write instead.
_MEANT = {
    ("edit", "symbol"): "write in=VALUE for hunks inside of it, or replace=PATH symbol=VALUE for the whole definition",
    ("edit", "after"): "write insert=PATH after=VALUE for new code, without hunks",
    ("edit", "before"): "write insert=PATH before=VALUE for new code, without hunks",
    ("edit", "into"): "write insert=PATH into=VALUE for new code, without hunks",
    ("replace", "in"): "write symbol=VALUE for the whole definition, or edit=PATH in=VALUE for hunks inside of it",
    ("insert", "in"): "write into=VALUE for a new last member, or after= or before= a definition",
    ("insert", "symbol"): "write after=VALUE, before=VALUE or into=VALUE",
    ("insert", "line"): "a place is a definition or an end of the file; edit=PATH with a hunk takes any line",
    ("create", "in"): "write edit=PATH in=VALUE for hunks inside of it",
    ("write", "in"): "write edit=PATH in=VALUE for hunks inside of it",
    ("write", "symbol"): "write replace=PATH symbol=VALUE for one definition",
}
_MODES: dict[str, FileMode] = {"755": "100755", "644": "100644"}


@dataclass(slots=True)
class _Block:
    fence: Fence
    problems: Problems
    values: dict[str, str]

    def fault(self, rule: str, line: int, message: str, hint: str = "") -> None:
        text = self.problems.lines.text(line)
        column = len(text) - len(text.lstrip())
        self.problems.add(rule, line, message, column=column, width=max(1, len(text) - column), help=hint)

    def at_opening(self, message: str, hint: str) -> None:
        """Record what is wrong with the attributes as a whole."""
        self.fault("attribute", self.fence.line, message, hint)


def read_block(fence: Fence, kind: FenceKind, problems: Problems, *, body_is_sound: bool = True) -> list[Operation]:
    """Return the operations of an operation or patch block; what is wrong goes to `problems`.

    `body_is_sound` False: where the body ends is anybody's guess, so only the info string is read.
    """
    name, path = _target(fence, kind, problems)
    block = _Block(fence, problems, _attributes(fence, name, problems))
    sound = name in (None, "patch") or _check_path(path, problems, fence)
    body = block_body(fence, problems) if body_is_sound else None
    if body is None or name is None:
        return []
    place = problems.lines.place(fence.line, fence.column)
    if name == "patch":
        return _patches(block, body)
    if name == "subst":
        return _substs(block, path, body) if sound else []
    if name == "edit":
        hunks = _hunks(block, body)
        symbol = _within(block)
        count = int(block.values.get("count", "1"))
        return [EditFile(path.value, tuple(hunks), count, place, symbol)] if hunks and sound else []
    _check_elision(block, body, fence.body[0])
    sound = _holds_no_hunks(block, name, path.value, body) and sound
    if name in ("replace", "insert"):
        from mtor_action.manifest.file_blocks.symbol_blocks import read_insertion, read_replacement

        read = read_replacement if name == "replace" else read_insertion
        operation = read(path.value, block.values, _split(body), place, block.at_opening)
        return [operation] if operation and sound else []
    content = _content(body, block.values)
    whole: Literal["create", "write"] = "create" if name == "create" else "write"
    return [WriteFile(whole, path.value, content, _MODES.get(block.values.get("mode", "")), place)] if sound else []


def block_body(fence: Fence, problems: Problems) -> bytes | None:
    """Return the body as LF text without the indentation of its list item; None after a fault."""
    first, end = fence.body
    if not fence.indent:
        return problems.lines.block(first, end)
    cut: list[bytes] = []
    for number in range(first, end):
        line = body_line_indented_by(problems.lines.raw(number), fence.indent)
        if line is None:
            problems.add(
                "split-tab",
                number,
                "a tab that is only partly the list's indentation, expected spaces",
                help="indent the whole block with spaces, or move it out of the list",
            )
            return None
        cut.append(line)
    return b"".join(line + b"\n" for line in cut)


def _target(fence: Fence, kind: FenceKind, problems: Problems) -> tuple[str | None, InfoWord]:
    operations = [word for word in fence.info.attributes if word.key in OPERATION_KEYS]
    if kind is FenceKind.PATCH:
        return "patch", fence.info.words[0]
    for extra in operations[1:]:
        problems.add(
            "two-operations",
            fence.line,
            f'"{extra.key}" beside "{operations[0].key}", expected one operation',
            column=extra.column,
            width=len(extra.text),
            help="use two blocks",
        )
    return (operations[0].key if len(operations) == 1 else None), operations[0]


def _attributes(fence: Fence, name: str | None, problems: Problems) -> dict[str, str]:
    allowed = _ATTRIBUTES.get(name or "", {})
    values: dict[str, str] = {}
    # LANG comes first; a bare word anywhere else is most likely the rest of a path with a space.
    expected = 2 if name == "patch" else 1
    for word in [word for place, word in enumerate(fence.info.words) if not word.key and place >= expected]:
        problems.add(
            "attribute",
            fence.line,
            f'unexpected word "{word.text}", expected LANG and attributes',
            column=word.column,
            width=len(word.text),
            help=_quoted_hint(fence, word),
        )
    for word in fence.info.attributes:
        fault, hint = _attribute_fault(word, name, allowed, values)
        if fault:
            problems.add("attribute", fence.line, fault, column=word.column, width=len(word.text), help=hint)
        elif word.key not in OPERATION_KEYS:
            values[word.key] = word.value
    return values


def _quoted_hint(fence: Fence, word: InfoWord) -> str:
    """Return the attribute before a left-over word as it is written with all the words up to the next attribute."""
    words = fence.info.words
    at = words.index(word)
    start = next((number for number in range(at, -1, -1) if words[number].key), None)
    if start is None or start < at - 1:  # said at the first left-over word
        return "quote a path that contains a space"
    end = next((number for number in range(at, len(words)) if words[number].key), len(words))
    value = " ".join([words[start].value, *(other.text for other in words[at:end])])
    if words[start].fault or '"' in value:
        return "quote a path that contains a space"
    return f'if it belongs to the value, quote it: {words[start].key}="{value}"'


def _attribute_fault(
    word: InfoWord, name: str | None, allowed: dict[str, tuple[str, ...]], values: dict[str, str]
) -> tuple[str, str]:
    if word.fault:
        return f"{word.key}: {word.fault}", 'a path with spaces is written create="a b.txt"'
    if word.key in OPERATION_KEYS or name is None:
        return "", ""
    if word.key not in allowed:
        closest = nearest(word.key, allowed)
        expected = f'expected "{closest}"' if closest else f"expected one of {', '.join(allowed)}"
        meant = _MEANT.get((name, word.key), "")
        return f'unknown attribute "{word.key}" for {name}, {expected}', meant.replace("VALUE", word.value)
    if word.key in values:
        return f'the attribute "{word.key}" appears twice, expected once', ""
    return _value_fault(word, allowed[word.key]), ""


def _value_fault(word: InfoWord, choices: tuple[str, ...]) -> str:
    if word.key == "count":
        right = word.value.isascii() and word.value.isdigit() and int(word.value[:9]) > 0 and len(word.value) < 9
        return "" if right else f'count is "{word.value}", expected a whole number from 1'
    if word.key in _SYMBOL_KEYS:
        from mtor_action.manifest.file_blocks.symbol_blocks import symbol_value_fault

        return symbol_value_fault(word.key, word.value)
    return "" if word.value in choices else f'{word.key} is "{word.value}", expected {" or ".join(choices)}'


def _path_fault(word: InfoWord) -> str:
    if word.key != "subst":
        return path_fault(word.value, is_new=word.key == "create")
    from mtor_action.manifest.bodies.subst_block import glob_fault

    return glob_fault(word.value)


def _check_path(word: InfoWord, problems: Problems, fence: Fence) -> bool:
    fault = _path_fault(word)
    if fault and not word.fault:
        plain = word.value.removeprefix("./")
        hint = f"write {word.key}={plain}" if plain != word.value and not path_fault(plain, is_new=False) else ""
        problems.add("path", fence.line, fault, column=word.column, width=len(word.text), help=hint)
    elif not word.fault and word.text.endswith(word.value) and _AROUND_PATH.search(word.value):
        fault = "more than a path"
        problems.add(
            "attribute",
            fence.line,
            f'"{word.value}" looks like more than a path, expected spaces between attributes and plain quotes',
            column=word.column,
            width=len(word.text),
            help=f'if it is the path, write {word.key}="{word.value}"',
        )
    return not fault and not word.fault


def _content(body: bytes, values: dict[str, str]) -> bytes:
    if values.get("newline") == "none":
        body = body.removesuffix(b"\n")
    if values.get("eol") == "crlf":
        body = body.replace(b"\n", b"\r\n")
    return _BOM + body if values.get("bom") == "yes" else body


def _check_elision(block: _Block, text: bytes, first: int) -> None:
    if block.values.get("elision") == "ok":
        return
    for number in placeholders(text):
        _elided(block, first + number)


def _elided(
    block: _Block,
    line: int,
    hint: str = "write the whole text, use edit= for a part of a file, or add elision=ok if the line is meant",
) -> None:
    message = "this line is a placeholder for code that was left out, expected the code itself"
    block.fault("elision", line, message, hint)


def _holds_no_hunks(block: _Block, name: str, path: str, body: bytes) -> bool:
    """Return whether the body is code; hunks would be written into the file with their markers."""
    if not is_hunks(_split(body)):
        return True
    message = f"hunks in a block that is written as it is, expected edit={path}"
    hint = f"write edit={path} for hunks; {name}= takes the code alone; a file of nothing but hunks is a `diff patch`"
    block.fault("marker", block.fence.line, message, hint)
    return False


def _hunks(block: _Block, body: bytes) -> list[Hunk]:
    first = block.fence.body[0]
    before = len(block.problems.found)
    hunks = read_hunks(_split(body), first, block.fault)
    if not hunks and len(block.problems.found) == before:
        block.fault(
            "no-hunk",
            block.fence.line,
            "an edit without a hunk, expected <<<<<<< SEARCH … ======= … >>>>>>> REPLACE",
            "use write=PATH to give the whole file",
        )
    if block.values.get("elision") != "ok":
        for hunk in hunks:
            _check_hunk_elision(block, hunk)
    return hunks if len(block.problems.found) == before else []


def _within(block: _Block) -> SymbolReference | None:
    """Return the definition that an edit is inside of, if it names one."""
    if not block.values.keys() & {"in", "sig", "was"}:
        return None
    from mtor_action.manifest.file_blocks.symbol_blocks import within

    return within(block.values, block.at_opening)


def _substs(block: _Block, glob: InfoWord, body: bytes) -> list[Operation]:
    from mtor_action.manifest.bodies.subst_block import check_one_line

    hunks = _hunks(block, body)
    count = block.values.get("count")
    if not any(word.key == "count" for word in block.fence.info.attributes):
        hint = f"write {glob.text} count=N: the spec is refused if the files have more or fewer places"
        block.fault("attribute", block.fence.line, "subst without count, expected the number of places", hint)
    sound = [check_one_line(hunk, block.fault) for hunk in hunks]
    if count is None or not count.isdigit() or not hunks or not all(sound):
        return []
    place = block.problems.lines.place(block.fence.line, block.fence.column)
    return [SubstFiles(glob.value, tuple(hunks), int(count), block.values.get("regex") == "yes", place)]


def _check_hunk_elision(block: _Block, hunk: Hunk) -> None:
    in_symbol = "in" in block.values
    old = {line for line in hunk.search if not (in_symbol and line.strip() == LEFT_OUT)}
    added = b"\n".join(b"" if line in old else line for line in hunk.replace)
    for number in placeholders(added):
        line = hunk.line + len(hunk.search) + 2 + number
        if hunk.replace[number].strip() == LEFT_OUT:
            _elided(block, line, "only SEARCH leaves lines out: to keep them, use one hunk above and one below")
        else:
            _elided(block, line)


def _patches(block: _Block, body: bytes) -> list[Operation]:
    from mtor_action.manifest.bodies.unified_diff import read_patch

    before = len(block.problems.found)
    patches = read_patch(_split(body), block.fence.body[0], block.fault)
    if not patches and len(block.problems.found) == before:
        block.fault("no-hunk", block.fence.line, "a patch block without a patch, expected the output of `git diff`")
    for patch in patches:
        for path in sorted({patch.old or patch.path, patch.path}):
            fault = path_fault(path, is_new=False)
            if fault:
                block.fault("path", patch.line, fault)
        if block.values.get("elision") != "ok":
            for hunk in patch.hunks:
                added = b"\n".join(text if sign == "+" else b"" for sign, text in hunk.lines)
                for number in placeholders(added):
                    _elided(block, hunk.line + 1 + number)
    if len(block.problems.found) > before:
        return []
    return [PatchFile(patch, block.problems.lines.place(patch.line)) for patch in patches]


def _split(body: bytes) -> list[bytes]:
    return body.split(b"\n")[:-1]
