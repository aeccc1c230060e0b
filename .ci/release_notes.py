"""Print the notes of a release from CHANGELOG.md, or say why there is none.

    .ci/release_notes.py TAG [REPOSITORY COMMIT]

TAG is v and the version of action/mtor_action/__init__.py; with REPOSITORY (OWNER/REPO) and COMMIT the notes end with
the address of the action for `mtor init`. Exit 1 if the tag, the version and the changelog do not agree.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
# https://keepachangelog.com/en/1.1.0/: a section a version, its date beside it
HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d{2}-\d{2}))?$", re.MULTILINE)
ADDRESS = """
### The action's address

```console
$ mtor init --action {repository}@{commit}
```
"""


class NotReleasable(Exception):
    """What has to be corrected first."""


def notes(changelog: str, version: str) -> str:
    """The section of a version, without its heading. Raises NotReleasable."""
    headings = list(HEADING.finditer(changelog))
    ends = [*(heading.start() for heading in headings[1:]), len(changelog)]
    for heading, end in zip(headings, ends, strict=False):
        if heading["version"] != version:
            continue
        if not heading["date"]:
            raise NotReleasable(f"CHANGELOG.md has no date beside [{version}]: ## [{version}] - YYYY-MM-DD")
        text = changelog[heading.end() : end].strip()
        if not re.search(r"^- ", text, re.MULTILINE):
            raise NotReleasable(f"CHANGELOG.md says nothing below [{version}]: move the lines of [Unreleased] there")
        return text + "\n"
    listed = ", ".join(heading["version"] for heading in headings) or "none"
    raise NotReleasable(f"CHANGELOG.md has no section [{version}], only: {listed}; rename [Unreleased]")


def version_of(tag: str, module: str) -> str:
    """The version that both the tag and the module name. Raises NotReleasable."""
    found = VERSION.search(module)
    version = found[1] if found else ""
    if tag != f"v{version}":
        raise NotReleasable(f"the tag is {tag!r}, expected 'v{version}': that is what mtor_action.__version__ says")
    return version


def main(arguments: list[str]) -> int:
    """0 and the notes on stdout, 1 and one line on stderr."""
    if len(arguments) not in (1, 3):
        sys.stderr.write(f"{__doc__}\n")
        return 64
    try:
        version = version_of(arguments[0], (ROOT / "action/mtor_action/__init__.py").read_text(encoding="utf-8"))
        text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    except NotReleasable as error:
        sys.stderr.write(f"release_notes: {error}\n")
        return 1
    address = ADDRESS.format(repository=arguments[1], commit=arguments[2]) if len(arguments) == 3 else ""
    sys.stdout.write(text + address)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
