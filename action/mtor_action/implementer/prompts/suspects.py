"""What the smallest question may be about: the files or definitions that most likely hold the mistake.

The failing output names a place; what the spec changed is another. A change of one function breaks the test of a
second one, which calls it, so both are asked about in turns.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.implementer.failing_output.fault_localization import likely_files, line_in
from mtor_action.implementer.source_code.definitions import definition_at, definition_called, definitions_in
from mtor_action.implementer.source_code.related_definitions import related_definitions
from mtor_action.implementer.source_code.shown_file import ShownFile, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.implementer.source_code.definitions import Definition
    from mtor_action.tree.changes import Change

MOST_FILE_LINES = 160
MOST_FILE_CHARACTERS = 8_000
_MOST_FILES = 3
_MOST_SUBJECTS = 3
_FEWEST_SPARED_LINES = 12  # which an answer need not repeat if it is a definition
_MOST_NEW_LINES = 5  # more of them do not say where to look
_MOST_COMPARED_LINES = 10 * MOST_FILE_LINES  # of what was there before; a comparison takes lines times lines

Suspect = tuple[ShownFile, ...]  # shown in one question


def suspects(texts: Mapping[str, str], failures: str, before: Mapping[str, str]) -> list[Suspect]:
    """Return what to ask about, in turns, most likely first; [] where no question would be a small one.

    What fails comes before each of the others if the spec changed it, and new lines alone before what they are in.
    `texts` are the files that may hold the mistake, `before` what the spec found of them.
    """
    named = _with_new_lines(_named(texts, failures), before)
    changed = [item for path, text in texts.items() for item in _changed(path, text, before.get(path))]
    others = [item for item in changed if not any(_is_same(item, each) for each in named)]
    others.sort(key=lambda item: not _is_mentioned(item, failures))
    # What fails was green before the spec, or is new: what the spec left alone is the last to blame.
    is_blameless = others and len(others) == len(changed) and all(each.path in before for each in named)
    others = (others or _related(named, before))[: _MOST_SUBJECTS - bool(named)]
    alone = [_with_new_lines((item,), before) for item in others]
    if is_blameless or not (named and alone):
        return _in_forms([suspect for suspect in (*alone, named) if suspect], failures)
    return _in_forms([suspect for other in alone for suspect in (named, other)], failures)


def texts_before(changes: Iterable[Change]) -> dict[str, str]:
    """Return the files as the spec found them, with line ends as a model is shown them."""
    return {
        change.path: change.before.content.decode("utf-8", "replace").replace("\r\n", "\n")
        for change in changes
        if change.before is not None
    }


def _with_new_lines(suspect: Suspect, before: Mapping[str, str]) -> Suspect:
    if len(suspect) != 1:
        return suspect
    [item] = suspect
    return (replace(item, new_lines=new_lines_in(item, before.get(item.path))),)


def _in_forms(ordered: list[Suspect], failures: str) -> list[Suspect]:
    """Return the suspects, each after the forms in which less of it is asked for: its new lines, one definition."""
    forms: list[Suspect] = []
    for at, suspect in enumerate(ordered):
        is_first, is_last = suspect not in ordered[:at], suspect not in ordered[at + 1 :]
        less = _with_less_asked(suspect, failures) if is_first else []
        forms += [*less, suspect] if is_last or not less else less
    return forms


def _with_less_asked(suspect: Suspect, failures: str) -> list[Suspect]:
    if len(suspect) > 1:
        return []
    [item] = suspect
    forms: list[Suspect] = []
    if _are_together(item.new_lines):
        forms.append((replace(item, is_only_new_asked=True),))
    if part := _part_of_whole(item, failures):
        forms.append((replace(item, asked_part=part),))
    return forms


def _part_of_whole(item: ShownFile, failures: str) -> Definition | None:
    """Return the definition of a whole file that is worth asking for by itself."""
    if item.part or not item.path.endswith(".py"):
        return None
    part = (
        definition_at(item.path, item.text, item.new_lines[0]) if item.new_lines else _part_that_fails(item, failures)
    )
    lines = part.last_line - part.first_line + 1 if part else 0
    return part if item.text.count("\n") - lines >= _FEWEST_SPARED_LINES else None


def _part_that_fails(item: ShownFile, failures: str) -> Definition | None:
    path, text = item.path, item.text
    return definition_at(path, text, line_in(path, failures)) or definition_called(path, text, failures)


def _are_together(lines: Sequence[int]) -> bool:
    return bool(lines) and lines[-1] - lines[0] == len(lines) - 1


def new_lines_in(item: ShownFile, before: str | None) -> tuple[int, ...]:
    """Return the lines of the file, from 1, that are shown and that the spec wrote; () unless few among many are."""
    if before is None:
        return ()
    old = _counterpart(item, before) if item.part else None
    if item.part and old is None:
        return ()
    compared = ShownFile(item.path, before, old).excerpt
    if compared.count("\n") > _MOST_COMPARED_LINES:
        return ()
    lines = _new_lines(compared, item.excerpt)
    is_few = len(lines) <= _MOST_NEW_LINES and 2 * len(lines) <= item.excerpt.count("\n")
    first = item.part.first_line if item.part else 1
    return tuple(first + line for line in lines) if is_few else ()


def _counterpart(item: ShownFile, before: str) -> Definition | None:
    """Return what the part was before; of several with its name, as of a property and its setter, the same in order."""
    now, old = (
        [part for part in definitions_in(item.path, text) or () if item.part and part.name == item.part.name]
        for text in (item.text, before)
    )
    return old[now.index(item.part)] if item.part in now and len(now) == len(old) else None


def _named(texts: Mapping[str, str], failures: str) -> Suspect:
    """Return the files that the failing output is about, or the definition in the first of them; () for none."""
    shown: list[ShownFile] = []
    for path in likely_files(texts, failures)[:_MOST_FILES]:
        item = _whole_or_part(path, texts[path], failures)
        if item is None and not shown:
            return ()
        if item is not None and sum(len(each.excerpt) for each in (*shown, item)) <= MOST_FILE_CHARACTERS:
            shown.append(item)
    # A definition is asked for alone: an answer of several files says by paths what each is.
    return tuple(shown if all(item.part is None for item in shown) else shown[:1])


def _whole_or_part(path: str, text: str, failures: str) -> ShownFile | None:
    if is_small(text):
        return ShownFile(path, text)
    item = ShownFile(path, text)
    part = _part_that_fails(item, failures)
    item = replace(item, part=part)
    return item if part and is_small(item.excerpt) else None


def _changed(path: str, text: str, before: str | None) -> list[ShownFile]:
    """Return what the spec changed of a file that was there: all of it if it is small, else innermost definitions."""
    if before is None or before == text:
        return []
    if is_small(text):
        return [ShownFile(path, text)]
    old, new = before.split("\n"), text.split("\n")
    present = {excerpt(old, part) for part in definitions_in(path, before) or ()}
    excerpts = {part: own for part in definitions_in(path, text) or () if (own := excerpt(new, part)) not in present}
    innermost = [part for part in excerpts if not any(_is_inside(other, part) for other in excerpts)]
    return [ShownFile(path, text, part) for part in innermost if is_small(excerpts[part])]


def _related(named: Suspect, before: Mapping[str, str]) -> list[ShownFile]:
    """Return what the definition that fails depends on, in a file that is all new: nothing there is less to blame."""
    if not named or named[0].part is None or named[0].path in before or not named[0].path.endswith(".py"):
        return []
    [item] = named
    parts = related_definitions(item.text, named[0].part)
    return [other for part in parts if is_small((other := replace(item, part=part)).excerpt)]


def _is_inside(part: Definition, other: Definition) -> bool:
    return part != other and other.first_line <= part.first_line and part.last_line <= other.last_line


def is_small(text: str) -> bool:
    """Return whether a file, or a part of one, is short enough to be asked for as a whole."""
    return text.count("\n") <= MOST_FILE_LINES and len(text) <= MOST_FILE_CHARACTERS


def _is_same(item: ShownFile, other: ShownFile) -> bool:
    return (item.path, item.part) == (other.path, other.part)


def _is_mentioned(item: ShownFile, failures: str) -> bool:
    name = item.part.simple_name if item.part else item.path.rpartition("/")[2]
    return name in failures


def _new_lines(before: str, after: str) -> list[int]:
    """Return the numbers, from 0, of the lines of `after` that `before` does not have in their place."""
    old, new = before.split("\n"), after.split("\n")
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    numbers = [number for tag, _, _, start, end in blocks if tag != "equal" for number in range(start, end)]
    return [number for number in numbers if new[number].strip()]
