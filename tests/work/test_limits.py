"""The default branch's settings limit what a base branch and a spec may say, on the runner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from command_line import EDIT
from standins.model import ModelServer, call

if TYPE_CHECKING:
    from work.workplace import Worked, Workplace

_MODEL = "openai/gpt-4o-mini"
_THREE = "```python create=b.py\ndef g():\n    return 3\n```\n"
_FINISH = call("finish", summary="given up")


def _settings(workplace: Workplace, main: str, loose: str | None) -> None:
    workplace.repo.commit({".github/mtor.yml": main, "tests/t.sh": "exit 1\n", "migrations/1.sql": "keep\n"})
    workplace.repo.commit({".github/mtor.yml": loose}, branch="loose")


def _work(workplace: Workplace, script: list[Any], **settings: Any) -> tuple[Worked, list[str]]:
    issue = workplace.issue(_THREE, base="loose", **settings)
    with ModelServer(script) as server:
        done = workplace.work(issue, OPENAI_API_KEY="of-no-known-shape-1", OPENAI_API_BASE=server.api_base)
        return done, [str(request.body["model"]) for request in server.requests]


@pytest.mark.parametrize(
    ("main", "loose"),
    [
        ("protect: ['migrations/**']\n", "protect: []\nallow: ['**']\nspecs_may: [protect, allow]\n"),
        ("protect: ['migrations/**']\nallow: ['**']\n", "protect: ['!migrations/**', 'x']\nallow: ['**']\n"),
        ("allow: ['src/**']\n", "allow: ['**']\n"),
        ("test: ['true']\n", "allow: ['**']\nprotect: []\n"),
    ],
)
def test_a_base_branch_opens_no_file_that_the_default_branch_keeps_closed(
    workplace: Workplace, main: str, loose: str
) -> None:
    _settings(workplace, main, loose)
    rewrite = call("write", path="migrations/1.sql", content="drop\n")
    script = [rewrite, *[_FINISH] * 8]
    done, _ = _work(workplace, script, test=["! test -e b.py || grep -q drop migrations/1.sql"], implementer=[_MODEL])
    assert done.outputs["outcome"] != "fixed", done.log
    assert done.received.handover.implementer == ()


def test_a_base_branch_opens_no_test_where_nothing_is_said(workplace: Workplace) -> None:
    _settings(workplace, "test: ['true']\n", "protect: []\n")
    script = [call("write", path="tests/t.sh", content="exit 0\n"), *[_FINISH] * 8]
    run = ["! test -e b.py || { cd tests && sh ./t.sh; }"]
    done, _ = _work(workplace, script, test=run, implementer=[_MODEL], allow=["tests/**"], protect=["x"])
    assert done.outputs["outcome"] != "fixed", done.log
    assert done.received.handover.implementer == ()


def test_a_base_branch_names_no_dearer_model_and_no_larger_budget(workplace: Workplace) -> None:
    main = f"implementer: [{_MODEL}]\nbudget: {{turns: 1}}\n"
    loose = "implementer: [openai/o1-pro]\nroles: {reflector: [openai/o1-pro]}\nbudget: {turns: 9}\n"
    _settings(workplace, main, loose)
    talk = [call("search", text=f"x{number}") for number in range(9)]
    done, models = _work(workplace, talk, test=["! test -e b.py"])
    assert done.outputs["outcome"] == "failing", done.log
    assert set(models) == {_MODEL.partition("/")[2]}
    assert len(done.report["turns"]) == 1


def test_a_spec_within_the_bases_limits_but_not_the_default_branchs_is_refused(workplace: Workplace) -> None:
    _settings(workplace, f"implementer: [{_MODEL}]\n", "specs_may: [implementer]\n")
    done, models = _work(workplace, [], test=["true"], implementer=["openai/o1-pro"])
    assert (done.outputs["outcome"], models) == ("rejected", [])
    (found,) = done.report["diagnostics"]
    assert (found["rule"], found["path"]) == ("beyond-limit", "#1")


@pytest.mark.parametrize("broken", ["main", "loose"])
def test_settings_that_cannot_be_read_on_either_branch_start_nothing(workplace: Workplace, broken: str) -> None:
    bad = "protect: [a\nbudget: {usd: 1}\n"
    _settings(workplace, bad if broken == "main" else "test: ['true']\n", bad if broken == "loose" else "test: [x]\n")
    done, models = _work(workplace, [], test=["true"], implementer=[_MODEL])
    assert (done.outputs["outcome"], models) == ("rejected", []), done.log
    assert {found["path"] for found in done.report["diagnostics"]} == {".github/mtor.yml"}


def test_a_clean_run_on_another_branch_is_as_before(workplace: Workplace) -> None:
    _settings(workplace, "budget: {usd: 1}\n", "test: ['true']\n")
    done = workplace.work(workplace.issue(EDIT, base="loose"))
    assert done.outputs["outcome"] == "clean", done.log
