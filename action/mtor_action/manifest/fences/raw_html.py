"""Raw HTML between Markdown: what a browser that has read it is still inside of, unseen by readers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern
from mtor_action.manifest.fences.html_elements import HIDING, HIDING_ATTRIBUTES, RAW_TEXT, VISIBLE, VOID

if TYPE_CHECKING:
    import re

_MARKUP = lazy_pattern(rb"<!--|</?[A-Za-z][^\s/>]*|<[!?/]")
_END_OF_COMMENT = lazy_pattern(rb"--!?>")
# https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state
_ATTRIBUTE = lazy_pattern(
    rb"[\s/]*(?:(?P<end>>)|(?P<name>[^\s/>][^\s/>=]*)"
    rb"(?:\s*=\s*(?:\"[^\"]*(?:\"|(?P<cut>\Z))|'[^']*(?:'|(?P<bare>\Z))|[^\s>\"'][^\s>]*))?)"
)


@dataclass(slots=True)
class RawHtml:
    """`markup` is `<!--`, `<` (a tag) or b"" for nothing; `elements` counts the open ones that may hide their content.

    A tag that is left open may hide what follows in an attribute, so nothing closes it again.
    """

    markup: bytes = b""
    elements: Counter[bytes] = field(default_factory=Counter)

    @property
    def inside(self) -> str:
        """Return what may hide the text that follows: `<!--`, `<`, the name of an element, or "" for nothing."""
        names = (name.decode("ascii", "replace") for name, times in self.elements.items() if times)
        return self.markup.decode("ascii") or next(names, "")

    def read(self, html: bytes, *, is_inline: bool = False) -> None:
        """Read on. `is_inline`: of a sentence, where an unknown name is not taken for an element."""
        position = 0
        while self.markup != b"<":
            if self.markup:
                end = _END_OF_COMMENT.search(html, position)
                if end is None:
                    return
                position, self.markup = end.end(), b""
            start = _MARKUP.search(html, position)
            if start is None:
                return
            position = self._markup(start, html, is_inline=is_inline)

    def _markup(self, start: re.Match[bytes], html: bytes, *, is_inline: bool) -> int:
        """Return the offset after one comment's beginning or one tag."""
        word = start.group()
        if word == b"<!--":
            self.markup = word
            return start.end() - 2  # `<!-->` is a whole comment
        if word in (b"<!", b"<?", b"</"):  # it ends at the first >, quoted or not
            position = html.find(b">", start.end()) + 1
            is_hiding = False
        else:
            position, is_hiding = _end_of_tag(html, start.end())
        if not position:
            self.markup = b"<"
        else:
            self._element(word.lower(), is_inline=is_inline, is_hiding=is_hiding)
        return position

    def _element(self, word: bytes, *, is_inline: bool, is_hiding: bool) -> None:
        name = word.lstrip(b"</")
        if word.startswith(b"</"):
            self.elements[name] = max(0, self.elements[name] - 1)
            return
        if word in (b"<!", b"<?") or name in VOID:
            return
        if name in RAW_TEXT and self.elements.total():
            self.markup = b"<"  # an end tag may be text inside of it, so nothing is known to close what is open
        is_element = not is_inline or name in HIDING or b"-" in name
        # Once one of a name hides, those inside of it count as well, or their end tags would end the outer one.
        if is_hiding or (is_element and name not in VISIBLE) or self.elements[name]:
            self.elements[name] += 1


def _end_of_tag(html: bytes, position: int) -> tuple[int, bool]:
    """Return the offset after the `>` of a tag, 0 if there is none, and whether an attribute hides the element."""
    is_hiding = False
    while True:
        part = _ATTRIBUTE.match(html, position)
        if part is None or part["cut"] is not None or part["bare"] is not None:
            return 0, is_hiding
        position = part.end()
        if part["end"]:
            return position, is_hiding
        is_hiding = is_hiding or part["name"].lower() in HIDING_ATTRIBUTES
