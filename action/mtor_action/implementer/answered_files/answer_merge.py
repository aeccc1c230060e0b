"""A model's answer about a Python file → the whole file that it means.

An answer may be the whole file or any of its definitions: a method without its class, a class with one of its methods,
a constant, a helper beside them. What the answer leaves out stays as it is. Nothing is deleted because it was left out.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from mtor_action.implementer.answered_files.answer_extent import (
    is_complete,
    is_whole,
    only_lacks,
    renamed_function,
    says_more,
)
from mtor_action.implementer.answered_files.counterparts import Counterparts, counterparts
from mtor_action.implementer.answered_files.elided_code import (
    bound_names,
    comments_for_code,
    cuts_code,
    first_new_dots,
    is_stub,
    lost_imports,
)
from mtor_action.implementer.answered_files.line_edits import LineEdit, edited
from mtor_action.implementer.answered_files.refusals import AnswerRefused, cut_code
from mtor_action.implementer.source_code.code_cleanup import (
    lines_in_texts,
    python_in,
    syntax_error,
    with_indentation_of,
    with_texts_of,
)
from mtor_action.implementer.source_code.statements_by_name import (
    DEFINITIONS,
    GUARD,
    AmbiguousMemberError,
    Function,
    Member,
    changed_beside,
    is_constant,
    is_import,
    matched,
    module_members,
    names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


_FIRST_COMMENT = re.compile(r"#!|#.*coding[:=]")


@dataclass(frozen=True, slots=True)
class MergedAnswer:
    """What an answer means: the whole file, and the names of what it gives; `is_whole`: it gives all of the file."""

    text: str
    names: frozenset[str]
    is_whole: bool = False


@dataclass(slots=True)
class _AnswerMerge:
    """One answer on its way into one file: the edits so far, and what it has named."""

    path: str
    lines: list[str]  # of the file
    answer_lines: list[str]
    in_texts: set[int]  # lines of the answer that begin inside of a text
    file: list[Member]
    counterparts: Counterparts
    with_pass: bool = False
    edits: list[LineEdit] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def put(self, before: Sequence[Member], after: Sequence[Member], prefix: str = "") -> None:
        """Put the members of `after` in place of their counterparts, and new ones beside those."""
        present, renamed = names(before), {id(new.node): old for old, new in renamed_function(before, after)}
        anchor: Member | None = None
        waiting: list[Member] = []
        for member in after:
            if is_constant(member.node) or is_import(member.node):
                continue
            if not member.name or (member.name == GUARD and GUARD not in present):
                self._check_loose(member, before)
                continue
            same, path = self.counterparts.of(member, before, prefix)
            same = same or renamed.get(id(member.node))
            if same is None:
                self._check_branches(member, before)
                waiting.append(member)
                continue
            self.given |= {f"{path}{member.name}", f"{path}{same.name}"}
            self._replace(same, member, f"{path}{member.name}.")
            # A method is put beside the one that was asked for, not beside what comes with it from outside.
            if same.node.col_offset or not self.counterparts.gives_inside:
                self._insert(waiting, self._lead(same), same)
                anchor, waiting = same, []
        if waiting and anchor is not None:
            self._insert(waiting, anchor.last_line + 1, anchor)
        elif waiting:
            self._insert_alone(waiting, before, prefix)

    def _check_loose(self, member: Member, before: Sequence[Member]) -> None:
        code = ast.dump(member.node)
        if not any(ast.dump(each.node) == code for each in before):
            line = self.answer_lines[member.first_line - 1].strip()[:80]
            raise AnswerRefused(
                f"line {member.first_line} of the answer, `{line}`, is more than the definitions of {self.path}; "
                "give the corrected code alone, or the whole file"
            )

    def _check_branches(self, member: Member, before: Sequence[Member]) -> None:
        bound = set(bound_names(member.node))
        for each in before:
            if not each.name and not is_import(each.node) and bound & set(bound_names(each.node)):
                head = self.lines[each.first_line - 1].strip()[:80]
                raise AnswerRefused(
                    f"{member.name} is defined in a branch of {self.path}, below `{head}`; give the whole file"
                )

    def _replace(self, same: Member, member: Member, prefix: str) -> None:
        if is_stub(member, same, with_pass=self.with_pass):
            return
        if isinstance(same.node, ast.ClassDef) and isinstance(member.node, ast.ClassDef):
            leaves_bases_out = not _bases(member.node) and bool(_bases(same.node))
            if leaves_bases_out or not is_complete(same.members, member.members, with_pass=self.with_pass):
                self._check_header(same, member)
                self.put(same.members, _matched(same.members, member.members, self.path), prefix)
                return
        if line := first_new_dots(member, same):
            raise cut_code(line, self.answer_lines)
        # Decorators that an answer of parts does not have are left out like everything else.
        first = same.first_line if _decorators(member.node) else same.node.lineno
        self.edits.append(LineEdit(first, same.last_line + 1, self._in_place_of(same, member)))

    def _check_header(self, same: Member, member: Member) -> None:
        for part in (_decorators, _bases):
            if part(member.node) not in (part(same.node), ""):
                raise AnswerRefused(
                    f"the class {member.name} has another head than in {self.path}; give all of the class"
                )

    def _insert(self, members: Sequence[Member], at: int, anchor: Member) -> None:
        """Insert new members before line `at`, beside `anchor` or, for what is not of its class, beside the class."""
        is_method = anchor.node.col_offset > 0
        of_module = [each for each in members if is_method and self.counterparts.is_of_module(each)]
        self._insert_beside([each for each in members if each not in of_module], at, anchor)
        outer = next((each for each in self.file if each.first_line <= anchor.first_line <= each.last_line), anchor)
        before = [each for each in of_module if at <= anchor.first_line or not isinstance(each.node, DEFINITIONS)]
        self._insert_beside(before, self._lead(outer), outer)
        self._insert_beside([each for each in of_module if each not in before], outer.last_line + 1, outer)

    def _insert_beside(self, members: Sequence[Member], line: int, anchor: Member) -> None:
        margin, is_before = self._margin(anchor), line <= anchor.first_line
        for member, following in zip(members, [*members, anchor][1:], strict=True):
            neighbours = (member, following) if is_before else (member,)
            is_apart = any(isinstance(each.node, DEFINITIONS) for each in neighbours)
            blank = [""] * ((1 if margin else 2) if is_apart else 0)
            body = self._at(member, margin)
            self.edits.append(LineEdit(line, line, [*body, *blank] if is_before else [*blank, *body]))

    def _insert_alone(self, waiting: Sequence[Member], before: Sequence[Member], prefix: str) -> None:
        kept = names(before)
        if prefix and kept:  # methods that a class did not have yet
            self._insert(waiting, before[-1].last_line + 1, before[-1])
            return
        given = ", ".join(member.name for member in waiting[:5])
        raise AnswerRefused(f"the answer gives {given}, and {self.path} has nothing of that name")

    def _lead(self, member: Member) -> int:
        """Return the line, from 1, at which a member and the comment right above it begin."""
        line = member.first_line
        margin = self._margin(member)
        while line > 1 and self.lines[line - 2].startswith(f"{margin}#"):
            line -= 1
        return line

    def _in_place_of(self, same: Member, member: Member) -> list[str]:
        """Return a member's lines from the answer, its head and its body at the columns of its counterpart's."""
        lines = self._at(member, self._margin(same))
        if not (isinstance(member.node, Function) and isinstance(same.node, Function)):
            return lines
        old, new = same.node.body[0], member.node.body[0]
        shift = old.col_offset - (new.col_offset - member.node.col_offset + same.node.col_offset)
        start = new.lineno - member.first_line
        if not shift or new.lineno == member.node.lineno or old.lineno == same.node.lineno:
            return lines
        kept = {number - member.first_line for number in self.in_texts}
        return [
            line if number < start or number in kept or not line.strip() else _shifted(line, shift)
            for number, line in enumerate(lines)
        ]

    def _margin(self, member: Member) -> str:
        """Return the blanks or tabs before a member of the file."""
        margin = self.lines[member.node.lineno - 1][: member.node.col_offset]
        return margin if not margin.strip() else " " * len(margin)

    def _at(self, member: Member, margin: str) -> list[str]:
        """Return a member's lines from the answer, behind this margin; texts over several lines stay as they are."""
        own, cut = member.node.col_offset, self._indentation_of_texts(member)
        moved: list[str] = []
        for number in range(member.first_line, member.last_line + 1):
            line = self.answer_lines[number - 1]
            bare = line[own:] if not line[:own].strip() else line
            moved.append(line[cut:] if number in self.in_texts else margin + bare if bare.strip() else "")
        return moved

    def _indentation_of_texts(self, member: Member) -> int:
        """Return the columns that a class around a shown method has put before the lines inside of its texts too."""
        own = member.node.col_offset
        numbers = self.in_texts & set(range(member.first_line, member.last_line + 1))
        texts = [line for number in numbers if (line := self.answer_lines[number - 1]).strip()]
        if not own or any(line[:own].strip() for line in texts):
            return 0
        present = set(self.lines)
        return own if sum(line[own:] in present for line in texts) > sum(line in present for line in texts) else 0

    def text(self) -> str:
        """Return the file with all edits. Raises AnswerRefused where two of them overlap."""
        lines = edited(self.lines, self.edits)
        if lines is None:
            given = ", ".join(sorted(self.given)[:5])
            raise AnswerRefused(f"the answer gives a definition of {self.path} twice, of {given}; give each once")
        return "\n".join(lines)


