"""The actions of the tools. Every refusal is an observation that says what to do instead."""

from __future__ import annotations

import json
import posixpath
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import GitError, MtorError
from mtor_action.implementer.failing_output import failure_summary
from mtor_action.implementer.source_code.lost_definitions import lost_definitions
from mtor_action.implementer.tools import tool_arguments
from mtor_action.implementer.tools.file_listing import MOST_LINE_CHARACTERS, fenced, listing
from mtor_action.implementer.tools.tool_arguments import BadArguments, parse_arguments, plain_name
from mtor_action.implementer.tools.unseen_text import unseen_loss
from mtor_action.manifest.bodies.elision import placeholders
from mtor_action.manifest.bodies.hunks import read_hunks
from mtor_action.model.chat import Tool
from mtor_action.plan.edits import Edited, apply_hunk
from mtor_action.plan.placing import closest_region
from mtor_action.scope.cheats import cheats
from mtor_action.stalls.turn_events import Call, CallKind
from mtor_action.tree.changes import FileState
from mtor_action.tree.file_text import FileText, is_utf8, unreadable
from mtor_action.tree.path_policy import form_fault, path_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.manifest.bodies.hunks import Hunk
    from mtor_action.model.chat import ToolCall
    from mtor_action.plan.edits import Miss
    from mtor_action.processes.commands import CommandResult
    from mtor_action.scope.scope import Scope
    from mtor_action.workspace.workspace import Workspace

MOST_LINES = 300
_MOST_CHARACTERS = 14_000
_MOST_HITS = 40
_MOST_REGION_LINES = 12


