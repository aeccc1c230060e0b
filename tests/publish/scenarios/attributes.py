"""Line endings and an encoding: the commit made here, without a checkout, has the files that git would store in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from publishing import Stage

FILES = {
    ".gitattributes": "* text=auto\n*.bat text eol=crlf\n",
    "lib/.gitattributes": "*.txt working-tree-encoding=UTF-16LE-BOM\n",
    "run.bat": "one\ntwo\n",
    "lib/a.txt": "grün\n",
    "lib/old.py": b"x = 1\r\ny = 1\r\n",
}
SPEC = """\
Make two of it.

```bat edit=run.bat
<<<<<<< SEARCH
two
=======
three
>>>>>>> REPLACE
```

```bat create=new.bat eol=crlf
new
```

```text edit=lib/a.txt
<<<<<<< SEARCH
grün
=======
grün, blau
>>>>>>> REPLACE
```

```yaml mtor
test: [python -m pytest -q]
allow: ["lib/**"]
```
"""


def play(stage: Stage) -> None:
    stage.hand_over(Outcome.FIXED, {"lib/new.py": b"z = 1\r\n", "lib/old.py": b"x = 1\r\ny = 2\r\n"})
    assert stage.publish(**stage.app()) == 0
    stage.show()
    git = stage.repository.git
    (branch,) = (name for name in git.refs("refs/heads/") if "/mtor/" in name)
    for path in ("run.bat", "new.bat", "lib/a.txt", "lib/new.py", "lib/old.py"):
        stage.say(f"{path}: {git.run('cat-file', 'blob', f'{branch}:{path}')!r}")
