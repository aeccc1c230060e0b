"""A setting in the wrong place: `mtor check` names the place that it belongs to, for every key there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import EDIT, mtor, repository, spec, state
from mtor_action.manifest.settings_block.settings import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

ONLY_IN_THE_FILE = sorted(name for name, row in SETTINGS.items() if not row.in_spec)
ONLY_IN_A_SPEC = sorted(name for name, row in SETTINGS.items() if not row.in_file)
# The values do not matter: where a key is not read, neither is its value.
VALUE = "anything"
SUBST = "```python subst=*.py count=7\n<<<<<<< SEARCH\nnothing_of_that\n=======\nx\n>>>>>>> REPLACE\n```\n\n"


def test_a_key_of_the_file_in_a_spec_is_sent_to_the_file(repo: Path, tmp_path: Path) -> None:
    misplaced = dict.fromkeys(ONLY_IN_THE_FILE, VALUE)
    checked = mtor(repo, "check", spec(tmp_path / "spec.md", EDIT, test=[], Stal={}, **misplaced))

    assert checked.code == 2
    for name in ONLY_IN_THE_FILE:
        assert f'"{name}" may be set only in .github/mtor.yml [unknown-key]' in checked.out
    assert checked.out.count("help: move it to .github/mtor.yml\n") == len(misplaced) + 1
    assert 'unknown key "Stal" in the settings block, expected "stalls", which may be set only in' in checked.out


def test_a_key_of_a_spec_in_the_file_is_sent_to_the_spec(tmp_path: Path) -> None:
    lines = "".join(f"{name}: {VALUE}\n" for name in [*ONLY_IN_A_SPEC, "deletes"])
    root = repository(tmp_path / "repo", {"a.py": "    return 1\n", ".github/mtor.yml": f"test: []\n{lines}"})
    checked = mtor(root, "check", spec(tmp_path / "spec.md", EDIT))

    assert checked.code == 2
    for name in ONLY_IN_A_SPEC:
        assert f'"{name}" may be set only in the settings block of a spec [unknown-key]' in checked.out
    assert checked.out.count("help: move it to the `yaml mtor` block of the spec") == len(ONLY_IN_A_SPEC) + 1
    assert 'unknown key "deletes" in .github/mtor.yml, expected "delete", which may be set only in the' in checked.out


def test_a_wrong_setting_and_a_hunk_without_a_place_are_reported_in_one_round(repo: Path, tmp_path: Path) -> None:
    others = "```python insert=a.py after=nothing\nx = 1\n```\n\n" + SUBST
    text = "```yaml mtor\ntest: ['true']\nbudgets: {turns: 3}\nmove: {a: }\n```\n" + others
    (tmp_path / "s.md").write_text(text + EDIT.replace("return 1", "return  1"))
    before = state(repo)

    for verb in ("check", "run", "apply"):
        done = mtor(repo, verb, str(tmp_path / "s.md"), "--json")
        assert done.code == 2
        rules = {found["rule"] for found in done.report["diagnostics"]}
        assert {"unknown-key", "hunk-not-found", "symbol-missing", "subst-count"} <= rules
        assert "missing" not in rules
    assert "format commands" not in mtor(repo, "run", str(tmp_path / "s.md")).out
    assert state(repo) == before


def test_with_another_mistake_only_the_mistakes_are_said(repo: Path, tmp_path: Path) -> None:
    text = "```yaml mtor\nbudgets: {turns: 3}\n```\n```python creat=b.py\n```\n" + EDIT.replace("return 1", "return  1")
    (tmp_path / "s.md").write_text(text)
    rules = {found["rule"] for found in mtor(repo, "apply", str(tmp_path / "s.md"), "--json").report["diagnostics"]}
    assert rules == {"unknown-key", "near-miss"}
