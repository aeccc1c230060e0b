"""What scouts and the architect can do: read lines and search, in the files of one commit, and nothing else."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.errors import GitError, MtorError
from mtor_action.implementer.tools import tool_arguments
from mtor_action.implementer.tools.file_listing import listing
from mtor_action.implementer.tools.tool_arguments import BadArguments, parse_arguments
from mtor_action.implementer.tools.toolbox import canonical
from mtor_action.model.chat import Tool, ToolCall
from mtor_action.stalls.turn_events import Call, CallKind
from mtor_action.tree.file_text import FileText, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.repository.git import Git
    from mtor_action.repository.revisions.base_tree import BaseTree

_TOOLS = ("read", "search")
_MOST_LINES = 300
_MOST_CHARACTERS = 14_000
_MOST_HITS = 40
_MOST_WHOLE_LINES = 400
_MOST_LISTED_CHARACTERS = 6_000


class _ReadRefused(Exception):
    """A call that cannot be carried out; `kind` is a stable name of the error."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(slots=True)
class CommitReader:
    """The files of `commit`, which `tree` holds; `redact` takes secrets out of every text. `seen` are paths read."""

    git: Git
    tree: BaseTree
    commit: str
    redact: Callable[[str], str]
    seen: dict[str, None] = field(default_factory=dict)

    def carry_out(self, call: ToolCall) -> Call:
        """Do what the model asks for, or say why not. Never raises for what a model may write."""
        error = ""
        try:
            observation = self._act(call)
        except BadArguments as bad:
            observation, error = str(bad), "bad-arguments"
        except _ReadRefused as refused:
            observation, error = str(refused), refused.kind
        except (MtorError, OSError) as failed:
            observation, error = str(failed), "refused"
        return Call(
            tool=tool_arguments.encodable(call.name)[:100],
            arguments=canonical(call.arguments),
            observation=self.redact(tool_arguments.encodable(observation)),
            kind=CallKind.OTHER if error else CallKind.READ,
            error_class=error or None,
        )

    def whole(self, path: str) -> str:
        """Return a file as a listing, whole unless it is long; "" for what cannot be read."""
        try:
            lines = self._lines(path)
        except (_ReadRefused, MtorError):
            return ""
        return self.redact(listing(path, lines, 1, min(len(lines), _MOST_WHOLE_LINES)))

    def paths(self) -> str:
        """Return the paths of the commit, one a line, as many as there is room for."""
        text = "\n".join(self.tree.paths())
        if len(text) <= _MOST_LISTED_CHARACTERS:
            return text
        cut = text[:_MOST_LISTED_CHARACTERS].rpartition("\n")[0]
        return f"{cut}\n… and {len(self.tree.paths()) - cut.count(chr(10)) - 1} more; search finds them"

    def _act(self, call: ToolCall) -> str:
        arguments = parse_arguments(call)
        if isinstance(arguments, tool_arguments.ReadArguments):
            return self._read(arguments)
        if isinstance(arguments, tool_arguments.SearchArguments):
            return self._search(arguments)
        raise _ReadRefused("no-such-tool", f"{call.name[:100]} does not exist here; only read and search do")

    def _read(self, arguments: tool_arguments.ReadArguments) -> str:
        lines = self._lines(posixpath.normpath(arguments.path))
        end = min(arguments.end or len(lines), len(lines), arguments.start + _MOST_LINES - 1)
        if arguments.start > len(lines):
            return f"{arguments.path} has {len(lines)} lines; there is no line {arguments.start}"
        while sum(len(line) + 1 for line in lines[arguments.start - 1 : end]) > _MOST_CHARACTERS:
            if end == arguments.start:
                break
            end -= 1
        return listing(arguments.path, lines, arguments.start, end)

    def _lines(self, path: str) -> list[str]:
        entry = self.tree.entry(path)
        if entry is None or entry.kind != "file":
            raise _ReadRefused("not-found", f"{path} is not a file of this repository; use search to find one")
        content = self.tree.read(path)
        if reason := unreadable(content):
            raise _ReadRefused("binary", f"{path} is {reason}")
        self.seen[path] = None
        return [line.decode("utf-8", "replace") for line in FileText.read(content).lines]

    def _search(self, arguments: tool_arguments.SearchArguments) -> str:
        if "\0" in arguments.text:
            raise _ReadRefused("bad-arguments", "no text file holds a NUL")
        path = f":(literal){posixpath.normpath(arguments.path)}" if arguments.path else "."
        options = ("grep", "-n", "-I", "-F", "--no-color", "--no-textconv", "--full-name")
        try:
            output = self.git.run(*options, "-e", arguments.text, self.commit, "--", path)
        except GitError as error:
            if "exit status 1" not in error.message:
                raise
            return f"no line holds {arguments.text!r}"
        lines = [line.removeprefix(f"{self.commit}:") for line in output.decode("utf-8", "replace").splitlines()]
        more = [f"… and {len(lines) - _MOST_HITS} more lines"] if len(lines) > _MOST_HITS else []
        return "\n".join([*(line[:300] for line in lines[:_MOST_HITS]), *more])


def offered_tools() -> tuple[Tool, ...]:
    """Return the two tools in the form in which a model is offered them."""
    kinds = tool_arguments.ARGUMENTS
    return tuple(Tool(name, (kinds[name].__doc__ or "").strip(), tool_arguments.schema(name)) for name in _TOOLS)
