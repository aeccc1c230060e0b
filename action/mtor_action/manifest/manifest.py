"""A spec's texts → one `Spec`: settings, operations and every diagnostic at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.diagnostics import Diagnostic, in_order
from mtor_action.lazy_dataclasses import NamedTuple, dataclass, field, replace
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.fences.fenced_blocks import Fence, read_fences
from mtor_action.manifest.fences.near_miss import FenceKind, find_near_miss, kind_of
from mtor_action.manifest.fences.stray_syntax import find_strays, report_strays
from mtor_action.manifest.file_blocks.blocks import block_body, read_block
from mtor_action.manifest.file_blocks.conflicts import Conflicts
from mtor_action.manifest.file_blocks.operations import SEPARATOR, Delete, Move
from mtor_action.manifest.prose_bodies import Sections, meant_by_body, meant_by_heading
from mtor_action.manifest.settings_block.settings import Settings, read_settings
from mtor_action.manifest.text import Lines, Part, Place, Problems, check_characters
from mtor_action.tree.path_policy import MOST_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.manifest.file_blocks.operations import Operation

_OPERATIONS = (FenceKind.OPERATION, FenceKind.PATCH)
_HEADING = lazy_pattern(rb"(?m)^ {0,3}#{1,6}[ \t]+([^ \t\n].*)$")


class Spec(NamedTuple):
    """A spec that was read. With diagnostics, the other fields hold what could be read."""

    title: str  # from the settings, else the issue's, else the first heading
    texts: tuple[Lines, ...]  # the parts, as read
    settings: Settings  # of the `yaml mtor` block
    moves: tuple[Move, ...]  # from the settings
    deletes: tuple[Delete, ...]  # from the settings
    operations: tuple[Operation, ...]  # the blocks, in order
    manifest_blocks: tuple[Place, ...]  # where they begin
    prose_fences: tuple[Place, ...]  # where fences begin that are not manifest blocks
    diagnostics: tuple[Diagnostic, ...]  # the mistakes; empty if the spec can be used
    wish: str = ""  # what a review asks the implementer for, whatever the tests say
    entrusted: tuple[str, ...] = ()  # the files that it may change for that, beside those that `allow` names
    check_logs: str = ""  # what failing checks printed, which the wish is about: nobody's words

    def wishing(self, wish: str, entrusted: Iterable[str], check_logs: str = "") -> Spec:
        """Return the spec with a wish, which counts in place of an operation."""
        diagnostics = tuple(each for each in self.diagnostics if each.rule != "no-manifest")
        return self._replace(wish=wish, entrusted=tuple(entrusted), check_logs=check_logs, diagnostics=diagnostics)

    @property
    def sha256(self) -> str:
        """Its identity in hex: over the LF text of the parts, joined by NUL, which no part can hold.

        With a wish it is over that digest, the wish and the logs.
        """
        import hashlib  # with OpenSSL it takes as long as parsing a small spec, and a check needs no identity

        digest = hashlib.sha256(b"\0".join(lines.data for lines in self.texts)).hexdigest()
        if not self.wish:
            return digest
        asked = "\0".join(filter(None, (digest, self.wish, self.check_logs)))
        return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()

    def with_source(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the diagnostics in the order of the text, each with its source line."""
        return in_order(_with_source(diagnostics, self.texts), [lines.name for lines in self.texts])


@dataclass(slots=True)
class _SpecReading:
    """The result of reading so far, over all parts."""

    settings: Settings | None = None
    settings_place: Place | None = None
    operations: list[Operation] = field(default_factory=list)
    manifest_blocks: list[Place] = field(default_factory=list)
    prose_fences: list[Place] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def parse_spec(parts: Sequence[Part], title: str = "") -> Spec:
    """Read a spec of one or more texts, in order. Never raises for what a text may hold.

    `title` is the issue's title, if there is one; the settings' own title overrides it, a heading is used without it.
    """
    texts = [Lines(part) for part in parts]
    size = sum(len(lines.data) for lines in texts)
    if size > MOST_TEXT_BYTES:
        message = f"the spec has {size} bytes, expected at most {MOST_TEXT_BYTES}"
        too_large = Diagnostic("too-large", texts[0].name, 1, 1, message, "split it into several specs")
        return _spec(_SpecReading(diagnostics=[too_large]), texts, title)
    fences = [read_fences(lines) for lines in texts]
    has_operations = any(kind_of(fence.info) in _OPERATIONS for group in fences for fence in group)
    read = _SpecReading()
    for lines, group in zip(texts, fences, strict=True):
        problems = Problems(lines)
        check_characters(lines, problems)
        operations = [fence.line for fence in group if kind_of(fence.info) in _OPERATIONS]
        sections = Sections(lines, group if has_operations else (), operations)
        for fence in group:
            _read_fence(fence, problems, read, sections)
        report_strays(list(find_strays(lines, group)), problems, has_operations=has_operations)
        read.diagnostics += problems.found
    return _spec(read, texts, title)


def _read_fence(fence: Fence, problems: Problems, read: _SpecReading, sections: Sections) -> None:
    kind = kind_of(fence.info)
    place = problems.lines.place(fence.line, fence.column)
    if kind is FenceKind.PROSE:
        read.prose_fences.append(place)
        _check_leftover(fence, problems, read)
        _check_prose(fence, problems, sections)
        return
    read.manifest_blocks.append(place)
    readable = _readable(fence, problems)
    if kind is not FenceKind.SETTINGS:
        read.operations += read_block(fence, kind, problems, body_is_sound=readable)
    elif readable:
        _read_settings_block(fence, problems, read)


