"""The tools for models that cannot call tools: asked for in text, in the manifest's own grammar.

    ```edit=PATH              SEARCH/REPLACE hunks
    ```write=PATH             a whole file
    @read PATH [START-END]    @search TEXT    @run_tests    @finish     each alone on a line

`replies/` reads this form, and the others that models use instead of it.
"""

from __future__ import annotations

import re

_FORM = re.compile(
    r"^[ \t]*(?:```|~~~)[^\n]*\b(?:edit|write)=|^[ \t]*@(?:read|search|run_tests|finish)\b", re.MULTILINE
)


def speaks_protocol(text: str) -> bool:
    """Return whether a reply uses the protocol's own form."""
    return bool(_FORM.search(text))
