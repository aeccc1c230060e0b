"""Info strings that were meant as manifest and are not.

A block that its author meant to run and that is read as prose is the worst failure: nothing happens and nobody is
told. So whatever looks like an attempt is an error that shows the right form.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from itertools import pairwise

from mtor_action.lazy_dataclasses import NamedTuple
from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.fences.info_string import Info, InfoWord, read_info
from mtor_action.manifest.nearest import edit_distance

OPERATION_KEYS = ("create", "write", "edit", "replace", "insert", "subst")
_OTHER_NAMES = frozenset(
    [
        "file",
        "filename",
        "filepath",
        "path",
        "target",
        "new",
        "add",
        "update",
        "modify",
        "overwrite",
        "append",
        "patch",
        "delete",
        "remove",
        "move",
        "rename",
        "substitute",
        "sed",
    ]
)
# Attributes that documentation generators give to ordinary listings.
_LISTING_NAMES = frozenset({"title", "name", "lines", "linenums", "label", "caption", "id", "class"})
_NAME_COLON = lazy_pattern(r"(?P<name>create|write|edit|replace|insert|subst):(?P<path>.*)", re.IGNORECASE)
_SEPARATORS = lazy_pattern(r"[,;:_\-{}\s]+")
_EQUALS = lazy_pattern(r"&(?:#0*61|#x0*3d|equals);|\\=", re.IGNORECASE)
_BETWEEN_WORDS = str.maketrans(dict.fromkeys("{},;@|", " "))
_BARE_PATH = lazy_pattern(r"[\w.@+-]+(?:/[\w.@+-]+)+\.\w{1,8}")
_LANG_COLON_PATH = lazy_pattern(r"[\w+#.-]*:(?=\S*[./])(?!//)(?P<path>[^\s:{}]*\w)")


class FenceKind(Enum):
    """The kind of a fence, by its info string alone."""

    SETTINGS = "settings"
    OPERATION = "operation"
    PATCH = "patch"
    PROSE = "prose"


class NearMiss(NamedTuple):
    """The word that gave it away, what it seems to mean, and the form that works."""

    word: InfoWord
    message: str
    help: str


def kind_of(info: Info) -> FenceKind:
    """Return the kind; a fence with an operation attribute is an operation whatever else it has."""
    if any(word.key in OPERATION_KEYS for word in info.attributes):
        return FenceKind.OPERATION
    if info.bare[:2] == ("diff", "patch"):
        return FenceKind.PATCH
    if info.bare[:2] == ("yaml", "mtor"):
        return FenceKind.SETTINGS
    return FenceKind.PROSE


def find_near_miss(info: Info) -> NearMiss | None:
    """Return the attempted block in an info string that reads as prose, or None if it is plainly prose."""
    for check in (
        _near_attribute,
        _spaced_attribute,
        _colon_attribute,
        _disguised,
        _near_settings,
        _near_patch,
        _lang_colon_path,
        _bare_path,
    ):
        near_miss = check(info)
        if near_miss is not None:
            return near_miss
    return None


def _near_attribute(info: Info) -> NearMiss | None:
    for word in info.attributes:
        key = word.key.lower()
        if word.value.startswith("{"):
            continue  # line numbers of a listing: add={1,3}
        closest = _closest_key(key)
        if closest:
            return NearMiss(
                word,
                f'unknown attribute "{word.key}"{_strange(word.key)}, expected {closest}',
                f"write {closest}={word.value or 'PATH'}",
            )
        if key == "symbol":
            return NearMiss(
                word,
                'the attribute "symbol" without a file, expected replace=PATH beside it',
                f"write replace=PATH {word.text}",
            )
        if key in _OTHER_NAMES:
            expected, hint = _other_name(key, word.value or "PATH")
            return NearMiss(word, f'unknown attribute "{word.key}", expected {expected}', hint)
    return None


def _other_name(key: str, path: str) -> tuple[str, str]:
    """Return what a word of another tool's would be here, and how to write it."""
    if key in ("delete", "remove"):
        return "the setting delete", f'write delete: ["{path}"] in the `yaml mtor` block'
    if key in ("move", "rename"):
        return "the setting move", 'write move: {"OLD": "NEW"} in the `yaml mtor` block'
    if key == "append":
        return "insert", f"write insert={path} at=end"
    if key == "patch":
        return "a block diff patch", f"write ```diff patch, and in it --- a/{path}, +++ b/{path} and hunks after @@"
    hint = (
        f"write create={path} for a new file, write= to replace one, edit= for hunks, insert= to add to one, "
        "subst= for many files; deletes and moves are settings (`yaml mtor`)"
    )
    return "create, write or edit", hint


