"""The README's session is what mtor does today. MTOR_WRITE_GOLDENS=1 records it anew."""

from __future__ import annotations

import os
import re
import tomllib

from recorded_run import README, SESSION, recorded

from mtor_action.report.report import Outcome
from mtor_action.stalls.signals import SIGNALS

PYPROJECT = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))
# `publish` brings what `work` has, which only the action installs by itself.
NOT_FOR_A_PERSON = {"work"}
PAGE = README.read_text(encoding="utf-8")
# What differs from run to run: job ids, commits, and seconds.
VARYING = [
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{8}(?:-[0-9a-f]+)?"), "JOB"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,40}\b"), "COMMIT"),
    (re.compile(r"\b\d+(?:\.\d+)? s\b"), "SECONDS"),
]


def lasting(page: str) -> list[str]:
    """The sessions of a page line by line, without what varies."""
    sessions = "\n".join(SESSION.findall(page))
    for pattern, word in VARYING:
        sessions = pattern.sub(word, sessions)
    return sessions.splitlines()


def test_the_recorded_session_is_what_mtor_prints_now() -> None:
    now = recorded(PAGE)
    if os.environ.get("MTOR_WRITE_GOLDENS"):
        README.write_text(now, encoding="utf-8")
    assert lasting(now) == lasting(README.read_text(encoding="utf-8"))


def test_the_session_ends_with_a_branch_at_zero_tokens() -> None:
    session = lasting(PAGE)
    assert session[0] == "$ mtor run greet.md"
    assert "CLEAN  Greet by name" in session
    assert any(line.startswith("branch   mtor/greet-by-name") for line in session)
    assert any(line.startswith("cost     0 tokens") for line in session)


def test_outcomes_and_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| [^|]+ \| (\d+) \|$", PAGE)
    assert [(word, int(code)) for word, code in rows] == [(kind.value, kind.exit_code) for kind in Outcome]


def test_every_extra_is_there_with_its_command() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| [^|]+ \| `pipx install '\.\[(\w+)\]'` \|$", PAGE)
    assert {extra for extra, _ in rows} == set(PYPROJECT["project"]["optional-dependencies"]) - NOT_FOR_A_PERSON
    assert all(extra == installed for extra, installed in rows)


def test_the_number_of_signals_is_right() -> None:
    assert len(SIGNALS) == 12
    assert "[twelve signals](docs/stalls.md)" in PAGE
