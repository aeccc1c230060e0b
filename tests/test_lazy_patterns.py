"""Patterns that are compiled at their first use: none is wrong, and each does what a compiled one does."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re

import pytest

import mtor_action
from mtor_action.lazy_patterns import LazyPattern, lazy_pattern


def test_every_lazy_pattern_of_the_action_can_be_compiled() -> None:
    for module in pkgutil.walk_packages(mtor_action.__path__, "mtor_action."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    patterns = [each for each in gc.get_objects() if type(each) is LazyPattern]
    assert len(patterns) > 150
    assert all(pattern.groups >= 0 for pattern in patterns)


def test_a_lazy_pattern_matches_as_a_compiled_one() -> None:
    text, source = "one 1, two 22", r"(?P<word>[A-Z]+) (\d+)"
    lazy, compiled = lazy_pattern(source, re.IGNORECASE), re.compile(source, re.IGNORECASE)
    assert lazy.findall(text) == compiled.findall(text)
    assert lazy.sub(r"\2", text) == compiled.sub(r"\2", text)
    assert (lazy.pattern, lazy.flags, lazy.groupindex) == (compiled.pattern, compiled.flags, compiled.groupindex)
    assert lazy_pattern(rb"\w").fullmatch(b"a")


def test_a_lazy_pattern_is_compiled_at_the_first_look_and_not_before() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.search("")