def _strange(text: str) -> str:
    odd = next((character for character in text if not character.isascii()), "")
    return f" (with U+{ord(odd):04X})" if odd else ""


def _closest_key(key: str) -> str:
    if key in _LISTING_NAMES:
        return ""
    near = [name for name in OPERATION_KEYS if edit_distance(key, name) <= (2 if len(key) > 4 else 1)]
    return near[0] if near else ""


def _spaced_attribute(info: Info) -> NearMiss | None:
    words = info.words
    for word, following in pairwise(words):
        name = word.text.lower()
        if word.key or not following.text.startswith(("=", ":")):
            continue
        if name in OPERATION_KEYS or name in _OTHER_NAMES or _closest_key(name):
            right = name if name in OPERATION_KEYS else _closest_key(name) or "create"
            return NearMiss(
                word,
                f'"{word.text} {following.text}" has spaces around the sign, expected {right}=PATH',
                f"write {right}=PATH without spaces",
            )
    if len(words) >= 2 and words[1].text.lower() in OPERATION_KEYS:
        name = words[1].text.lower()
        return NearMiss(words[1], f'"{words[1].text}" has no path, expected {name}=PATH', f"write {name}=PATH")
    return None


def _colon_attribute(info: Info) -> NearMiss | None:
    for at, word in enumerate(info.words):
        match = _NAME_COLON.fullmatch(word.text)
        following = info.words[at + 1].text if at + 1 < len(info.words) else ""
        path = match and (match["path"] or following)
        if match and path:
            form = f"{match['name'].lower()}={path}"
            return NearMiss(word, f'"{word.text}" has a colon, expected {form}', f"write {form}")
    return None


def _near_settings(info: Info) -> NearMiss | None:
    words = [word for word in info.words[:3] if not word.key]
    mtor_word = next((word for word in words if _names_mtor(word.text.lower())), None)
    if mtor_word is None or len(info.words) > 3:
        return None
    return NearMiss(
        mtor_word,
        f'"{" ".join(info.bare)}" is not a settings block, expected "yaml mtor"',
        "write ```yaml mtor",
    )


def _names_mtor(word: str) -> bool:
    return "mtor" in _SEPARATORS.split(word) or word in ("mtor.yml", "mtor.yaml")


def _near_patch(info: Info) -> NearMiss | None:
    bare = [word for text in info.bare[:2] for word in _SEPARATORS.split(text.lower()) if word][:2]
    if len(bare) < 2 or "patch" not in bare:
        return None
    other = bare[1 - bare.index("patch")]
    if other not in ("diff", "udiff", "git", "unified", "text", "mtor"):
        return None
    return NearMiss(
        info.words[0],
        f'"{" ".join(info.bare)}" is not a patch block, expected "diff patch"',
        "write ```diff patch",
    )


def _lang_colon_path(info: Info) -> NearMiss | None:
    if not info.words:
        return None
    word = info.words[0]
    match = _LANG_COLON_PATH.fullmatch(word.text)
    name = word.text.partition(":")[0].lower()
    if match is None:
        return None
    operation = name if name in OPERATION_KEYS else "create"
    return NearMiss(
        word,
        f'"{word.text}" names a path in a form that is not read, expected {operation}=PATH',
        f"write {operation}={match['path']}",
    )


def _disguised(info: Info) -> NearMiss | None:
    """Return what would be a manifest block without look-alike characters, entities, braces or commas."""
    plain = [_plain(word.text) for word in info.words]
    odd = next((word for word, text in zip(info.words, plain, strict=True) if text != word.text), None)
    fixed = " ".join(plain)
    if odd is None or kind_of(read_info(fixed, 0)) is FenceKind.PROSE:
        return None
    strange = next((character for character in odd.text if not character.isascii()), "")
    reason = f"holds U+{ord(strange):04X}" if strange else "is not an attribute"
    return NearMiss(
        odd, f'"{odd.text}" {reason}, expected plain words separated by spaces', f"write ```{' '.join(fixed.split())}"
    )


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable() and not any(sign in text for sign in "{},;@|\\&"):
        return text
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFKC", text)
        if unicodedata.category(character) != "Cf"
    )
    return _EQUALS.sub("=", visible).translate(_BETWEEN_WORDS)


def _bare_path(info: Info) -> NearMiss | None:
    if info.words and info.words[0].text.startswith("{"):
        return None  # a directive, whose argument may well be a path
    for word in info.words[:2]:
        if not word.key and _BARE_PATH.fullmatch(word.text):
            return NearMiss(
                word,
                f'"{word.text}" names a path in a form that is not read, expected create=PATH',
                f"write create={word.text}",
            )
    return None
