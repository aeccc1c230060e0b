"""Manifest blocks as text: what `blocks` reads, written.

Each function gives a block or None where its form cannot hold the content. None of them promises that the block
finds its place: `from_diff` plans each before it is used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.authoring.line_ranges import Range, changed_ranges, widened, with_context
from mtor_action.authoring.minimal_hunks import minimal_hunks
from mtor_action.manifest.bodies.elision import placeholders
from mtor_action.manifest.settings_block.yaml_nodes import single_quoted
from mtor_action.tree.file_text import FileText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.tree.changes import FileState

_BOM = b"\xef\xbb\xbf"
_FENCES = re.compile(rb"`{3,}|~{3,}")
_MARKERS = re.compile(rb"(?m)^(<{7,}|={7,}|>{7,})")
_UNMARKED = re.compile(r"[^\W_][\w./+@-]*|[._][\w./+@-]*")
_NOT_IN_YAML = re.compile("[^\t -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]")
_NOT_IN_HEADINGS = re.compile(r"[<`~]")
_LANGUAGES = {
    "py": "python", "js": "javascript", "ts": "typescript", "tsx": "tsx", "go": "go", "rs": "rust", "sh": "sh",
    "md": "markdown", "toml": "toml", "json": "json", "c": "c", "h": "c", "css": "css", "html": "html", "java": "java",
    "rb": "ruby", "txt": "text", "yml": "yaml", "yaml": "yaml",
}  # fmt: skip


class Difference:
    """One file before and after as lines, compared once for every form that a block may have."""

    def __init__(self, before: FileState, after: FileState) -> None:
        self.before, self.after = before, after
        self.old, self.new = FileText.read(before.content), FileText.read(after.content)
        self.ranges = changed_ranges(self.old.lines, self.new.lines)
        # A last line without line feed differs from the same line with one.
        self.old_ended = _ended(self.old)
        self.new_ended = _ended(self.new)
        same_end = self.old.final_newline == self.new.final_newline
        self.ended_ranges = self.ranges if same_end else changed_ranges(self.old_ended, self.new_ended)


def _ended(text: FileText) -> list[bytes]:
    lines = [line + b"\n" for line in text.lines]
    if lines and not text.final_newline:
        lines[-1] = text.lines[-1]
    return lines


def whole_block(path: str, state: FileState, before: FileState | None) -> bytes | None:
    """Return a block with the whole file: `create=` (no file before) or `write=`."""
    name = word(path)
    if name is None:
        return None
    words = [f"{'create' if before is None else 'write'}={name}"]
    if state.mode != (before.mode if before else "100644"):
        words.append(f"mode={state.mode[-3:]}")
    body = state.content.removeprefix(_BOM)
    if body != state.content:
        words.append("bom=yes")
    if b"\r\n" in body and body.count(b"\n") == body.count(b"\r\n"):
        body = body.replace(b"\r\n", b"\n")
        words.append("eol=crlf")
    if body and not body.endswith(b"\n"):
        body += b"\n"
        words.append("newline=none")
    if placeholders(body):
        words.append("elision=ok")
    return None if b"\r" in body else block(path, " ".join([language(path), *words]).strip(), body)


def edit_block(path: str, difference: Difference, context: int | None) -> bytes | None:
    """Return `edit=` with `context` equal lines around each change; None: as few as place it."""
    name = word(path)
    pairs = [_sides(hunk, difference) for hunk in _hunk_ranges(difference, context)]
    everything = b"".join(part for pair in pairs for part in pair)
    if name is None or not pairs or not all(search for search, _ in pairs) or b"\r" in everything:
        return None
    body = hunk_text(pairs)
    words = [language(path), f"edit={name}", *(["elision=ok"] if placeholders(everything) else [])]
    return block(path, " ".join(words).strip(), body)


def hunk_text(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return hunks of SEARCH and REPLACE, with markers that no line of theirs looks like."""
    everything = b"".join(part for pair in pairs for part in pair)
    length = max([6, *(len(marker) for marker in _MARKERS.findall(everything))]) + 1
    return b"\n".join(
        b"%b SEARCH\n%b%b\n%b%b REPLACE\n" % (b"<" * length, search, b"=" * length, replace, b">" * length)
        for search, replace in pairs
    )


def _hunk_ranges(difference: Difference, context: int | None) -> list[Range]:
    if context is None:
        return [around for _, around in minimal_hunks(difference.old.lines, difference.ranges) or ()]
    length = len(difference.old.lines)
    return [widened(group, context, length) for group in with_context(difference.ranges, context, length)]


def _sides(hunk: Range, difference: Difference) -> tuple[bytes, bytes]:
    old, new = difference.old.lines, difference.new.lines
    return (
        b"".join(line + b"\n" for line in old[hunk.old_start : hunk.old_end]),
        b"".join(line + b"\n" for line in new[hunk.new_start : hunk.new_end]),
    )


def patch_block(path: str, difference: Difference, context: int) -> bytes | None:
    """Return `diff patch` with `context` equal lines around each change, and the change of mode if there is one."""
    old_mode, new_mode = difference.before.mode, difference.after.mode
    lines = [_header(path)]
    if old_mode != new_mode:
        lines.append(f"old mode {old_mode}\nnew mode {new_mode}\n".encode())
    length = len(difference.old_ended)
    groups = with_context(difference.ended_ranges, context, length)
    if groups:
        lines.append(f"--- {_quoted('a/' + path)}\n+++ {_quoted('b/' + path)}\n".encode())
    hunks = [line for group in groups for line in _patch_hunk(group, context, difference)]
    return _patch(path, lines, hunks)


