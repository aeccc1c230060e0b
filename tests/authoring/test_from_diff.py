"""Two trees → a spec → the second tree, byte for byte; and applied again, nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from command_line import WARM_UP
from mtor_action.authoring.from_diff import NotExpressible, spec_from_trees
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.repository.git import Git
from mtor_action.repository.revisions.base_tree import BaseTree, WorkingTree
from mtor_action.repository.worktree import write
from mtor_action.tree.changes import FileState
from mtor_action.tree.path_policy import path_fault
from mtor_action.tree.tree import DictTree
from standins.nursery import MTOR, nursery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mtor_action.plan.applied import Past
    from mtor_action.plan.placed_operations import Plan
    from mtor_action.tree.changes import FileMode
    from mtor_action.tree.tree import Tree

Files = dict[str, FileState]

# None is a source file's: their texts would have to parse, and these do not (tests/plan/test_parse_check.py).
NAMES = [
    "a.cfg", "b.txt", "b c.txt", "src", "lib", "été.md", "e\u0301te\u0301.md", "🦀.cfg", "\U0001f469\u200d\U0001f4bb",
    "it's", "it's me.txt", 'say "hi"', '"q"', "'q'", 'both "it\'s" x', "x--y", "#.md", "<!--.md", "-->", "```",
    "~~~ py", "edit=a.cfg", "a=b", "(p)", "[x].cfg", "a:b", "- x", "%20", "*", "?", "a,b", "a  b", " lead",
    "trail ", "\xa0nbsp\xa0", "\ufffe", "{x}", "null", "1.10", "&a", "!t", "@x", "`tick`", "dev", "a\u200db",
    ".hidden", "x.py:", "\U0010ffff", "$HOME",
]  # fmt: skip
LINES = [
    "", " ", "\t", "x", "x ", " x", "    x", "y", "z", "def f():", "    return 1", "é", "🦀",
    "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "<<<<<<<< SEARCH", "========", ">>>>>>>> REPLACE",
    "<<<<<<< ", "======= x", "  =======",
    "=" * 70, "```", "````", "~~~", "    ```",
    "```python create=x.py", "~~~~ edit=x", "```yaml mtor", "`````diff patch", "<!--", "-->",
    "diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", "\\ No newline at end of file", "-- ",
    "++ y", "new file mode 100644", "# ... existing code ...", "// rest unchanged", "# ... rest of the file",
    "> quote", "- item", "1. item", "\x0c", "\x1b[0m", "a\u2028b", "\x85", "\ufeff", "\u202ertl", "<pre>",
    "<script>", "|a|b|", "&amp;", "\\",
]  # fmt: skip
ENDINGS = ["\n", "\r\n"]

lines = st.one_of(
    st.sampled_from(LINES), st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=6)
)
modes: st.SearchStrategy[FileMode] = st.sampled_from(["100644", "100644", "100644", "100755"])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Text in LF, CRLF or mixed endings, with or without BOM and final newline."""
    kind = draw(st.sampled_from(["lf", "lf", "lf", "crlf", "mixed"]))
    found = draw(st.lists(lines, max_size=12))
    ends = {"lf": ENDINGS[:1], "crlf": ENDINGS[1:], "mixed": ENDINGS}[kind]
    text = "".join(line + draw(st.sampled_from(ends)) for line in found)
    if draw(st.integers(0, 4)) == 0:
        text = text.removesuffix("\n").removesuffix("\r")
    return (b"\xef\xbb\xbf" if draw(st.integers(0, 9)) == 0 else b"") + text.encode()


SPECIAL = [b"\0", b"a\nb\0c\n", b"\xff\xfea\0", b"caf\xe9\nx\ny\n", b"a\rb\nx\ny\nz\n", b"x\ny\nz\nx\n\xe9\n"]
contents = st.one_of(texts(), texts(), texts(), texts(), texts(), texts(), texts(), st.sampled_from(SPECIAL))
states = st.builds(FileState, contents, modes)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map("/".join)


def together(files: Files) -> Files:
    """Without files that stand where another one needs a folder, and names that begin with a dash or end the root."""
    return {
        path: state
        for path, state in files.items()
        if not path.startswith(("-", "~/")) and not any(other.startswith(f"{path}/") for other in files)
    }


