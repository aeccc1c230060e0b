"""The paths that commands name or load, as far as their text, and that of the scripts and task files they start, tells.

More is taken than less: a file that is closed without need costs a repair, one that is open by mistake a verdict.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mtor_action.scope import programs, task_files
from mtor_action.scope.shell import UNKNOWN, segments, spellings
from mtor_action.tree.path_policy import folded

_DEEPEST = 6  # commands in words of commands, scripts that start scripts
_LONGEST_SCRIPT = 256 * 1024  # characters
_MOST_FOLDERS = 32  # every `cd` doubles them: it may not have been reached
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*|--?[\w-]+)\+?=(.*)", re.DOTALL)
_FOLDER_OPTIONS = frozenset({
    "-C", "--prefix", "--directory", "--cwd", "--chdir", "--dir", "--project", "--rootdir", "--root", "-w",
    "--workspace", "--workdir", "--manifest-path", "-s", "--start-directory", "-t", "--top-level-directory",
})  # fmt: skip
_NAMES_MODULES = frozenset({"unittest", "trial", "nose", "nose2", "stestr", "manage.py", "--pyargs", "green", "ward"})
_SHELL_NAME = re.compile(r".*\.(?:sh|bash|zsh|ksh|bats|command)")
_SHEBANG = re.compile(r"#!.*\b(?:ba|z|k|da)?sh\b")
_COMPLETED = (
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".mts",
    ".cts",
    ".tsx",
    ".json",
    ".rb",
    "/index.js",
    "/index.ts",
    "/index.mjs",
)
_RUN_OF_FOLDER = ("__main__.py", "__init__.py", "index.js", "index.mjs", "index.cjs", "index.ts", "package.json")


@dataclass(frozen=True, slots=True)
class Reach:
    """`files` and `folders` are folded paths, `globs` as in settings, `modules` dotted names of Python.

    `roots` are folders in which modules are looked for, `programs` the names of what is started.
    """

    files: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    modules: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset({""})
    programs: frozenset[str] = frozenset()


@dataclass(slots=True)
class ReachReader:
    """Collects what commands reach. `texts` gives every text that a path has, before and after the plan."""

    paths: Sequence[str]  # sorted
    texts: Callable[[str], Sequence[str]]
    files: set[str] = field(default_factory=set)
    globs: dict[str, None] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=lambda: {""})
    programs: set[str] = field(default_factory=set)
    _folded: dict[str, str] = field(init=False)
    _seen: set[tuple[str, frozenset[str]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._folded = {folded(path): path for path in self.paths}

    def reach(self) -> Reach:
        """Return the paths and modules that were collected."""
        return Reach(
            frozenset(self.files),
            tuple(self.globs),
            frozenset(self.modules),
            frozenset(self.roots),
            frozenset(self.programs),
        )

    def command(self, text: str, folders: frozenset[str] = frozenset({""}), depth: int = 0) -> None:
        """Take in one command that starts in one of `folders`."""
        if depth > _DEEPEST or (text, folders) in self._seen:
            return
        self._seen.add((text, folders))
        for segment in segments(text):
            folders |= self._entered(segment.words, folders)
            self.roots |= folders
            harmless = all(programs.is_reader(words) for words in segment.pipeline)
            self._segment(segment.words, folders, harmless=harmless, depth=depth)

    def _segment(self, words: Sequence[str], folders: frozenset[str], *, harmless: bool, depth: int) -> None:
        self.programs.add(programs.program(words))
        for at, word in enumerate(words):
            if harmless and not programs.is_loaded(words, at):
                continue
            for piece in _pieces(word):
                if any(character.isspace() for character in piece):
                    self.command(piece, folders, depth + 1)
                    continue
                for path in spellings(piece):
                    self._path(path, words, folders, depth)
        self._modules(words)
        for inner, folder in task_files.commands(words, folders, self.paths, self.texts):
            self.command(inner, frozenset({folder}), depth + 1)

    # folders

    def _entered(self, words: Sequence[str], folders: frozenset[str]) -> frozenset[str]:
        names = [word for before, word in itertools.pairwise(words) if before in _FOLDER_OPTIONS]
        if words[:1] and words[0] in ("cd", "pushd"):
            names += words[1:]
        names += [match[2] for word in words if (match := _ASSIGNED.fullmatch(word)) and match[1] in _FOLDER_OPTIONS]
        return frozenset(folder for name in names for folder in self._folders(name, folders))

    def _folders(self, name: str, folders: frozenset[str]) -> list[str]:
        if UNKNOWN in name or name.startswith("/"):
            tail = folded(name.rpartition(UNKNOWN)[2].strip("/"))
            parents = {posixpath.dirname(path) for path in self.paths}
            return [parent for parent in parents if tail and f"/{folded(parent)}".endswith(f"/{tail}")]
        before = list(folders) if len(folders) < _MOST_FOLDERS else [""]
        return [inside for folder in before if (inside := _joined(folder, name)) is not None]

    # paths

    def _path(self, word: str, words: Sequence[str], folders: Iterable[str], depth: int) -> None:
        word = word.partition("::")[0]
        if not word or word in (".", "-", UNKNOWN):
            return
        if UNKNOWN in word or word.startswith("/"):
            self._ending_in(word, depth)
            return
        for folder in folders:
            path = _joined(folder, word)
            if path:
                self._close(path, words, depth)

    def _ending_in(self, word: str, depth: int) -> None:
        """Close what ends as the word does: where it begins, only a run would tell."""
        pattern = word.replace(UNKNOWN, "*").lstrip("/")
        tail = pattern.rpartition("*")[2].lstrip("/")
        if not tail or not re.search(r"\w", tail):
            return
        if UNKNOWN in word:
            self.globs[f"**/{tail}" if word[: -len(tail)].endswith("/") else f"**/*{tail}"] = None
        parts = folded(tail).split("/")
        suffixes = {"/".join(parts[at:]) for at in range(len(parts))} if UNKNOWN not in word else {folded(tail)}
        for name, path in self._folded.items():
            if name in suffixes or (UNKNOWN in word and name.endswith(f"/{folded(tail)}")):
                self.files.add(name)
                self._follow(path, depth)

    def _close(self, path: str, words: Sequence[str], depth: int) -> None:
        if any(sign in path for sign in "*?["):
            literal = re.sub(r"\[[^\]]*\]", "?", path)
            if re.search(r"\w", posixpath.basename(literal)) and not programs.takes_globs_of_code(words):
                self.globs[literal] = None
            return
        if programs.only_compiles(words, path):
            return
        self.files.add(folded(path))
        if programs.completes_names(words):
            self.files |= {folded(path + ending) for ending in _COMPLETED}
        if self._is_folder(path):
            self.files |= {folded(f"{path}/{name}") for name in _RUN_OF_FOLDER}
            if programs.runs_folders(words):
                self.globs[f"{path}/**"] = None
        else:
            self._follow(path, depth)

    def _is_folder(self, path: str) -> bool:
        at = bisect_left(self.paths, f"{path}/")
        return at < len(self.paths) and self.paths[at].startswith(f"{path}/")

    def _follow(self, path: str, depth: int) -> None:
        """Take in what a shell script starts, from the root and from its own folder."""
        for text in self.texts(path):
            if len(text) <= _LONGEST_SCRIPT and (_SHELL_NAME.fullmatch(path.lower()) or _SHEBANG.match(text)):
                self.command(text, frozenset({"", posixpath.dirname(path)}), depth + 1)

    # modules

    def _modules(self, words: Sequence[str]) -> None:
        for before, word in zip(("", *words), words, strict=False):
            if programs.module_option((before,), 0) is not None and programs.is_python(words):
                self._module(word)
            elif word.startswith("-m") and len(word) > 2 and programs.is_python(words):
                self._module(word[2:])
            elif (before == "-m" and words[0] != "git") or before in (
                "-p",
                "-r",
                "--require",
                "-W",
                "--settings",
                "--ds",
            ):
                self._module(word)
            elif word.startswith("-p") and len(word) > 2:
                self._module(word[2:])
            elif match := _ASSIGNED.fullmatch(word):
                self._assigned(match[1], match[2])
        if not _NAMES_MODULES.isdisjoint(word.rpartition("/")[2] for word in words):
            for word in words:
                if "." in word:
                    self._module(word)

    def _assigned(self, name: str, value: str) -> None:
        if name == "PYTHONPATH":
            self.roots |= {
                path for part in value.split(":") if (path := _joined("", part.replace(UNKNOWN, "."))) is not None
            }
        elif name == "PATH":
            folders = (_joined("", part) for part in value.split(":") if UNKNOWN not in part)
            self.globs |= {f"{folder}/*": None for folder in folders if folder}
        elif name in ("PYTEST_PLUGINS", "DJANGO_SETTINGS_MODULE", "--settings", "--ds", "PYTHONBREAKPOINT"):
            for part in value.split(","):
                self._module(part)

    def _module(self, name: str) -> None:
        if _MODULE.fullmatch(name):
            self.modules.add(folded(name))


def _pieces(word: str) -> list[str]:
    """Return the word, and what follows an option's letter, an equals sign or is in a list of paths."""
    pieces = [word]
    if match := _ASSIGNED.fullmatch(word):
        pieces.append(match[2])
    if re.match(r"-[A-Za-z].", word):
        pieces.append(word[2:])
    pieces += [part for piece in pieces for part in re.split(r"[:,='\"()\[\]]+", piece) if part and part != piece]
    return list(dict.fromkeys(piece.lstrip("@") for piece in pieces))


def _joined(folder: str, word: str) -> str | None:
    """Return the path of `word` seen from `folder`; None outside of the repository."""
    path = posixpath.normpath(posixpath.join(folder, word)) if word else folder
    if path.startswith(("../", "/")) or path == "..":
        return None
    return "" if path == "." else path