def bare_patch_block(path: str, difference: Difference) -> bytes | None:
    """Return `diff patch` with a bare `@@` for each change and as few equal lines around it as place it."""
    old, new = difference.old_ended, difference.new_ended
    hunks = minimal_hunks([line.rstrip(b"\n") for line in old], difference.ended_ranges)
    if not hunks or difference.before.mode != difference.after.mode:
        return None
    lines = []
    for span, around in hunks:
        lines.append(b"@@\n")
        lines += [_signed(b" ", line) for line in old[around.old_start : span.old_start]]
        lines += [_signed(b"-", line) for line in old[span.old_start : span.old_end]]
        lines += [_signed(b"+", line) for line in new[span.new_start : span.new_end]]
        lines += [_signed(b" ", line) for line in old[span.old_end : around.old_end]]
    names = f"--- {_name_after('a/', path)}\n+++ {_name_after('b/', path)}\n".encode()
    return _patch(path, [names], lines)


def _name_after(prefix: str, path: str) -> str:
    return prefix + path if _UNMARKED.fullmatch(path) else _quoted(prefix + path)


def new_file_patch(path: str, state: FileState) -> bytes | None:
    """Return `diff patch` for a new file: for names that no info string can hold."""
    text = FileText.read(state.content)
    lines = [_header(path), f"new file mode {state.mode}\n".encode()]
    if text.lines:
        names = f"--- /dev/null\n+++ {_quoted('b/' + path)}\n"
        lines.append(f"{names}@@ -0,0 +1,{len(text.lines)} @@\n".encode())
    return _patch(path, lines, [_signed(b"+", line) for line in _ended(text)])


def mode_patch(path: str, before: FileState, after: FileState) -> bytes:
    """Return `diff patch` that changes nothing but the mode."""
    return block(path, "diff patch", _header(path) + f"old mode {before.mode}\nnew mode {after.mode}\n".encode())


def _header(path: str) -> bytes:
    return f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}\n".encode()


def _patch(path: str, lines: Sequence[bytes], hunks: Sequence[bytes]) -> bytes | None:
    body = b"".join([*lines, *hunks])
    if b"\r" in body:
        return None
    added = b"".join(line[1:] if line.startswith(b"+") else b"\n" for line in hunks)
    return block(path, "diff patch elision=ok" if placeholders(added) else "diff patch", body)


def _patch_hunk(group: Sequence[Range], context: int, difference: Difference) -> Iterator[bytes]:
    old, new = difference.old_ended, difference.new_ended
    whole = widened(group, context, len(old))
    counts = whole.old_end - whole.old_start, whole.new_end - whole.new_start
    yield b"@@ -%d,%d +%d,%d @@\n" % (
        whole.old_start + (counts[0] > 0), counts[0], whole.new_start + (counts[1] > 0), counts[1],
    )  # fmt: skip
    at = whole.old_start
    for span in group:
        yield from (_signed(b" ", line) for line in old[at : span.old_start])
        yield from (_signed(b"-", line) for line in old[span.old_start : span.old_end])
        yield from (_signed(b"+", line) for line in new[span.new_start : span.new_end])
        at = span.old_end
    yield from (_signed(b" ", line) for line in old[at : whole.old_end])


def _signed(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """A name as git quotes it: https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block(path: str, info: str, body: bytes) -> bytes:
    """Return a fence long enough for the body, below a heading that names the path."""
    return heading(2, path) + fenced(info, body)


def fenced(info: str, body: bytes) -> bytes:
    """Return a fence long enough for the body."""
    length = max([2, *(len(run) for run in _FENCES.findall(body))]) + 1
    fence = ("~" if "`" in info else "`") * length
    return f"{fence}{info}\n".encode() + body + f"{fence}\n".encode()


def heading(level: int, text: str) -> bytes:
    """Return a heading and a blank line; nothing where the text could open a fence or a comment."""
    return b"" if _NOT_IN_HEADINGS.search(text) else f"{'#' * level} {text}\n\n".encode()


def word(path: str) -> str | None:
    """Return a path as an attribute's value; None if it holds both kinds of quotes and needs them."""
    if _UNMARKED.fullmatch(path):
        return path
    quote = next((quote for quote in "\"'" if quote not in path), None)
    return quote and quote + path + quote


def settings_lines(settings: Settings, *names: str) -> list[str]:
    """Return the lines of a settings block for these lists, where they are set, and for the time limit."""
    values = ((name, getattr(settings, name)) for name in names)
    lines = [f"{name}: [{', '.join(map(yaml_text, texts))}]" for name, texts in values if texts is not None]
    limit = settings.timeout_minutes
    return lines if limit is None else [*lines, f"timeout_minutes: {limit:g}"]


def yaml_text(text: str) -> str:
    """Return a text of one line as a YAML scalar."""
    if not _NOT_IN_YAML.search(text):
        return single_quoted(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _NOT_IN_YAML.sub(lambda match: f"\\U{ord(match.group()):08X}", escaped) + '"'


def language(path: str) -> str:
    """Return the word for highlighting; "" if the suffix says nothing."""
    return _LANGUAGES.get(path.rpartition("/")[2].rpartition(".")[2].lower(), "")