@st.composite
def trees(draw: st.DrawFn) -> tuple[Files, Files]:
    """A tree and what a day's work made of it."""
    before = together(draw(st.dictionaries(paths, states, max_size=6)))
    after = dict(before)
    for path in before:
        CHANGES[draw(st.sampled_from(sorted(CHANGES)))](draw, after, path)
    after |= draw(st.dictionaries(paths, states, max_size=2))
    return before, together(after)


def keep(_: st.DrawFn, files: Files, path: str) -> None: ...


def delete(_: st.DrawFn, files: Files, path: str) -> None:
    files.pop(path, None)


def edit(draw: st.DrawFn, files: Files, path: str) -> None:
    if path not in files:
        return
    pieces = re.findall(rb"[^\n]*\n|[^\n]+", files[path].content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(pieces)))
        new = draw(st.lists(lines, max_size=2))
        ending = draw(st.sampled_from(ENDINGS)) if draw(st.integers(0, 5)) == 0 else ending_of(pieces)
        pieces[at : at + draw(st.integers(0, 2))] = [f"{line}{ending}".encode() for line in new]
    files[path] = FileState(b"".join(pieces), files[path].mode)


def ending_of(pieces: list[bytes]) -> str:
    return "\r\n" if pieces and pieces[0].endswith(b"\r\n") else "\n"


