"""Trees hold more than files: nothing is read or written through links and submodules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.tree.tree import DictTree, Entry
from planning import edit, patch, rules, settings, state, whole

if TYPE_CHECKING:
    from collections.abc import Sequence


class TreeWithLinks:
    """Files in memory, a symbolic link at `link` and a submodule at `module`."""

    def __init__(self) -> None:
        self._files = DictTree({"a": state("a\n"), "d/f": state("f\n")})

    def entry(self, path: str) -> Entry | None:
        if path == "link":
            return Entry("120000", "symlink")
        return Entry("160000", "submodule") if path == "module" else self._files.entry(path)

    def read(self, path: str) -> bytes:
        return self._files.read(path)

    def paths(self) -> Sequence[str]:
        return sorted([*self._files.paths(), "link", "module"])


@pytest.mark.parametrize("special", ["link", "module"])
@pytest.mark.parametrize(
    "text",
    [
        whole("create", "{}", ""),
        whole("write", "{}", ""),
        whole("create", "{}/x", ""),
        whole("write", "{}/x/y", ""),
        edit("{}", ("a\n", "b\n")),
        edit("{}/f", ("a\n", "b\n")),
        settings("delete: ['{}']"),
        settings("delete: ['{}/x']"),
        settings("move: {{{}: b}}").replace("{{", "{").replace("}}", "}"),
        settings("move: {{a: {}}}").replace("{{", "{").replace("}}", "}"),
        settings("move: {{a: {}/b}}").replace("{{", "{").replace("}}", "}"),
        patch("--- a/{}\n+++ b/{}\n@@ -1 +1 @@\n-a\n+b\n"),
        patch("--- /dev/null\n+++ b/{}/x\n@@ -0,0 +1 @@\n+b\n"),
        patch("diff --git a/a b/{}/x\nsimilarity index 100%\nrename from a\nrename to {}/x\n"),
    ],
)
def test_nothing_goes_to_or_through_a_link_or_a_submodule(text: str, special: str) -> None:
    assert set(rules(text.replace("{}", special), TreeWithLinks())) == {"not-a-file"}


def test_a_folder_that_some_file_systems_take_for_the_link_is_refused() -> None:
    assert rules(whole("create", "LINK/x", ""), TreeWithLinks()) == ["case-fold"]
