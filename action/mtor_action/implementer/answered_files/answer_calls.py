"""A model's answer in a plain block → a call that writes the file it means, changed as little as possible.

An answer may be the whole file, or the definitions that changed; anything else has no single reading and is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.answer_extent import may_be_cut
from mtor_action.implementer.answered_files.answer_merge import MergedAnswer, merged_answer
from mtor_action.implementer.answered_files.answer_splice import with_definition
from mtor_action.implementer.answered_files.corrected_lines import begins_alike, corrected
from mtor_action.implementer.answered_files.minimal_change import minimal_change
from mtor_action.implementer.answered_files.refusals import AnswerRefused
from mtor_action.implementer.replies.diffs import edits_of
from mtor_action.implementer.replies.reasoning import without_reasoning
from mtor_action.implementer.replies.reply_blocks import OPEN, ReplySubject
from mtor_action.implementer.replies.reply_text import read_reply
from mtor_action.implementer.source_code.code_cleanup import code_in_words, parses
from mtor_action.implementer.source_code.definitions import definitions_in
from mtor_action.implementer.source_code.lost_definitions import lost_definitions
from mtor_action.implementer.source_code.statements_by_name import module_members
from mtor_action.implementer.tools.tool_arguments import UNREADABLE
from mtor_action.model.chat import ToolCall

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mtor_action.implementer.source_code.shown_file import ShownFile
    from mtor_action.model.chat import Reply

_TEST = re.compile(r"(?:^|/)(?:tests?/|test_|conftest)|_test\.")
_FRAGMENT = "fragment"  # the key of a plain block that is neither the whole file nor its definitions


def answer_calls(reply: Reply, turn: int, files: Mapping[str, ShownFile], *, is_asked: bool) -> tuple[ToolCall, ...]:
    """Return the calls that a reply means in its text. `is_asked`: it was to give back one of `files`.

    Where it was not, a plain block is taken for a file only if there is one file and the block is one for certain.
    """
    paths = tuple(files)
    requested = paths if is_asked or len(paths) == 1 else ()
    names = {each.name for path in requested for each in definitions_in(path, files[path].text) or ()}
    subject = ReplySubject(
        paths,
        requested,
        frozenset(names),
        reply.truncated,
        lambda path: files[path].text if path in files else None,
    )
    calls = read_reply(reply.text, turn, subject)
    if not calls and is_asked and len(paths) == 1 and paths[0].endswith(".py") and not reply.truncated:
        code = code_in_words(without_reasoning(reply.text))
        calls = (_write(f"text-{turn}-0", paths[0], code),) if code else ()
    return tuple(call for call in _as_meant(calls, files, is_asked=is_asked) if is_asked or not _is_example(call))


def _as_meant(calls: Sequence[ToolCall], files: Mapping[str, ShownFile], *, is_asked: bool) -> list[ToolCall]:
    """Return the calls, those that write a shown file as one call for each, in the place of the last."""
    blocks: dict[str, list[ToolCall]] = {}
    others: list[ToolCall] = []
    for call in [_of_asked(call, files) for call in calls] if is_asked else calls:
        arguments = _arguments(call)
        path = arguments.get("path")
        if call.name == "write" and isinstance(path, str) and (path in files or UNREADABLE in arguments):
            blocks.setdefault(path, []).append(call)
        else:
            others.append(call)
    return [
        *others,
        *(call for path, given in blocks.items() for call in _of_one_file(given, files.get(path), set(files) - {path})),
    ]


def _of_asked(call: ToolCall, files: Mapping[str, ShownFile]) -> ToolCall:
    """Return a call for an asked file that a model names otherwise, as a call for that file."""
    arguments = _arguments(call)
    path = arguments.get("path")
    same = _same_file(path, arguments.get("content"), files) if isinstance(path, str) and path not in files else ""
    return replace(call, arguments=json.dumps({**arguments, "path": same})) if same else call


def _same_file(path: str, content: object, files: Mapping[str, ShownFile]) -> str:
    """Return the asked file that is meant by more or less of its path, or by another name for all that was asked.

    `m.py` and `/srv/app/src/m.py` are `src/m.py`. `solution.py` is, if its text is one of that file; "" for neither.
    """
    asked = [each for each in files if each.endswith(f"/{path}") or path.endswith(f"/{each}")]
    if asked or len(files) > 1 or not isinstance(content, str) or _TEST.search(path):
        return asked[0] if len(asked) == 1 else ""
    [file] = files.values()
    try:
        _meant(file, content)
    except AnswerRefused:
        return ""
    return file.path if file.path.endswith(".py") and path.endswith(".py") else ""


def _of_one_file(calls: Sequence[ToolCall], file: ShownFile | None, others: Collection[str]) -> list[ToolCall]:
    """Return the calls that the blocks for one file come to.

    Blocks of other definitions add up. Of several texts of the same one the last counts that changes something: those
    before it show the mistake or a draft, and what was there before is quoted.
    """
    taken: list[tuple[str, MergedAnswer]] = []
    faults: list[ToolCall] = []
    for call in calls:
        arguments = _arguments(call)
        content = arguments.get("content")
        if file is None or not isinstance(content, str):
            faults.append(call)
            continue
        try:
            _check_single(file, content, others)
            meant = _meant(file, content, is_open=OPEN in arguments)
        except AnswerRefused as error:
            faults.append(_edit_by_signs(call, file, content) or _fragment(call, file, str(error)))
            continue
        if taken and taken[-1][1].text != file.text and _is_aside(file, content, taken[-1][0]):
            continue
        is_draft = [each.is_whole or meant.is_whole or bool(each.names & meant.names) for _, each in taken]
        if not taken or meant.text != file.text:
            taken = [*(pair for pair, is_old in zip(taken, is_draft, strict=True) if not is_old), (content, meant)]
    lost = [call for call in faults if not _is_example(call)]
    if file is None or not taken:
        return lost[-1:] or faults[-1:]
    return [*lost, replace(_write(calls[-1].id, file.path, _put_together(file, taken)), id=calls[-1].id)]


def _is_aside(file: ShownFile, content: str, earlier: str) -> bool:
    """Return whether a block after what was asked for is something else: a command, its output, a use.

    Without a parser, a file is known by its lines: what has fewer of them than the block before is another one.
    """
    new = file.new_text
    if file.is_only_new_asked:
        return begins_alike(new, earlier) and not begins_alike(new, content)
    return not file.path.endswith(".py") and file.part is None and _shared(file, content) < _shared(file, earlier)


def _shared(file: ShownFile, content: str) -> int:
    """Return how many lines of a file a text has."""
    own, given = (Counter(line.strip() for line in text.split("\n") if line.strip()) for text in (file.text, content))
    return (own & given).total()


def _check_single(file: ShownFile, content: str, others: Collection[str]) -> None:
    """Raise AnswerRefused if a block names another asked file in a comment of its own: it holds more than one."""
    present = file.text.split("\n")
    for line in content.split("\n"):
        named = line.strip("#/*-<!> \t:`")
        if named in others and line.lstrip().startswith(("#", "//", "/*", "<!--", "--")) and line not in present:
            raise AnswerRefused(f"the block holds {named} as well as {file.path}; give each file a block of its own")


def _put_together(file: ShownFile, taken: Sequence[tuple[str, MergedAnswer]]) -> str:
    text = taken[0][1].text
    for content, _ in taken[1:]:
        text = _meant(replace(file, text=text), content).text
    return minimal_change(file.text, text, file.path)


def _meant(file: ShownFile, content: str, *, is_open: bool = False) -> MergedAnswer:
    """Return what a block means for a file; `is_open`: its fence is never closed. Raises AnswerRefused."""
    if is_open and may_be_cut(file.text, content):
        raise AnswerRefused("the block is never closed; end it with a fence alone on a line")
    if file.is_only_new_asked and not is_open:
        text = corrected(file.text, file.new_lines[0], file.new_lines[-1], content)
        if text is not None:
            return MergedAnswer(text, frozenset(), is_whole=True)
    if file.path.endswith(".py") and module_members(file.text):
        inside = file.asked.name.rpartition(".")[0] if file.asked else ""
        return merged_answer(file.text, content, file.path, inside, file.asked.first_line if file.asked else 0)
    if file.part is not None:
        return MergedAnswer(with_definition(file, file.part, content), frozenset({file.part.name}))
    if len(content.split("\n")) * 3 >= len(file.text.split("\n")) * 2:
        if lost := lost_definitions(file.path, file.text, content):
            raise AnswerRefused(lost)
        return MergedAnswer(content, frozenset(), is_whole=True)
    raise AnswerRefused(f"the answer is not the whole of {file.path}")


def _edit_by_signs(call: ToolCall, file: ShownFile, content: str) -> ToolCall | None:
    """Return an edit for a block whose lines have the signs of a diff, without its head."""
    signs = {line[:1] for line in content.split("\n")}
    if not {"+", "-"} <= signs or parses(content):
        return None
    hunks = edits_of(content)
    if len(hunks) != 1:
        return None
    return replace(call, name="edit", arguments=json.dumps({"path": file.path, "hunks": hunks[0][1]}))


def _fragment(call: ToolCall, file: ShownFile, fault: str) -> ToolCall:
    arguments = {"path": file.path, UNREADABLE: f"{fault}; nothing was written", _FRAGMENT: True}
    return replace(call, arguments=json.dumps(arguments))


def _write(call_id: str, path: str, content: str) -> ToolCall:
    return ToolCall(call_id, "write", json.dumps({"path": path, "content": content}))


def _is_example(call: ToolCall) -> bool:
    return call.name == "write" and _FRAGMENT in _arguments(call)


def _arguments(call: ToolCall) -> dict[str, object]:
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