def merged_answer(text: str, block: str, path: str, inside: str = "", asked_line: int = 0) -> MergedAnswer:
    """Return the file that a block means. `inside` is the class that its definitions belong to.

    `asked_line` is the first line, from 1, of the definition that was asked for; 0 for the file.
    Raises AnswerRefused if the block has no single reading, or where it replaces code by a placeholder.
    """
    answer, before = _answer_for(text, block), module_members(text)
    if before is None:
        return MergedAnswer(answer, frozenset(), is_whole=True)
    after = _matched(before, module_members(answer) or [], path)
    loose = _loose(answer, text)
    _check_tests(before, after)
    # What a package imports is there for those that import it.
    lacks_imports = path.endswith("__init__.py") and bool(lost_imports(before, after))
    if not loose and not lacks_imports and is_whole(before, after):
        return MergedAnswer(answer, frozenset(names(before)), is_whole=True)
    merge = _AnswerMerge(
        path,
        text.split("\n"),
        answer.split("\n"),
        lines_in_texts(answer),
        before,
        counterparts(before, after, inside, asked_line),
        says_more(before, after),
    )
    whole, members = _put(merge, before, after)
    if not loose and only_lacks(before, after, members):
        return MergedAnswer(answer, frozenset(names(before)), is_whole=True)
    if changed := changed_beside(before, members, merge.given):
        raise AnswerRefused(
            f"the answer would change `{changed}` of {path}, which it does not give; give the whole file"
        )
    return MergedAnswer(whole, frozenset(merge.given))


