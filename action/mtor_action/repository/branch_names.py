"""The name of a job's branch: readable in the script of the title, free, or that of the same result made before."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.tree.path_policy import folded, folders_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.repository.git import Git
    from mtor_action.tree.changes import Change

_LONGEST_SLUG = 50  # characters
_LONGEST_SLUG_BYTES = 160  # in UTF-8: git keeps a branch in a file of its name, which may have 255 with `.lock`
_NUMBERED = lazy_pattern(r"(?s)(.+)-(\d{1,4})")
_MOST_EARLIER = 50
_SHA1_DIGITS = 40
_MOST_MARKS = 3  # on one letter
# Letters and marks that are shown as nothing: DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
_UNSEEN = lazy_pattern("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# Scripts that are written together within a word: https://www.unicode.org/reports/tr39/#Restriction_Level_Detection,
# highly restrictive. Others in one word look like a trick, and get a dash between them.
_TOGETHER = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})
_MARK_AFTER = lazy_pattern("(?s)(.)([\u0300-\u036f]+)")


def slug(title: str) -> str:
    """Return a part of a branch name for `title`: lower-case letters and digits of any script, single dashes, 1 to 50.

    Latin letters lose their accents; what is not a letter or a digit is a dash. A title without either is named after
    its signs, or `spec`.
    """
    text = _letters(title)
    text = text if text.strip("-") else _letters(" ".join(_names_of_signs(title)))
    words = re.sub(r"-+", "-", text).strip("-")
    if len(words) > _LONGEST_SLUG or len(words.encode()) > _LONGEST_SLUG_BYTES:
        whole_words = _cut(words, 1).rpartition("-")[0]
        words = whole_words or _cut(words, 0)
    return words.strip("-") or "spec"


class EarlierBranch(NamedTuple):
    """A branch of the same name or with a number behind it; `head` and `parents` are commit ids."""

    name: str
    head: str
    parents: str


def free_branch(git: Git, preferred: str) -> str:
    """Return `preferred`, or `preferred-2`, …: a name that no branch has, or needs as a folder.

    Where a branch is in the way as a folder (`mtor` for `mtor/x`), dashes replace the slashes.
    """
    listed = git.run("for-each-ref", "--format=%(refname)", "refs/heads/").decode("utf-8", "surrogateescape")
    # Folded: on some file systems two branches that differ in case, or in how an accent is stored, are one file.
    branches = {folded(name.removeprefix("refs/heads/")) for name in listed.splitlines()}
    folders = {parent for name in branches for parent in folders_of(name)}
    if any(parent in branches for parent in folders_of(folded(preferred))):
        preferred = preferred.replace("/", "-")
    name, n = preferred, 1
    while folded(name) in branches or folded(name) in folders:
        n += 1
        name = f"{preferred}-{n}"
    return name


def same_result(git: Git, name: str, base: str, changes: Sequence[Change], spec_sha256: str) -> EarlierBranch | None:
    """Return the branch that `name` would only repeat: one commit on `base` with these changes, for the same spec.

    Only branches that `free_branch` counted over are looked at, so nothing is if `name` has no number.
    """
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return None
    wanted = _rows(changes, "sha1" if len(base) == _SHA1_DIGITS else "sha256")
    for branch in _earlier(git, numbered[1], int(numbered[2])):
        if (
            branch.parents == base
            and _is_of(git, branch.head, spec_sha256)
            and _changed_blobs(git, base, branch.head) == wanted
        ):
            return branch
    return None


def _earlier(git: Git, preferred: str, number: int) -> list[EarlierBranch]:
    names = [preferred, *(f"{preferred}-{n}" for n in range(2, number))]
    form = "--format=%(refname) %(objectname) %(parent)"
    listed = git.run("for-each-ref", form, *(f"refs/heads/{name}" for name in names[-_MOST_EARLIER:]))
    rows = [line.split(" ", 2) for line in listed.decode("utf-8", "surrogateescape").splitlines()]
    return [EarlierBranch(name.removeprefix("refs/heads/"), head, parents) for name, head, parents in rows]


def _is_of(git: Git, commit_id: str, spec_sha256: str) -> bool:
    message = git.run("cat-file", "commit", commit_id).decode("utf-8", "replace").partition("\n\n")[2]
    lines = message.splitlines()
    return f"Spec-Sha256: {spec_sha256}" in lines and any(line.startswith("Job: ") for line in lines)


def _changed_blobs(git: Git, base: str, head: str) -> set[tuple[str, str, str]]:
    """Return what `head` has otherwise than `base`: path, mode and blob; "" and "" for a file that is gone."""
    raw = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", base, head, "--")
    parts = raw.decode("utf-8", "surrogateescape").split("\0")[:-1]
    rows = set()
    for said, path in zip(parts[::2], parts[1::2], strict=True):
        _, mode, _, blob, _ = said.removeprefix(":").split(" ")
        rows.add((path, mode, blob) if mode != "000000" else (path, "", ""))
    return rows


def _rows(changes: Sequence[Change], algorithm: str) -> set[tuple[str, str, str]]:
    """Return the same of `changes`, whose blobs need not be in the repository."""
    rows = set()
    for change in changes:
        if change.after is None and change.before is not None:
            rows.add((change.path, "", ""))
        elif change.after is not None and change.before != change.after:
            content = change.after.content
            header = b"blob %d\0" % len(content)  # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
            rows.add((change.path, change.after.mode, hashlib.new(algorithm, header + content).hexdigest()))
    return rows


def _letters(title: str) -> str:
    """Return the letters, digits and marks of `title`, and dashes for everything else."""
    text = unicodedata.normalize("NFKD", _UNSEEN.sub("", title))
    text = _MARK_AFTER.sub(lambda match: match[1] if match[1].isascii() else match[0], text)
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    kept: list[str] = []
    script, marks = "", 0
    for sign in _UNSEEN.sub("", text):
        category = unicodedata.category(sign)
        if category in {"Mn", "Mc"} and kept and kept[-1] != "-":
            marks += 1
            kept += [sign] if marks <= _MOST_MARKS else []
            continue
        if category == "Cf":
            continue  # joiners and directions, which cannot be seen
        marks = 0
        if category[0] != "L" and category != "Nd":
            kept.append("-")
            script = ""
            continue
        own = _script(sign) if category[0] == "L" else script
        kept += ["-", sign] if script and own != script and not {own, script} <= _TOGETHER else [sign]
        script = own
    return "".join(kept)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _names_of_signs(title: str) -> list[str]:
    """Return the names of the first signs that have one (`rocket`), for a title of signs alone."""
    names = [unicodedata.name(sign, "") for sign in title if unicodedata.category(sign) in {"So", "Sm", "Sc"}]
    return [name for name in names if name][:3]


def _cut(words: str, beyond: int) -> str:
    """Return the beginning of `words` that fits, and `beyond` characters more; a letter keeps its marks."""
    end = min(len(words), _LONGEST_SLUG + beyond)
    while len(words[:end].encode()) > _LONGEST_SLUG_BYTES + 4 * beyond:
        end -= 1
    while 0 < end < len(words) and unicodedata.category(words[end]) in {"Mn", "Mc"}:
        end -= 1
    return words[:end]
