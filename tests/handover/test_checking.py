"""What of a work job's files may be published, judged against a plan of our own and the scopes of both branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.handover.checking import Checked, check
from mtor_action.manifest.settings_block.settings import Settings
from mtor_action.report.report import Outcome, Report, Usage
from mtor_action.scope.scope import scope_of
from mtor_action.tree.changes import Change
from mtor_action.tree.tree import DIRECTORY, DictTree, Entry
from planning import files, plan, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.changes import FileState

TREE = files(a_py="a = 1\n", lib__x_py="x = 1\n", tests__test_a_py="t\n", pyproject_toml="p\n")
SPEC = (
    "```python edit=a.py\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n```\n```python create=b.py\nb\n```\n"
)


class LinkTree(DictTree):
    """With `link` as a symlink and `Sub` as a submodule."""

    def entry(self, path: str) -> Entry | None:
        kinds: dict[str, Entry] = {"link": Entry("120000", "symlink"), "Sub": Entry("160000", "submodule")}
        return kinds.get(path) or (DIRECTORY if path == "" else super().entry(path))

    def paths(self) -> list[str]:
        return sorted([*super().paths(), "link", "Sub"])


def judged(
    offered: Mapping[str, FileState | None],
    outcome: Outcome | None = Outcome.FIXED,
    *,
    tokens: int = 10,
    allow: tuple[tuple[str, ...], ...] = (("lib/**",), ("lib/**",)),
    made: Plan | None = None,
) -> Checked:
    made = made or plan(SPEC, TREE)
    tree = LinkTree(TREE)
    scopes = [scope_of(made, Settings(allow=globs, test=("sh run.sh",)), tree) for globs in allow]
    report = Report("j", outcome, usage=Usage(requests=1 if tokens else 0, input_tokens=tokens))
    return check(made, tree, scopes, report, offered)


def test_a_file_equal_to_the_plan_is_the_specs_and_one_inside_the_scope_the_implementers() -> None:
    found = judged({"a.py": state("a = 2\n"), "b.py": state("better\n"), "lib/x.py": None, "lib/new": state("n")})

    assert found.refusals == ()
    assert [change.path for change in found.spec] == ["a.py", "b.py"]
    assert found.implementer == (
        Change("lib/x.py", state("x = 1\n"), None),
        Change("b.py", state("b\n"), state("better\n")),
        Change("lib/new", None, state("n")),
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../a.py", '".."'),
        ("/etc/passwd", "absolute path"),
        ("lib/../../x", '".."'),
        ("lib\\x", "backslash"),
        ("lib/\u202ex", "invisible character U+202E"),
        (".git/config", "git's own folder"),
        ("lib/.GIT/hooks/x", "git's own folder"),
        (".github/workflows/ci.yml", "decides what runs"),
        (".github/mtor.yml", "decides what runs"),
        (".github/dependabot.yml", "protected"),
        ("tests/test_a.py", "protected"),
        ("pyproject.toml", "protected"),
        ("run.sh", "protected"),
        ("lib/AGENTS.md", "protected"),
        ("other.py", "outside the scope"),
        ("library/x.py", "outside the scope"),
        ("link/x", "outside the scope"),
    ],
)
def test_a_path_that_no_implementer_may_write_is_refused_written_or_deleted(path: str, said: str) -> None:
    for content in (state("x"), None):
        found = judged({path: content, "b.py": state("better\n")})

        assert found.refusals[0].startswith(f"{path}: ")
        assert said in found.refusals[0]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["link/x.py"], "its parent link is a symbolic link"),
        (["link"], "it is a symbolic link"),
        (["Sub/x.py"], "its parent Sub is a submodule"),
        (["lib"], "it is a directory"),
        (["lib/x.py/y"], "its parent lib/x.py is a file"),
        (["new/x", "new"], "its parent new is a file"),
        (["LIB/X.py"], "differs only in case or accents from lib/x.py"),
        (["LINK/x"], "from link, or lies below it"),
        (["sub/x"], "from Sub, or lies below it"),
        (["c/é", "c/E\u0301"], "differs only in case or accents"),
    ],
)
def test_a_path_that_another_one_blocks_is_refused(paths: list[str], said: str) -> None:
    found = judged({path: state("x") for path in paths}, allow=(("**",), ("**",)))

    assert said in "\n".join(found.refusals)


def test_a_folder_may_become_a_file_once_it_is_empty_and_a_name_may_change_its_case() -> None:
    found = judged({"lib": state("x"), "lib/x.py": None}, allow=(("**",), ("**",)))
    renamed = judged({"LIB/x.py": state("x"), "lib/x.py": None}, allow=(("**",), ("**",)))

    assert (found.refusals, renamed.refusals) == ((), ())


def test_both_fences_must_allow() -> None:
    for allow in ((("lib/**",), ()), ((), ("lib/**",))):
        assert judged({"lib/x.py": state("y")}, allow=allow).refusals


def test_what_is_too_much_is_refused_without_looking_further() -> None:
    many = judged({f"lib/{number}": state("") for number in range(1_001)})
    large = judged({"lib/x.py": state(b"x" * (10 * 1024 * 1024 + 1))})

    assert many.refusals == ("the implementer's changes are 1,001 files, expected at most 1,000",)
    assert large.refusals == ("the implementer's changes have 10,485,761 bytes, expected at most 10,485,760",)


UNPLACED = "```python edit=a.py\n<<<<<<< SEARCH\nmissing\n=======\nfound\n>>>>>>> REPLACE\n```\n"
BAD = "```python create=a.py\nother\n```\n"


@pytest.mark.parametrize(
    ("spec", "offered", "outcome", "tokens", "said"),
    [
        (SPEC, "b.py", Outcome.CLEAN, 10, "the report says clean, but the implementer changed b.py"),
        (SPEC, "b.py", Outcome.CLEAN, 0, "the report says clean, but the implementer changed b.py"),
        (SPEC, "b.py", Outcome.EMPTY, 10, "the report says empty, but the implementer changed b.py"),
        (SPEC, "b.py", Outcome.FIXED, 0, "the report says 0 tokens, but the implementer changed b.py"),
        (SPEC, "b.py", Outcome.STALLED, 0, "the report says 0 tokens"),
        (SPEC, "b.py", None, 10, "the report has no outcome"),
        (SPEC, "", Outcome.EMPTY, 0, "the spec still has changes to make"),
        (UNPLACED, "", Outcome.CLEAN, 0, "the spec's edit of a.py has not been made"),
        (UNPLACED, "", Outcome.FIXED, 10, "the spec's edit of a.py has not been made"),
        (BAD, "", Outcome.CLEAN, 0, "the spec does not apply to the recorded base"),
        (SPEC, "", Outcome.CLEAN, 0, ""),
        (SPEC, "", Outcome.FIXED, 10, ""),
        (SPEC, "b.py", Outcome.FAILING, 10, ""),
        (UNPLACED, "", Outcome.STALLED, 10, ""),
        (BAD, "", Outcome.REJECTED, 0, ""),
        (SPEC, "", Outcome.ERROR, 0, ""),
    ],
)
def test_a_report_that_contradicts_the_files_or_the_plan_is_refused(
    spec: str, offered: str, outcome: Outcome | None, tokens: int, said: str
) -> None:
    files_offered = {offered: state("better\n")} if offered else {}
    found = judged(files_offered, outcome, tokens=tokens, made=plan(spec, TREE))

    assert bool(found.refusals) == bool(said)
    assert said in "".join(found.refusals)