def _answer_for(text: str, block: str) -> str:
    """Return the Python in a block, indented as the file is. Raises AnswerRefused if it does not parse."""
    answer = python_in(block)
    if answer is None:
        raise AnswerRefused(f"the answer is not Python that parses ({syntax_error(block)})")
    return with_indentation_of(text, with_texts_of(text, block, answer))


def _put(merge: _AnswerMerge, before: Sequence[Member], after: Sequence[Member]) -> tuple[str, list[Member]]:
    """Return the file with the answer's members in it, and its members then. Raises AnswerRefused."""
    merge.put(before, after)
    if not merge.given:
        raise AnswerRefused(f"the answer is neither the whole of {merge.path} nor a definition in it")
    whole = _with_imports(merge.text(), after, merge.answer_lines)
    members = module_members(whole)
    if members is None:
        raise AnswerRefused(f"the answer does not fit into {merge.path} ({syntax_error(whole)})")
    return whole, members


def _loose(answer: str, text: str) -> bool:
    """Return whether comments stand for members that were left out; AnswerRefused if one stands for other code."""
    tree = ast.parse(answer)
    comments = comments_for_code(answer, text)
    for line, column in comments:
        if cuts_code(tree, line, column):
            raise cut_code(line, answer.split("\n"))
    return bool(comments)


def _matched(before: Sequence[Member], after: Sequence[Member], path: str) -> list[Member]:
    try:
        return matched(before, after)
    except AmbiguousMemberError as error:
        raise AnswerRefused(f"{error} is more than once in {path}; give the whole file") from error


def _check_tests(before: Sequence[Member], after: Sequence[Member]) -> None:
    """Raise AnswerRefused if the answer tries out or tests the code beside giving it back."""
    present = names(before)
    is_script = any(_tries_out(each.node) for each in before)
    for member in after:
        is_test = isinstance(member.node, Function) and member.name.startswith("test_")
        is_tests = isinstance(member.node, ast.ClassDef) and member.name.startswith("Test")
        has_test = is_tests and any(each.name.startswith("test") for each in member.members)
        if (is_test or has_test) and member.name not in present:
            raise AnswerRefused(f"the answer holds a test, {member.name}; give back the corrected code alone")
        if _tries_out(member.node) and not is_script:
            tried = ast.unparse(member.node).partition("\n")[0][:80]
            raise AnswerRefused(f"the answer tries the code out, `{tried}`; give back the corrected code alone")


def _tries_out(node: ast.stmt) -> bool:
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return isinstance(node, ast.Assert) or (is_call and ast.unparse(node).startswith("print("))


def _decorators(node: ast.stmt) -> str:
    return "".join(ast.dump(each) for each in node.decorator_list) if isinstance(node, DEFINITIONS) else ""


def _bases(node: ast.stmt) -> str:
    return "".join(ast.dump(each) for each in (*node.bases, *node.keywords)) if isinstance(node, ast.ClassDef) else ""


def _shifted(line: str, columns: int) -> str:
    return " " * columns + line if columns > 0 else line[min(-columns, len(line) - len(line.lstrip())) :]


def _with_imports(text: str, after: Sequence[Member], answer_lines: Sequence[str]) -> str:
    """Return the text with the answer's imports that it does not have, below its own."""
    members = module_members(text)
    if members is None:
        return text
    present = {ast.dump(each.node) for each in members}
    missing = [each for each in after if is_import(each.node) and ast.dump(each.node) not in present]
    docstring = members[0].last_line if members and is_constant(members[0].node) else 0
    lines = text.split("\n")
    # A shebang and an encoding stay first.
    top = last = docstring or len(list(takewhile(_FIRST_COMMENT.match, lines[:2])))
    for member in members[1 if docstring else 0 :]:
        if not is_import(member.node):
            break
        last = member.last_line
    for member in reversed(missing):
        is_future = isinstance(member.node, ast.ImportFrom) and member.node.module == "__future__"
        at = top if is_future else last
        lines[at:at] = answer_lines[member.first_line - 1 : member.last_line]
    return "\n".join(lines)