def rename(draw: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        files[draw(paths)] = files.pop(path)


def rename_and_edit(draw: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        new = draw(paths)
        files[new] = files.pop(path)
        edit(draw, files, new)


def swap(draw: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        other = draw(st.sampled_from(sorted(files)))
        files[path], files[other] = files[other], files[path]


def change_mode(_: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        files[path] = FileState(files[path].content, "100644" if files[path].mode == "100755" else "100755")


def edit_and_change_mode(draw: st.DrawFn, files: Files, path: str) -> None:
    edit(draw, files, path)
    change_mode(draw, files, path)


def change_endings(_: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        content = files[path].content.replace(b"\r\n", b"\n")
        to_crlf = content == files[path].content
        files[path] = FileState(content.replace(b"\n", b"\r\n") if to_crlf else content, files[path].mode)


def change_final_newline(_: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        content = files[path].content
        bare = content.removesuffix(b"\n").removesuffix(b"\r")
        files[path] = FileState(bare if bare != content else content + b"\n", files[path].mode)


def rewrite(draw: st.DrawFn, files: Files, path: str) -> None:
    files[path] = draw(states)


def make_folder(_: st.DrawFn, files: Files, path: str) -> None:
    if path in files:
        files[f"{path}/a.cfg"] = files.pop(path)


CHANGES: dict[str, Callable[[st.DrawFn, Files, str], None]] = {
    change.__name__: change
    for change in (
        keep, delete, edit, rename, rename_and_edit, swap, change_mode, edit_and_change_mode, change_endings,
        change_final_newline, rewrite, make_folder,
    )
}  # fmt: skip


def spec_of(before: Tree, after: Tree, title: str = "A change") -> str:
    return spec_from_trees(before, after, title=title, base="main").text


def plan_of(text: str, tree: Tree, past: Past | None = None) -> Plan:
    spec = parse_spec([Part("spec", text.encode())])
    assert not spec.diagnostics, (spec.diagnostics, text)
    return make_plan(spec, tree, past)


def held_by(files: Files) -> Past:
    """A past in which each path had this one content."""
    return lambda path: [files[path].content] if path in files else []


def applied(text: str, before: Mapping[str, FileState]) -> Files:
    plan = plan_of(text, DictTree(before))
    assert not plan.faults, (plan.faults, text)
    states = dict(before) | {change.path: change.after for change in plan.changes}
    return {path: state for path, state in states.items() if state is not None}


def assert_empty(plan: Plan) -> None:
    assert (plan.changes, plan.faults) == ((), [])


def turns_a_file_into_a_folder(before: Files, after: Files) -> bool:
    """The one change that does not show afterwards: something still stands at the path that was deleted."""
    return any(new.startswith(f"{path}/") for path in before for new in after)


def path_of(reason: str, before: Files, after: Files) -> str:
    return max((path for path in before | after if reason.startswith(f"{path}: ")), key=len)


def without(left_out: Sequence[str], before: Files, after: Files) -> Files:
    """What comes of a spec that leaves these out: their paths stay as they were."""
    paths = {path_of(reason, before, after) for reason in left_out}
    kept = {path: before[path] for path in paths if path in before}
    return {path: state for path, state in after.items() if path not in paths} | kept


def assert_reasons_are_true(reasons: Sequence[str], before: Files, after: Files) -> None:
    for reason in reasons:
        path = path_of(reason, before, after)
        why = reason.removeprefix(f"{path}: ")
        content = b"".join(tree[path].content for tree in (before, after) if path in tree)
        assert is_true(why, path, content, after), (reason, content)


def parses(content: bytes) -> bool:
    try:
        compile(content, "a.py", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def is_true(why: str, path: str, content: bytes, after: Files) -> bool:
    bare = content.replace(b"\r\n", b"")
    folds = sum(len(other) == len(path) or not other.isascii() for other in after) > 1
    truths = {
        "binary": b"\0" in content,
        "UTF-16": b"\xff\xfe" in content,
        "not UTF-8": b"\xe9" in content,
        "carriage return": b"\r" in bare,
        "mixed line endings": b"\r\n" in content and b"\n" in bare,
        "both kinds of quotes": '"' in path and "'" in path,
        "differs from": folds,
        "does not parse": path.endswith(".py") and not parses(after[path].content),
    }
    return why == path_fault(path) or next(truth for words, truth in truths.items() if words in why)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_any_change_of_text_files_is_expressed_exactly_or_refused_with_the_reason(pair: tuple[Files, Files]) -> None:
    before, after = pair
    assume(before != after)
    try:
        text, left_out = spec_from_trees(DictTree(before), DictTree(after), title="A change", base="main")
    except NotExpressible as refused:
        assert_reasons_are_true(refused.reasons, before, after)
        return
    assert_reasons_are_true(left_out, before, after)
    after = without(left_out, before, after)
    assert applied(text, before) == after
    if not turns_a_file_into_a_folder(before, after):
        assert_empty(plan_of(text, DictTree(after), held_by(before)))


class Repository:
    """A repository in a temporary folder, used again by every example."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.sh("init", "-q", "-b", "main")
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("core.autocrlf", "false")):
            self.sh("config", key, value)
        self.git = Git.open(root)

    def sh(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def put(self, files: Files) -> str:
        """Make the working tree exactly these files, and its tree's id."""
        for found in self.root.iterdir():
            if found.name != ".git":
                shutil.rmtree(found) if found.is_dir() else found.unlink()
        for path, state in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(state.content)
            target.chmod(0o755 if state.mode == "100755" else 0o644)
        return self.tree()

    def tree(self) -> str:
        self.sh("add", "--all")
        return self.sh("write-tree")

    def commit(self, files: Files) -> str:
        self.put(files)
        self.sh("commit", "-q", "--allow-empty", "-m", "A change, with 'quotes'")
        return self.sh("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Repository(tmp_path / "repo")


SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(trees())
def test_the_spec_of_two_commits_checked_out_and_applied_has_the_second_ones_tree(
    repository: Repository, pair: tuple[Files, Files]
) -> None:
    assume(pair[0] != pair[1])
    first, second = repository.commit(pair[0]), repository.commit(pair[1])
    wanted = repository.tree()
    try:
        with BaseTree(repository.git, first) as before, BaseTree(repository.git, second) as after:
            text, left_out = spec_from_trees(before, after, title="A change", base="main")
    except NotExpressible as refused:
        assert_reasons_are_true(refused.reasons, *pair)
        return
    assume(not left_out)
    repository.put(pair[0])
    plan = plan_of(text, WorkingTree(repository.git))
    assert not plan.faults, text
    write(repository.root, plan.changes)
    assert repository.tree() == wanted
    if not turns_a_file_into_a_folder(*pair):
        assert_empty(plan_of(text, WorkingTree(repository.git), held_by(pair[0])))


def mtor(repository: Repository, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    done = nursery(WARM_UP).run(MTOR, arguments, env=os.environ, cwd=repository.root, stdin=stdin)
    return subprocess.CompletedProcess(["mtor", *arguments], done.code, done.out, done.err)


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(trees())
def test_the_command_line_says_the_same(repository: Repository, pair: tuple[Files, Files]) -> None:
    assume(pair[0] != pair[1])
    first, second = repository.commit(pair[0]), repository.commit(pair[1])
    wanted = repository.tree()
    made = mtor(repository, "spec", "--from-diff", f"{first}..{second}")
    if made.returncode:
        assert made.returncode == 3
        assert b"a spec cannot express this difference" in made.stderr
        return
    assume(b"left out" not in made.stderr)
    repository.sh("checkout", "-q", "-f", first)
    done = mtor(repository, "apply", "-", stdin=made.stdout)
    assert done.returncode == 0, (done.stdout, made.stdout)
    assert repository.tree() == wanted


def test_the_command_line_names_what_it_cannot_say_and_refuses_equal_commits(repository: Repository) -> None:
    first = repository.commit({"a.txt": text_file("a\n")})
    repository.commit({"a.txt": text_file("a\n"), "logo.png": FileState(b"\x89PNG\0")})
    refused = mtor(repository, "spec", "--from-diff", f"{first}..HEAD")
    assert refused.returncode == 3
    assert b"logo.png: a binary file" in refused.stderr
    assert refused.stdout == b""
    equal = mtor(repository, "spec", "--from-diff", "HEAD..")
    assert equal.returncode == 3
    assert b"nothing differs" in equal.stderr


def test_links_and_submodules_are_refused_by_name(repository: Repository) -> None:
    first = repository.commit({"a.txt": text_file("a\n")})
    (repository.root / "link").symlink_to("a.txt")
    repository.sh("update-index", "--add", "--cacheinfo", f"160000,{first},module")
    repository.sh("add", "link")
    repository.sh("commit", "-q", "-m", "both")
    with (
        BaseTree(repository.git, first) as before,
        BaseTree(repository.git, repository.sh("rev-parse", "HEAD")) as after,
        pytest.raises(NotExpressible) as refused,
    ):
        spec_of(before, after)
    assert refused.value.reasons == (
        "link: a symbolic link, expected a regular file",
        "module: a submodule, expected a regular file",
    )


def text_file(text: str, mode: FileMode = "100644") -> FileState:
    return FileState(text.encode(), mode)


def said(before: Files, after: Files) -> str:
    """The spec, after it has been applied, and applied again."""
    text = spec_of(DictTree(before), DictTree(after))
    assert applied(text, before) == after
    assert_empty(plan_of(text, DictTree(after), held_by(before)))
    return text


def one(before: str | bytes, after: str | bytes, mode: FileMode = "100644") -> str:
    """The spec of a change of one file."""
    old, new = (side.encode() if isinstance(side, str) else side for side in (before, after))
    return said({"a.py": FileState(old)}, {"a.py": FileState(new, mode)})


def test_one_line_of_a_large_file_is_a_small_edit() -> None:
    before = [f"line {number}\n" for number in range(2_000)]
    after = [*before[:999], "changed\n", *before[1_000:]]
    text = one("".join(before), "".join(after))
    assert "write=" not in text
    assert len(text) < 200


def test_a_line_of_many_alike_gets_more_context_or_the_whole_file() -> None:
    before = [f"case {number}\n" + "    pass\n" * 8 for number in range(50)]
    after = [*before[:25], before[25] + "    pass\n", *before[26:]]
    assert "write=" not in one("".join(before), "".join(after))
    one("x\n" * 500, "x\n" * 501)


def test_edits_of_a_file_with_mixed_endings_keep_them() -> None:
    before = b"one\r\ntwo\nthree\r\nfour\nfive\n"
    assert "write=" not in one(before, before.replace(b"two", b"2"))
    assert "write=" not in one(before, before.replace(b"three", b"3"))
    assert "write=" not in one(before, before.replace(b"five\n", b"five\nsix\n"))


def test_a_lone_carriage_return_stays_where_no_hunk_comes_near() -> None:
    before = b"odd\rline\n" + b"".join(b"%d\n" % number for number in range(9))
    assert "write=" not in one(before, before.replace(b"8", b"eight"))
    assert "write=" not in one(before, before.replace(b"0\n", b"zero\n"))


def test_a_final_newline_that_goes_or_comes_is_a_patch() -> None:
    lines = b"".join(b"%d\n" % number for number in range(40))
    for before, after in ((b"a\nb\n", b"a\nb"), (b"a\nb", b"a\nb\n"), (b"a\r\nb\nc\r\n", b"a\r\nb\nc")):
        text = one(lines + before, lines + after)
        assert "```diff patch" in text
        assert "\\ No newline at end of file" in text


def test_a_change_of_endings_throughout_is_the_whole_file() -> None:
    assert "write=a.py eol=crlf" in one("a\nb\n", b"a\r\nb\r\n")
    assert "eol" not in one(b"a\r\nb\r\n", "a\nb\n")


def test_modes_are_patches_with_and_without_an_edit() -> None:
    lines = "".join(f"{number}\n" for number in range(99))
    assert "new mode 100755" in one(lines, lines, "100755")
    text = one(lines, lines.replace("50\n", "fifty\n"), "100755")
    assert "new mode 100755" in text
    assert len(text) < 400


def test_an_ascii_edit_of_a_file_in_another_encoding_is_an_edit() -> None:
    before = b"caf\xe9\n" + b"".join(b"%d\n" % number for number in range(9))
    assert "write=" not in one(before, before.replace(b"8\n", b"eight\n"))


def test_a_file_becomes_empty_and_back() -> None:
    one("a\nb\n", "")
    one("", "a\nb\n")
    one(b"\xef\xbb\xbfa\n", b"\xef\xbb\xbf")


def test_a_rename_is_a_move_and_a_rename_with_an_edit_is_a_move_and_an_edit() -> None:
    lines = "".join(f"{number}\n" for number in range(99))
    moved = said({"a.py": text_file(lines)}, {"b.py": text_file(lines)})
    assert "\n  a.py: b.py\n" in moved
    assert "```yaml" in moved
    assert "create=" not in moved
    edited = said({"a.py": text_file(lines)}, {"b.py": text_file(lines.replace("50\n", "fifty\n"))})
    assert "\n  a.py: b.py\n" in edited
    assert "edit=b.py\n<<<<<<< SEARCH\n50\n=======\nfifty\n" in edited


def test_binary_files_can_be_moved_and_deleted() -> None:
    binary = FileState(b"\x89PNG\0")
    text = said({"a.png": binary, "b.png": FileState(b"\0")}, {"img/a.png": binary})
    assert "img/a.png" in text


def test_several_files_with_one_content_are_moved_by_their_names() -> None:
    empty = text_file("")
    text = said({"a/x.py": empty, "a/y.py": empty}, {"b/y.py": empty, "b/x.py": empty})
    assert "  a/x.py: b/x.py" in text
    assert "  a/y.py: b/y.py" in text


def test_two_files_that_swap_their_contents_are_written() -> None:
    one_file, other = text_file("a\n" * 40), text_file("b\n" * 40)
    text = said({"a.py": one_file, "b.py": other}, {"a.py": other, "b.py": one_file})
    assert "move:" not in text


def test_a_file_that_becomes_a_folder_and_a_folder_that_becomes_a_file() -> None:
    lines = text_file("".join(f"{number}\n" for number in range(20)))
    before, after = {"a": lines}, {"a/b.py": lines}
    for old, new in ((before, after), (after, before)):
        assert applied(spec_of(DictTree(old), DictTree(new)), old) == new


def test_a_name_with_both_kinds_of_quotes_needs_a_patch() -> None:
    name = 'say "it\'s".py'
    text = said({}, {name: text_file("a\nb\nc\n")})
    assert "new file mode 100644" in text
    assert "```diff patch" in said({name: text_file("a\nb\n")}, {name: text_file("a\nc\n")})


def test_every_reason_is_named_at_once() -> None:
    after = {
        ".github/workflows/x.yml": text_file("on: push\n"),
        "bidi\u202e.py": text_file("x\n"),
    }
    with pytest.raises(NotExpressible) as refused:
        spec_of(DictTree({}), DictTree(after))
    assert [reason.partition(": ")[0] for reason in refused.value.reasons] == sorted(after)
    contents = {"a": b"\0", "b": b"\xe9\n", "c": b"x\ry\n", "d": b"x\r\ny\n", "e": b"\xff\xfea\0", "f": b"fine\n"}
    files = {path: FileState(content) for path, content in contents.items()}
    text, left_out = spec_from_trees(DictTree({}), DictTree(files), title="Some", base="main")
    assert applied(text, {}) == {"f": files["f"]}
    assert all(reason in text for reason in left_out)
    assert left_out == (
        "a: a binary file (it contains NUL bytes), expected text",
        "b: text that is not UTF-8, expected UTF-8",
        "c: a carriage return without a line feed, expected LF or CRLF line endings",
        "d: mixed line endings that no edit can produce, expected LF or CRLF throughout",
        "e: UTF-16 text, expected UTF-8",
    )


def test_names_that_differ_only_in_case_are_refused_unless_one_goes() -> None:
    a = text_file("a\n")
    with pytest.raises(NotExpressible) as refused:
        spec_of(DictTree({"a.py": a}), DictTree({"a.py": a, "A.py": a}))
    assert refused.value.reasons == ('A.py: differs from "a.py" only in case or in the encoding of accents',)
    said({"a.py": a}, {"A.py": a})


@pytest.mark.parametrize(
    "title",
    [
        "",
        "it's 100% [WIP]: *x* & y",
        "```python create=x.py",
        "<!-- hidden",
        "a\tb\x1b[0m\u202ec",
        "# #",
        "é🦀",
        "no",
        "x" * 3000,
    ],
)
def test_any_title_gives_a_spec(title: str) -> None:
    text = spec_from_trees(DictTree({}), DictTree({"a.py": text_file("a\n")}), title=title, base="main").text
    assert plan_of(text, DictTree({})).changes


def test_a_replacement_in_many_files_is_one_subst() -> None:
    before = {f"src/{name}.go": text_file(f"package {name}\nx := old_call(1)\ny := old_call(2)\n") for name in "abc"}
    before |= {"src/d.go": text_file("none\n"), "doc.md": text_file("old_call\n")}
    after = {
        path: text_file(state.content.decode().replace("old_call(", "new_call(")) for path, state in before.items()
    }
    text = said(before, after)
    assert "subst=*.go count=6\n<<<<<<< SEARCH\nold_call\n=======\nnew_call\n" in text
    assert text.count("```") == 4


def test_a_replacement_that_would_hit_other_files_is_not_a_subst() -> None:
    before = {f"{name}.py": text_file("old\n" * 3) for name in "abc"}
    after = {**before, "a.py": text_file("new\n" * 3), "b.py": text_file("new\n" * 3)}
    said(before, after)


def test_a_replacement_beside_a_move_with_the_same_text_is_still_exact() -> None:
    before = {f"{name}.py": text_file("old\n" * 3) for name in "abc"}
    after = {"a.py": text_file("new\n" * 3), "b.py": text_file("new\n" * 3), "moved.py": before["c.py"]}
    said(before, after)


def test_context_is_as_short_as_places_it_and_written_once() -> None:
    text = one("a\nb\nx\nc\nb\ny\n" + "z\n" * 50, "a\nb\nX\nc\nb\nnew\ny\n" + "z\n" * 50)
    assert "--- a/a.py\n+++ b/a.py\n@@\n-x\n+X\n@@\n" in text
    assert len(text.split("@@\n")[2].splitlines()) <= 4


def test_test_commands_and_none_go_into_the_settings() -> None:
    before, after = DictTree({}), DictTree({"a.py": text_file("a\n")})
    text = spec_from_trees(before, after, title="t", base="main", test=["pytest -q", "echo 'a: b'"]).text
    assert parse_spec([Part("s", text.encode())]).settings.test == ("pytest -q", "echo 'a: b'")
