"""Filter drivers are a matter of the whole plan: every path of the spec is looked at, and each is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import repository
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.preparation.preparation import prepare
from mtor_action.repository.git import Git
from mtor_action.repository.head import resolve

if TYPE_CHECKING:
    from pathlib import Path

SPEC = b"""\
```yaml mtor
test: ["true"]
delete: [big/a.bin]
move: {big/b.bin: b.bin, plain.txt: big/c.bin}
```

```text create=big/d.bin
d
```

```diff patch
diff --git a/big/e.bin b/e.txt
rename from big/e.bin
rename to e.txt
--- a/big/e.bin
+++ b/e.txt
@@ -1 +1 @@
-e
+f
```

```text create=free.txt
free
```
"""


def test_every_filtered_path_of_a_spec_is_named_at_its_place(tmp_path: Path) -> None:
    names = ["a.bin", "b.bin", "e.bin"]
    files = {"plain.txt": "p\n", ".gitattributes": "big/* filter=lfs\n", **{f"big/{name}": "e\n" for name in names}}
    git = Git.open(repository(tmp_path / "repository", files))
    prepared = prepare(git, parse_spec([Part("spec.md", SPEC)]), resolve(git, "HEAD"))
    found = [(each.rule, each.message.split('"')[1], each.line) for each in prepared.diagnostics]
    assert {rule for rule, _, _ in found} == {"filter"}
    assert sorted((path, line) for _, path, line in found) == [
        ("big/a.bin", 3), ("big/b.bin", 4), ("big/c.bin", 4), ("big/d.bin", 7), ("big/e.bin", 12),
    ]  # fmt: skip
    assert prepared.plan.changes == ()