class Done(NamedTuple):
    """One call carried out: the event for the stall detector; `finish` if the model ended the work."""

    event: Call
    finish: tool_arguments.FinishArguments | None = None


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files that the implementer had written at one moment, and the results of the last test run."""

    states: dict[str, FileState | None]
    results: list[CommandResult]


class _CallRefused(Exception):
    """A call that is not carried out. `kind` is a stable name of the error."""

    def __init__(self, kind: str, text: str, *, tampering: str | None = None, cheating: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.kind = kind
        self.tampering = tampering
        self.cheats = tuple(cheating)


@dataclass(slots=True)
class Toolbox:
    """The tools on one workspace.

    `run_tests` runs every test command, puts the tree back as it was, and returns the results and the files that
    the commands had changed for the first time. `results` are those of the last run; `original` has the files that
    the implementer wrote, as they were before.
    """

    workspace: Workspace
    scope: Scope
    run_tests: Callable[[], tuple[list[CommandResult], list[str]]]
    redact: Callable[[str], str]
    results: list[CommandResult] = field(default_factory=list)
    original: dict[str, FileState | None] = field(default_factory=dict)

    def carry_out(self, call: ToolCall) -> Done:
        """Do what the model asks for, or say why not. Never raises for what a model may write."""
        try:
            arguments = parse_arguments(call)
        except BadArguments as error:
            return Done(self._event(call, str(error), error_class="bad-arguments"))
        path = getattr(arguments, "path", "")
        if path:
            path = self._spelled(path)
            arguments = arguments.model_copy(update={"path": path})
        kind = _KINDS.get(plain_name(call.name), CallKind.OTHER)
        if isinstance(arguments, tool_arguments.FinishArguments):
            return Done(self._event(call, "finished"), arguments)
        if isinstance(arguments, tool_arguments.RunTests):
            return Done(self.tested(call.name, call.arguments))
        try:
            observation = self._act(arguments)
        except _CallRefused as refused:
            return Done(
                self._event(
                    call, str(refused), kind=CallKind.OTHER, path=path, error_class=refused.kind,
                    tampering=refused.tampering, cheating=refused.cheats,
                )
            )  # fmt: skip
        return Done(self._event(call, observation, kind=kind, path=path))

    def tested(self, tool: str = "run_tests", arguments: str = "{}") -> Call:
        """Run the tests and return the event of that call."""
        self.results, dirt = self.run_tests()
        return Call(
            tool=tool,
            arguments=canonical(arguments),
            observation=self.redact(failure_summary.described(self.results)),
            kind=CallKind.TEST,
            failing=failure_summary.failing(self.results),
            broken=failure_summary.is_broken(self.results),
            errors=failure_summary.errors(self.results),
            tampering=f"the commands changed {', '.join(dirt[:5])}, which was put back" if dirt else None,
        )

    def whole_text(self, path: str) -> str | None:
        """Return the text of a file that may be written, if a model can be shown all of it and give all of it back."""
        is_open = not (self.scope.refusal(path) or self.workspace.refusal(path, to_write=True))
        state = self.workspace.stored(path) if is_open else None
        if state is None or unreadable(state.content) or not is_utf8(state.content):
            return None
        text = state.content.decode()
        unix = text.replace("\r\n", "\n")
        is_mixed = "\r" in unix or (unix != text and text.count("\r\n") != unix.count("\n"))
        is_shown = self.redact(unix) == unix and all(len(line) <= MOST_LINE_CHARACTERS for line in unix.split("\n"))
        return unix if is_shown and not is_mixed and not text.startswith("\ufeff") else None

    def readable_text(self, path: str) -> str | None:
        """Return the text of a file that a model may read, whether or not it may write it; None for any other."""
        try:
            return self._text(path)[1].content.decode("utf-8", "replace").replace("\r\n", "\n")
        except (_CallRefused, MtorError, OSError):
            return None

    def snapshot(self) -> WrittenFiles:
        """Return the present state of the files, for `put_back`."""
        return WrittenFiles(self.states(), self.results)

    def put_back(self, snapshot: WrittenFiles) -> None:
        """Undo everything since a snapshot: files, and the results that speak of them."""
        for path, state in self.states().items():
            before = snapshot.states.get(path, self.original[path])
            if state != before:
                self.workspace.put(path, before)
        self.results = snapshot.results

    @property
    def is_green(self) -> bool:
        """Return whether every command of the last test run passed."""
        return bool(self.results) and all(result.has_ended_well for result in self.results)

    def states(self) -> dict[str, FileState | None]:
        """Return every file that the implementer wrote, as it is."""
        return {path: self.workspace.stored(path) for path in self.original}

    def changed(self) -> dict[str, FileState | None]:
        """Return those of them that differ from what they were."""
        return {path: state for path, state in self.states().items() if state != self.original[path]}

    def changed_texts(self) -> dict[str, tuple[str | None, str | None]]:
        """Return the texts before and after of every file changed."""
        return {path: (_text(self.original[path]), _text(state)) for path, state in self.changed().items()}

    def put_again(self, path: str, state: FileState | None) -> None:
        """Write what a finished turn of an earlier process wrote."""
        if self.scope.refusal(path):
            raise MtorError(f"the transcript writes {path}, which is outside the scope", "start the run again")
        self._keep(path, self.workspace.stored(path))
        self.workspace.put(path, state)

    def _keep(self, path: str, before: FileState | None) -> None:
        self.original.setdefault(path, before)

    def _event(  # noqa: PLR0913  the fields of one event, by name
        self, call: ToolCall, observation: str, *, kind: CallKind = CallKind.OTHER, path: str = "",
        error_class: str | None = None, tampering: str | None = None, cheating: tuple[str, ...] = (),
    ) -> Call:  # fmt: skip
        return Call(
            tool=tool_arguments.encodable(call.name)[:100],
            arguments=canonical(call.arguments),
            observation=self.redact(tool_arguments.encodable(observation)),
            kind=kind,
            path=path,
            error_class=error_class,
            tampering=tampering,
            cheats=cheating,
        )

    def _act(self, arguments: object) -> str:
        try:
            if isinstance(arguments, tool_arguments.ReadArguments):
                return self._read(arguments)
            if isinstance(arguments, tool_arguments.SearchArguments):
                return self._search(arguments)
            if isinstance(arguments, tool_arguments.EditArguments):
                return self._edit(arguments)
            if isinstance(arguments, tool_arguments.WriteArguments):
                return self._write(arguments)
        except (MtorError, OSError) as error:
            raise _CallRefused("refused", str(error)) from error
        raise TypeError(f"no tool takes {arguments!r}")

    def _text(self, path: str) -> tuple[FileText, FileState]:
        fault = path_fault(path, is_new=False)
        if fault and not fault.endswith("change it by hand"):  # what no spec may write may still be read
            raise _CallRefused("bad-path", fault)
        refusal = self.workspace.refusal(path, to_write=False)
        if refusal:
            raise _CallRefused("not-found", refusal)
        state = self.workspace.stored(path)
        if state is None:
            raise _CallRefused("not-found", f"{path} does not exist; use search to find the file")
        reason = unreadable(state.content)
        if reason:
            raise _CallRefused("binary", f"{path} is {reason}")
        return FileText.read(state.content), state

    def _read(self, args: tool_arguments.ReadArguments) -> str:
        text, state = self._text(args.path)
        total = len(text.lines)
        end = min(args.end or total, total, args.start + MOST_LINES - 1)
        if args.start > total:
            return f"{args.path} has {total} lines; there is no line {args.start}"
        lines = [line.decode("utf-8", "replace") for line in text.lines]
        while sum(len(line) + 1 for line in lines[args.start - 1 : end]) > _MOST_CHARACTERS and end > args.start:
            end -= 1
        note = (
            ""
            if is_utf8(state.content)
            else "\n(the file is not UTF-8; what is not ASCII is shown as \N{REPLACEMENT CHARACTER})"
        )
        return listing(args.path, lines, args.start, end) + note

    def _search(self, arguments: tool_arguments.SearchArguments) -> str:
        paths = [arguments.path] if arguments.path else ["."]
        if arguments.path and path_fault(arguments.path):
            raise _CallRefused("bad-path", path_fault(arguments.path))
        if "\0" in arguments.text:
            raise _CallRefused("bad-arguments", "no text file holds a NUL")
        args = ("grep", "-n", "-z", "-I", "-F", "--untracked", "--no-color", "-e", arguments.text, "--", *paths)
        try:
            output = self.workspace.git.run(*args)
        except GitError as error:
            if "exit status 1" not in error.message:
                raise
            output = b""
        lines = self._readable(output.decode("utf-8", "surrogateescape"))
        if not lines:
            return f"no line holds {arguments.text!r}"
        more = [f"… and {len(lines) - _MOST_HITS} more lines"] if len(lines) > _MOST_HITS else []
        return "\n".join([line[:300] for line in lines[:_MOST_HITS]] + more)

    def _readable(self, output: str) -> list[str]:
        """Return what `git grep -n -z` found in files that may be read, as PATH:NUMBER:LINE."""
        hits = [line.split("\0", 2) for line in output.split("\n") if line.count("\0") >= 2]
        readable = self.workspace.readable({hit[0] for hit in hits})
        lines = (f"{path}:{number}:{text}" for path, number, text in hits if path in readable)
        return [line.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for line in lines]

    def _edit(self, args: tool_arguments.EditArguments) -> str:
        self._check_scope(args.path)
        text, state = self._text(args.path)
        faults: list[str] = []
        lines = [line.removesuffix("\r").encode() for line in args.hunks.split("\n")]
        hunks = read_hunks(lines, 0, lambda _rule, at, message, _help: faults.append(f"line {at + 1}: {message}"))
        if faults or not hunks:
            raise _CallRefused("bad-hunk", "; ".join(faults) or "no hunk: <<<<<<< SEARCH … ======= … >>>>>>> REPLACE")
        edited = Edited()
        for number, hunk in enumerate(hunks, 1):
            miss = apply_hunk(text, hunk, 1, edited)
            if miss is not None:
                raise _CallRefused(
                    "no-match", f"hunk {number} of {args.path}: {miss.message}\n{_closest(text, hunk, miss, edited)}"
                )
        self._put(args.path, state, text.write(), b"\n".join(line for hunk in hunks for line in hunk.replace))
        note = f" ({edited.note})" if edited.note else ""
        return f"{args.path}: {len(hunks)} hunk{'s' if len(hunks) > 1 else ''} applied{note}"

    def _write(self, arguments: tool_arguments.WriteArguments) -> str:
        self._check_scope(arguments.path)
        refusal = self.workspace.refusal(arguments.path, to_write=True)
        if refusal:
            raise _CallRefused("not-ours", refusal)
        state = self.workspace.stored(arguments.path)
        content = arguments.content.replace("\r\n", "\n").encode("utf-8", "replace")
        if state is not None:
            if state.content.count(b"\r\n") * 2 > state.content.count(b"\n") > 0:
                content = content.replace(b"\n", b"\r\n")
            if state.content.startswith(BOM_UTF8):
                content = BOM_UTF8 + content.removeprefix(BOM_UTF8)
        self._put(arguments.path, state, content, content, is_whole=True)
        return f"{arguments.path}: written, {len(content.splitlines())} lines"

    def _spelled(self, path: str) -> str:
        """Return the path as git spells it: without `./` and `//`, and relative where it names the repository."""
        inside = path.removeprefix(f"{self.workspace.git.root}/")
        return posixpath.normpath(inside) + "/" * inside.endswith("/")

    def _check_scope(self, path: str) -> None:
        fault = form_fault(path)
        if fault and not path.startswith(("/", "../", "~/")):  # those lead out of the repository
            raise _CallRefused("bad-path", fault)
        refusal = self.scope.refusal(path)
        if refusal:
            raise _CallRefused("outside-scope", refusal, tampering=f"tried to write {path}: {refusal}")

    def _put(
        self, path: str, before: FileState | None, content: bytes, added: bytes, *, is_whole: bool = False
    ) -> None:
        if _new_placeholder(added, content, before.content if before else b""):
            raise _CallRefused("elision", "a line is a placeholder for code that was left out; write the code itself")
        if before is None and (fault := path_fault(path)):
            raise _CallRefused("bad-path", fault)
        touched = self.scope.region_fault(path, _text(before), _decoded(content))
        if touched:
            raise _CallRefused("outside-scope", touched, tampering=f"tried to write {path}: {touched}")
        cheating = cheats(path, _text(before), _decoded(content))
        if cheating:
            raise _CallRefused("test-cheat", "refused: " + "; ".join(cheating), cheating=cheating)
        left_out = lost_definitions(path, _decoded(before.content), _decoded(content)) if before and is_whole else ""
        if left_out:
            raise _CallRefused("left-out", f"not written: {left_out}, or change a part of it by an edit")
        loss = unseen_loss(before.content, content, self.redact) if before else ""
        if loss:
            raise _CallRefused("unseen", f"{path} was not written: {loss}")
        after = FileState(content, before.mode if before else "100644")
        if after == before:
            raise _CallRefused("no-change", f"{path} is already so; nothing was written")
        self._keep(path, before)
        self.workspace.put(path, after)


def _new_placeholder(added: bytes, content: bytes, before: bytes) -> bool:
    """Return whether `added` has a placeholder for code more often in `content` than the file had before."""
    lines = added.split(b"\n")
    new = {lines[number] for number in placeholders(added)}
    return any(content.split(b"\n").count(line) > before.split(b"\n").count(line) for line in new)


def _closest(text: FileText, hunk: Hunk, miss: Miss, edited: Edited) -> str:
    """Return the lines that SEARCH may have meant, as they are in the file; else the help of the miss."""
    region = closest_region(text, hunk.search, edited.effort) if miss.rule == "hunk-not-found" else None
    if not isinstance(region, tuple):
        return miss.help
    lines = [line.decode("utf-8", "replace") for line in text.lines[region[0] : region[0] + _MOST_REGION_LINES]]
    return "The closest lines of the file are these; copy them into SEARCH:\n" + fenced(lines, "")


_KINDS = {
    "read": CallKind.READ, "search": CallKind.READ, "edit": CallKind.EDIT, "write": CallKind.EDIT,
}  # fmt: skip


def offered() -> tuple[Tool, ...]:
    """Return the tools in the form in which a model is offered them."""
    return tuple(
        Tool(name, (kind.__doc__ or "").strip(), tool_arguments.schema(name))
        for name, kind in tool_arguments.ARGUMENTS.items()
    )


def canonical(arguments: str) -> str:
    """Return the same JSON with sorted keys; anything else as it is."""
    try:
        sorted_keys = json.dumps(json.loads(arguments or "{}"), sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return tool_arguments.encodable(arguments)
    return tool_arguments.encodable(sorted_keys)


def _text(state: FileState | None) -> str | None:
    return None if state is None else _decoded(state.content)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")
