"""Names of branches: readable in any script, free, and never made twice for one result."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.repository.branch_names import free_branch, slug
from mtor_action.repository.head import is_branch_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.repository.git import Git


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Retry idempotent requests", "retry-idempotent-requests"),
        ("Ünïcode & Ærø — #12!", "unicode-ærø-12"),
        ("日本語 🙂", "日本語"),
        ("Исправить ошибку входа", "исправить-ошибку-входа"),
        ("修复登录错误", "修复登录错误"),
        ("إصلاح خطأ", "إصلاح-خطأ"),
        ("लॉगिन त्रुटि", "लॉगिन-त्रुटि"),
        ("HTTP错误を修正", "http错误を修正"),
        ("\U0001f680", "rocket"),
        ("p\u0430ypal", "p-\u0430-ypal"),
        ("a\u202eb \u200bc\ufe0f", "ab-c"),
        ("\u115f\u3164", "spec"),
        ("\ufb01x \uff46\uff55\uff4c\uff4c", "fix-full"),
        ("\u0435" + "\u0323" * 9, "\u0435" + "\u0323" * 3),
        ("\u8bed" * 80, "\u8bed" * 50),
        ("\U00010330" * 80, "\U00010330" * 40),
        ("", "spec"),
        ("../../etc/passwd.lock", "etc-passwd-lock"),
        ("--help", "help"),
        ("x" * 80, "x" * 50),
        ("word " * 20, "word-word-word-word-word-word-word-word-word-word"),
    ],
)
def test_a_title_becomes_a_slug(title: str, expected: str) -> None:
    assert slug(title) == expected
    assert is_branch_name(f"mtor/{expected}")


def test_a_taken_name_gets_a_number(git: Git, sh: Callable[..., str]) -> None:
    assert free_branch(git, "mtor/x") == "mtor/x"
    for name in ("mtor/X", "mtor/x-2", "mtor/y/z"):
        sh(git.root, "git", "branch", name)
    assert free_branch(git, "mtor/x") == "mtor/x-3"
    assert free_branch(git, "mtor/y") == "mtor/y-2"


def test_a_branch_where_a_folder_is_needed_is_avoided(git: Git, sh: Callable[..., str]) -> None:
    sh(git.root, "git", "branch", "mtor")
    sh(git.root, "git", "branch", "mtor-x")
    name = free_branch(git, "mtor/x")
    assert name == "mtor-x-2"
    sh(git.root, "git", "branch", name)


@given(st.text(max_size=120))
def test_whatever_the_title_the_name_is_bounded_and_its_own_slug(title: str) -> None:
    name = slug(title)
    assert 1 <= len(name) <= 50
    assert len(name.encode()) <= 160
    assert is_branch_name(f"mtor/7-{name}")
    assert not set(name) & set(" ./~^:?*[\\@{}'\"`$&|;<>()!#%+=,")


def test_git_takes_a_name_in_every_script() -> None:
    for title in ("Исправить ошибку", "修复登录错误", "إصلاح خطأ", "ログイン", "แก้ไข", "हिन्दी", "한국어", "עברית"):
        command = ["git", "check-ref-format", "--branch", f"mtor/7-{slug(title)}"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
