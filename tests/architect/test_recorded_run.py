"""From an idea to a labelled issue, as docs/plan.md shows it: every line of the recording is what mtor prints.

MTOR_WRITE_GOLDENS=1 records it anew.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import command_line
from goldens import is_writing
from scripted_runs import MODEL, SECOND, WARM_UP, without_keys
from standins.github import GitHubSandbox
from standins.model import ModelServer, calls, say

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan.md"
RECORDING = re.compile(r"(?s)(<!-- recorded -->\n```console\n)(.*?)(```\n)")
FILES = {
    "src/client.py": "def send(request):\n    return request.run()\n",
    "tests/test_client.py": "from src.client import send\n",
    ".github/mtor.yml": f"test: [pytest -q]\nroles: {{architect: [{MODEL}], scout: [{SECOND}]}}\n",
}
WISH = "Sending should survive one lost connection"
SPEC = """\
# Send once more after a lost connection

## src/client.py

```python edit=src/client.py
<<<<<<< SEARCH
    return request.run()
=======
    try:
        return request.run()
    except ConnectionError:
        return request.run()
>>>>>>> REPLACE
```

## tests/test_client.py

```python edit=tests/test_client.py
<<<<<<< SEARCH
from src.client import send
=======
from src.client import send


class Lost:
    runs = 0

    def run(self):
        self.runs += 1
        if self.runs == 1:
            raise ConnectionError
        return "answer"


def test_one_lost_connection_is_survived():
    assert send(Lost()) == "answer"
>>>>>>> REPLACE
```
"""


def recorded(folder: Path) -> str:
    """What the two commands print, with GitHub's address in the place of the stand-in's."""
    wrong = SPEC.replace("    return request.run()\n=", "    return run(request)\n=")
    script = [calls(("read", {"path": "src/client.py"})), say("src/client.py, tests/test_client.py"), say(wrong)]
    with GitHubSandbox(folder / "github", scale=0.01) as github, ModelServer([*script, say(SPEC)]) as models:
        there = github.repository("acme/widget", FILES, roles={"wendy": "write"})
        root = command_line.repository(folder / "widget", FILES)
        command_line.git(root, "remote", "add", "origin", there.clone_url)
        variables = without_keys() | {
            "GITHUB_SERVER_URL": github.url,
            "GITHUB_API_URL": github.api_url,
            "GH_TOKEN": github.token("wendy").value,
            "OPENAI_API_BASE": models.api_base,
            "OPENAI_API_KEY": "of-nobody",
        }
        lines = [f'mtor plan "{WISH}" --out ../spec.md', "mtor submit ../spec.md"]
        text = ""
        for line in lines:
            done = command_line.forked(WARM_UP, root, shlex.split(line)[1:], variables)
            assert done.code == 0, done.err
            text += f"$ {line}\n{done.err}{done.out}"
        assert [issue.label_names for issue in there.issues.values()] == [["mtor"]]
        return (
            text.replace(github.url, "https://github.com")
            .replace("openai/scripted-2", "SCOUT")
            .replace("openai/scripted-1", "ARCHITECT")
        )


def test_the_recorded_run_on_the_page_is_what_mtor_prints(tmp_path: Path) -> None:
    page, text = PAGE.read_text(encoding="utf-8"), recorded(tmp_path)
    if is_writing():
        page = RECORDING.sub(lambda match: match[1] + text + match[3], page)
        PAGE.write_text(page, encoding="utf-8")
    match = RECORDING.search(page)
    assert match
    assert match[2] == text
