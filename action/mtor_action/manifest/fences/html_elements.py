"""Names of HTML elements, by what a reader sees of their content.

VISIBLE: elements of GitHub's allowlist whose content a page shows at its own size and place, `details` after a click.
https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/sanitization_filter.rb
https://html.spec.whatwg.org/multipage/rendering.html

VOID have no content, RAW_TEXT have text in which no tag is one.
https://html.spec.whatwg.org/multipage/syntax.html#elements-2
https://html.spec.whatwg.org/multipage/parsing.html#parsing-html-fragments

HIDING: the others of the standard (and of SVG and MathML the outermost). In the middle of a sentence only these count:
`<T>` is more often a type parameter there than an element.
https://html.spec.whatwg.org/multipage/indices.html#elements-3
"""

from __future__ import annotations


def _names(text: str) -> frozenset[bytes]:
    return frozenset(text.encode("ascii").split())


VISIBLE = _names(
    "a abbr b blockquote center cite code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 i ins kbd"
    " li ol p pre q s samp span strike strong summary table tbody td tfoot th thead tr tt u ul var"
)
VOID = _names("area base br col embed hr img input link meta param source track wbr")
RAW_TEXT = _names("iframe noembed noframes noscript plaintext script style textarea title xmp")
HIDING = RAW_TEXT | _names(
    "audio body button canvas datalist dialog fieldset form frameset head html legend map marquee math menu meter"
    " object optgroup option output picture progress rp rt rtc ruby select slot small sub sup svg template video"
)
HIDING_ATTRIBUTES = _names("hidden style popover")
