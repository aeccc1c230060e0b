"""Settings of a spec, a base and a default branch together: which globs, models and numbers count."""

from __future__ import annotations

import pytest

from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.text import Part
from mtor_action.preparation.preparation import SettingsFile, read_settings_file, settle
from mtor_action.tree.globs import any_matches, is_within


def _spec(yaml: str, *more: str) -> Spec:
    texts = [f"```yaml mtor\ntest: ['true']\n{yaml}\n```\n", *more, "```create=x\n```\n"]
    return parse_spec(
        [Part("#12" if number == 0 else f"#12 comment {number}", t.encode()) for number, t in enumerate(texts)]
    )


def _file(yaml: str) -> SettingsFile:
    return read_settings_file(yaml.encode())


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("src/**", "src/**"),
        ("src/a/**", "src/**"),
        ("SRC/a.py", "src/**"),
        ("src/*.py", "src/**"),
        ("anything", "**"),
        ("a/**/b", "**/*"),
        ("src/**/*.py", "*.py"),
        ("src/a.py", "**/*.py"),
        ("src/a.py", "src/?.py"),
    ],
)
def test_a_glob_within_another_is_seen_to_be(inner: str, outer: str) -> None:
    assert is_within(inner, outer)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("**", "src/**"),
        ("src*/**", "src/**"),
        ("src", "src/**"),
        ("*/a.py", "src/**"),
        ("src/**", "*.py"),
        ("src/**", "**/*.py"),
        ("*", "*.py"),
        ("s?c/a", "src/**"),
        ("**/src/**", "src/**"),
        ("srcs/a", "src/**"),
        ("a.pyc", "*.py"),
        ("src/**/a", "src/*"),
    ],
)
def test_a_glob_that_may_match_more_is_not_within(inner: str, outer: str) -> None:
    assert not is_within(inner, outer)


def test_what_is_within_never_matches_what_the_other_does_not() -> None:
    globs = [
        "**",
        "*",
        "src/**",
        "src/*",
        "*.py",
        "**/*.py",
        "src/a.py",
        "a.py",
        "src/**/*.py",
        "s?c/**",
        "src/a/**",
        "a",
    ]
    paths = ["a", "a.py", "src/a", "src/a.py", "src/a/b", "src/a/b.py", "sxc/a.py", "x/src/a.py", "b/a"]
    for inner in globs:
        for outer in globs:
            if is_within(inner, outer):
                assert [path for path in paths if any_matches([inner], path) and not any_matches([outer], path)] == []


def test_a_value_beyond_a_limit_has_the_place_of_its_item_in_its_own_text() -> None:
    spec = _spec("implementer:\n  - a/one\n  - b/two\nallow:\n  [x/**,\n   y/**]", "More.\n")
    settled = settle(spec, _file("implementer: [a/one]\nallow: [x/**]\n"))
    found = spec.with_source(settled.diagnostics)
    assert [(each.rule, each.path, each.line, each.column) for each in found] == [
        ("beyond-limit", "#12", 5, 5),
        ("beyond-limit", "#12", 8, 4),
    ]
    assert [each.source for each in found] == ["  - b/two", "   y/**]"]


def test_the_same_file_on_both_branches_says_everything_once() -> None:
    spec, file = _spec("protect: []\nimplementer: [b/two]"), _file("implementer: [a/one]\nper_day: {usd: 2}\n")
    once, twice = settle(spec, file), settle(spec, file, file)
    assert once.diagnostics == twice.diagnostics
    assert len(once.diagnostics) == 2
    assert once.settings == twice.settings


def test_each_number_is_the_smallest_that_anybody_says() -> None:
    base, default = (
        "budget: {usd: 3, turns: 7}\ntimeout_minutes: 4\n",
        "budget: {usd: 2, tokens: 5}\ntimeout_minutes: 9\n",
    )
    settings = settle(_spec("budget: {usd: 9, turns: 8, minutes: 6}"), _file(base), _file(default)).settings
    assert tuple(settings.budget) == (7, 5, 2.0, 6.0)
    assert settings.timeout_minutes == 4


def test_a_base_lifts_no_limit_of_the_default_branch() -> None:
    base = _file("specs_may: [budget, protect, allow, implementer, timeout_minutes]\nper_day: {usd: 99}\n")
    default = _file(
        "budget: {usd: 2}\nprotect: [a/**]\nallow: [b/**]\nimplementer: [c/d]\nper_day: {usd: 1, jobs: 3}\n"
    )
    spec = _spec("budget: {usd: 9}\nprotect: [z]\nallow: ['**']\nimplementer: [e/f]")
    settled = settle(spec, base, default)
    assert settled.settings.budget.usd == 2
    assert "a/**" in (settled.settings.protect or ())
    assert settled.settings.per_day == (1, 3)
    assert [each.rule for each in settled.diagnostics] == ["beyond-limit"] * 2
    both = settle(spec, base, default._replace(settings=default.settings._replace(specs_may=base.settings.specs_may)))
    assert (both.settings.budget.usd, both.settings.protect, both.diagnostics) == (9, ("z",), ())


@pytest.mark.parametrize(
    ("base", "default", "models"),
    [
        ("implementer: [x/y, a/b]", "implementer: [a/b]", ("a/b",)),
        ("roles: {implementer: [x/y]}", "implementer: [a/b]", ("a/b",)),
        ("implementer: [x/y]", "roles: {implementer: [a/b]}", ("a/b",)),
        ("implementer: [x/y]", "implementer: []", ()),
        ("implementer: [x/y]", "test: [x]", ("x/y",)),
        ("implementer: []", "implementer: [a/b]", ()),
    ],
)
def test_a_base_names_models_that_the_default_branch_names(base: str, default: str, models: tuple[str, ...]) -> None:
    assert settle(_spec(""), _file(base), _file(default)).settings.implementer == models
