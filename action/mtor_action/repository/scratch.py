"""A throwaway working tree and index in which git itself converts files between what it stores and what is on disk.

The conversion of `git add` depends on the index, and no single command of git converts in both directions in a bare
repository: https://git-scm.com/docs/gitattributes. Objects made here are gone with it.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from mtor_action.errors import GitError, RepositoryError
from mtor_action.repository.git import Git, git_failed

_NAMES = ("filter", "text", "crlf", "eol", "ident", "working-tree-encoding")

_SETTINGS = ("core.safecrlf=false", "core.splitIndex=false", "core.untrackedCache=false", "core.sparseCheckout=false")
# The repository alone decides, not the machine: https://git-scm.com/docs/gitattributes#_files
_WITHOUT_MACHINE = ("core.autocrlf=false", "core.eol=native", "core.attributesFile=/dev/null")


class Scratch:
    """A context with the `.gitattributes` files of a tree; without `of_machine` nothing else counts."""

    def __init__(self, git: Git, attribute_files: Mapping[str, bytes], *, of_machine: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mtor-")
        top = Path(self._folder.name)
        self._tree, self._raw = top / "tree", top / "raw"
        for folder in (self._tree, self._raw, top / "objects"):
            folder.mkdir()
        self._git = git._replace(root=self._tree)
        self._environ = {
            "GIT_INDEX_FILE": str(top / "index"),
            "GIT_OBJECT_DIRECTORY": str(top / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": alternate(git.common_dir / "objects"),
            **({} if of_machine else {"GIT_ATTR_NOSYSTEM": "1"}),
        }
        settings = _SETTINGS if of_machine else (*_SETTINGS, *_WITHOUT_MACHINE)
        self._options = [word for setting in settings for word in ("-c", setting)]
        self._put(attribute_files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def attributes(self, paths: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the attributes by which git would convert each path, as `git check-attr` prints them."""
        names = "\0".join(paths).encode("utf-8", "surrogateescape")
        fields = self._run("check-attr", "-z", "--stdin", *_NAMES, stdin=names).decode("utf-8", "surrogateescape")
        words = fields.split("\0")[:-1]
        attributes: dict[str, dict[str, str]] = {}
        for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=True):
            attributes.setdefault(path, {})[name] = value
        return attributes

    def written(self, stored: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what a checkout writes of files that git stores so."""
        self._check_out(stored)
        return {path: (self._tree / path).read_bytes() for path in stored}

    def stored(self, on_disk: Mapping[str, bytes], before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what `git add` stores of files as they are on disk, over those that it stored `before`."""
        self._put(on_disk)
        return self._added(list(on_disk), before)

    def normal(self, texts: Mapping[str, bytes], before: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what `git add` stores of what a checkout writes of `texts`, over what it stored `before`."""
        self._check_out(texts)
        return self._added(list(texts), before)

    def _check_out(self, stored: Mapping[str, bytes]) -> None:
        self._stage(stored)
        args = (*self._options, "checkout-index", "-f", "-z", "--stdin")
        with self._git.start(*args, stdin=subprocess.PIPE, environ=self._environ) as process:
            _, err = process.communicate(_joined(stored))
        # What cannot be encoded is written as it is, with exit status 0.
        if process.returncode or b"failed to encode" in err:
            raise _not_converted(git_failed(args[len(self._options) :], process.returncode, err))

    def _added(self, paths: Sequence[str], before: Mapping[str, bytes]) -> dict[str, bytes]:
        self._stage({path: before[path] for path in paths if path in before})
        try:
            self._run("update-index", "--add", "-z", "--stdin", stdin=_joined(paths))
        except GitError as error:
            raise _not_converted(error) from error
        listed = self._run("ls-files", "-s", "-z").decode("utf-8", "surrogateescape").split("\0")[:-1]
        ids = {entry.partition("\t")[2]: entry.split()[1] for entry in listed}
        return dict(zip(paths, self._contents([ids[path] for path in paths]), strict=True))

    def _stage(self, contents: Mapping[str, bytes]) -> None:
        """Let the index hold these files and no others."""
        (Path(self._environ["GIT_INDEX_FILE"])).unlink(missing_ok=True)
        lines = [f"100644 {oid}\t{path}\0" for path, oid in zip(contents, self._hashed(contents.values()), strict=True)]
        entries = "".join(lines).encode("utf-8", "surrogateescape")
        self._run("update-index", "-z", "--index-info", stdin=entries)

    def _hashed(self, contents: Iterable[bytes]) -> list[str]:
        files = []
        for number, content in enumerate(contents):
            files.append(self._raw / str(number))
            files[-1].write_bytes(content)
        names = "".join(f"{file}\n" for file in files).encode("utf-8", "surrogateescape")
        return self._run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names).decode("ascii").split()

    def _contents(self, ids: Sequence[str]) -> list[bytes]:
        return blobs_in(self._run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in ids).encode("ascii")))

    def _put(self, files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            place = self._tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def _run(self, *args: str, stdin: bytes = b"") -> bytes:
        return self._git.run(*self._options, *args, stdin=stdin, environ=self._environ)


def blobs_in(out: bytes) -> list[bytes]:
    """Return the contents in what `git cat-file --batch` printed, in its order."""
    contents, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at)
        size = int(out[at:end].split()[2])
        contents.append(out[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return contents


def _joined(paths: Iterable[str]) -> bytes:
    return "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")


def alternate(path: Path) -> str:
    """Return the folder of objects as git's environment takes it, where a colon would end the path.

    https://git-scm.com/docs/git#Documentation/git.txt-GITALTERNATEOBJECTDIRECTORIES
    """
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _not_converted(error: GitError) -> RepositoryError:
    return RepositoryError(
        f"git cannot convert a file as its attributes say: {error.message}",
        "write text that its working-tree-encoding has, or change .gitattributes by hand",
    )