def _check_prose(fence: Fence, problems: Problems, sections: Sections) -> None:
    miss = find_near_miss(fence.info)
    if miss:
        problems.add(
            "near-miss",
            fence.line,
            miss.message,
            column=miss.word.column,
            width=len(miss.word.text),
            help=miss.help,
        )
        return
    meant = None if fence.quoted else meant_by_body(fence, problems.lines) or meant_by_heading(fence, sections)
    if meant:
        width = len(fence.marker)
        problems.add("near-miss", fence.line, meant.message, column=fence.column, width=width, help=meant.help)


def _check_leftover(fence: Fence, problems: Problems, read: _SpecReading) -> None:
    """A bare fence that opens after a block and is never closed: an inner fence has ended the block too early."""
    if fence.closed or fence.info.words or not read.manifest_blocks or fence.quoted:
        return
    if any(diagnostic.rule == "unclosed" for diagnostic in problems.found):
        return
    last = read.manifest_blocks[-1]
    if last.path == problems.lines.name:
        problems.add(
            "unclosed",
            fence.line,
            f"a fence without words that is never closed: did the block of line {last.line} end too early?",
            column=fence.column,
            width=len(fence.marker),
            help="give that block a fence longer than those inside of it, or remove this line",
        )


def _readable(fence: Fence, problems: Problems) -> bool:
    """Return whether the block is where a reader sees it and ends where its author ended it."""

    def fault(rule: str, message: str, hint: str) -> None:
        problems.add(rule, fence.line, message, column=fence.column, width=len(fence.marker), help=hint)

    if fence.quoted:
        fault(
            "quoted-block",
            "a manifest block in a block quote, expected it outside",
            "remove the > before it; quoted text is somebody else's",
        )
    if fence.inside.startswith("<"):
        fault(
            "hidden-block",
            "a manifest block inside raw HTML that is still open, which readers of the page may not see",
            "close the comment (-->) or the tag (>) before the block",
        )
    elif fence.inside:
        fault(
            "hidden-block",
            f"a manifest block inside the HTML element <{fence.inside}>, whose content readers of the page may not see",
            f"write </{fence.inside}> before the block, or put <{fence.inside}> in backticks if it is prose",
        )
    if not fence.closed:
        fault(
            "unclosed",
            f"the block is never closed, expected {fence.marker} alone on a line",
            f"Markdown ends it quietly after line {fence.end}; inside a list the closing fence needs the "
            "block's own indentation",
        )
    return fence.closed and not fence.quoted and not fence.inside


def _read_settings_block(fence: Fence, problems: Problems, read: _SpecReading) -> None:
    place = problems.lines.place(fence.line, fence.column)
    if read.settings_place is not None:
        first = read.settings_place
        problems.add(
            "two-settings",
            fence.line,
            "a second settings block, expected at most one",
            column=fence.column,
            help=f"the first is {first.path}:{first.line}; put all settings there",
        )
        return
    read.settings_place = place
    for word in fence.info.words[2:]:
        problems.add(
            "attribute",
            fence.line,
            f'unexpected word "{word.text}", expected "yaml mtor" alone',
            column=word.column,
            width=len(word.text),
        )
    body = block_body(fence, problems)
    if body is not None:
        text = body.decode("utf-8", "replace")
        read.settings = read_settings(problems, text, first_line=fence.body[0], indent=fence.indent)


def _spec(read: _SpecReading, texts: Sequence[Lines], title: str) -> Spec:
    settings = read.settings or Settings()
    moves = tuple(Move(old.text, new.text, old.place) for old, new in settings.move)
    deletes = tuple(Delete(path.text, path.place) for path in settings.delete)
    operations, faults = tuple(read.operations), list[Diagnostic]()
    paths = [path for move in moves for path in (move.old, move.new)] + [delete.path for delete in deletes]
    if any(SEPARATOR in path for path in paths):
        from mtor_action.manifest.file_blocks.symbol_blocks import split_settings

        apart = split_settings(moves, deletes)
        moves, deletes, operations = apart.moves, apart.deletes, (*apart.operations, *operations)
        faults += apart.faults
    faults += Conflicts(moves, deletes, operations).check()
    diagnostics = read.diagnostics + _with_source(faults, texts)
    if not (moves or deletes or operations or diagnostics):
        diagnostics.append(_no_manifest(texts[0] if texts else None, has_settings=read.settings_place is not None))
    return Spec(
        title=settings.title or title or _heading(texts) or (texts[0].name if texts else ""),
        texts=tuple(texts),
        settings=settings,
        moves=moves,
        deletes=deletes,
        operations=operations,
        manifest_blocks=tuple(read.manifest_blocks),
        prose_fences=tuple(read.prose_fences),
        diagnostics=tuple(in_order(diagnostics, [lines.name for lines in texts])),
    )


def _no_manifest(lines: Lines | None, *, has_settings: bool) -> Diagnostic:
    content = "settings but no operation" if has_settings else "no manifest block"
    return Diagnostic(
        "no-manifest",
        lines.name if lines else "spec",
        1,
        1,
        f"the spec has {content}, expected a fenced block such as ```python create=src/x.py",
        "mtor explain manifest has the format",
        lines.text(0) if lines and len(lines) else "",
    )


def _with_source(diagnostics: Iterable[Diagnostic], texts: Sequence[Lines]) -> list[Diagnostic]:
    by_name = {lines.name: lines for lines in texts}
    return [
        replace(fault, source=by_name[fault.path].text(fault.line - 1)) if fault.path in by_name else fault
        for fault in diagnostics
    ]


def _heading(texts: Sequence[Lines]) -> str:
    for lines in texts:
        match = _HEADING.search(lines.data)
        if match:
            # Taken off here: a pattern that looks for the end of the text takes quadratic time on a line of blanks.
            return match[1].rstrip(b" \t").rstrip(b"#").decode("utf-8", "replace").strip()
    return ""
