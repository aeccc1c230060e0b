"""What lies on disk is what a checkout gives, what is stored is what `git add` stores, and no filter driver runs."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from command_line import branches, environment, git, mtor, put, repository, spec, state

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "mtor/return-two"
CR = "python3 -Sc \"import sys; sys.exit(not all(b'\\\\r\\\\n' in open(f, 'rb').read() for f in sys.argv[1:]))\""


def blob(root: Path, path: str, commit: str = BRANCH) -> bytes:
    return subprocess.run(
        ["git", "cat-file", "blob", f"{commit}:{path}"], cwd=root, env=environment(), capture_output=True, check=True
    ).stdout


def edit(path: str, old: str, new: str) -> str:
    return f"```text edit={path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


def create(path: str, body: str, **more: str) -> str:
    attributes = "".join(f" {name}={value}" for name, value in more.items())
    return f"```text create={path}{attributes}\n{body}\n```\n"


def checked_out(root: Path, files: dict[str, str | bytes], **settings: str) -> Path:
    """A repository whose working tree git has written anew from the commit."""
    made = repository(root / "repository", files)
    for name, value in settings.items():
        git(made, "config", name.replace("_", "."), value)
    git(made, "rm", "-rq", "--cached", ".")
    git(made, "reset", "-q", "--hard")
    return made


def is_as_git_does(root: Path, folder: Path) -> None:
    """A checkout of the result is clean, and adding it all anew stores the same."""
    git(root, "worktree", "add", "-q", str(folder), BRANCH)
    for file in folder.rglob("*"):
        if file.is_file():
            file.touch()
    assert git(folder, "status", "--porcelain") == ""
    git(folder, "add", "-A")
    assert git(folder, "diff", "--cached", "--name-only") == ""


@pytest.mark.parametrize(
    ("attributes", "settings"),
    [
        ({".gitattributes": "*.bat text eol=crlf\n"}, {}),
        ({".gitattributes": "* text=auto\n", "sub/.gitattributes": "*.bat eol=crlf\n"}, {}),
        ({".gitattributes": "[attr]dos text eol=crlf\nsub/*.bat dos\n"}, {}),
        ({".gitattributes": "*.bat text\n"}, {"core_eol": "crlf"}),
        ({}, {"core_autocrlf": "true"}),
    ],
    ids=["eol", "nested", "macro", "core.eol", "core.autocrlf"],
)
def test_base_and_result_are_tested_with_the_line_endings_of_a_checkout(
    tmp_path: Path, attributes: dict[str, str | bytes], settings: dict[str, str]
) -> None:
    repo = checked_out(tmp_path, {"sub/run.bat": "one\ntwo\n", "sub/b.bin": b"a\0\n", **attributes}, **settings)
    assert (repo / "sub/run.bat").read_bytes() == b"one\r\ntwo\r\n"
    before = state(repo)
    blocks = [
        edit("sub/run.bat", "two", "three"),
        create("sub/new.bat", "new"),
        create("sub/crlf.bat", "x", eol="crlf"),
    ]
    test = f"{CR} sub/run.bat sub/new.bat sub/crlf.bat"
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *blocks, test=[test])).report
    assert (done["outcome"], done["dirtied"]) == ("clean", [])
    assert (blob(repo, "sub/run.bat"), blob(repo, "sub/new.bat")) == (b"one\nthree\n", b"new\n")
    assert blob(repo, "sub/crlf.bat") == b"x\n"
    assert "1\t1\tsub/run.bat\n" in git(repo, "diff", "--numstat", "main", BRANCH)
    assert state(repo).files == before.files
    is_as_git_does(repo, tmp_path / "result")
    again = mtor(repo, "run", "--json", spec(tmp_path / "t.md", *blocks, test=[test], base=BRANCH))
    assert again.report["outcome"] == "empty"


def test_a_red_spec_is_not_mistaken_for_a_red_base(tmp_path: Path) -> None:
    repo = checked_out(tmp_path, {"run.bat": "one\ntwo\n", ".gitattributes": "*.bat text eol=crlf\n"})
    done = mtor(
        repo,
        "run",
        "--json",
        spec(tmp_path / "s.md", edit("run.bat", "two", "three"), test=[f"{CR} run.bat && grep two run.bat"]),
    )
    assert (done.report["outcome"], done.report["reason"]) == ("failing", "")
    assert [each["exit_code"] for each in done.report["commands"] if each["stage"] == "base"] == [0]


@pytest.mark.parametrize("attributes", ["* text=auto\n", ""], ids=["text=auto", "core.autocrlf"])
def test_a_file_that_is_stored_with_crlf_does_not_become_a_whole_difference(tmp_path: Path, attributes: str) -> None:
    text = b"".join(b"line %d\r\n" % n for n in range(20))
    files: dict[str, str | bytes] = {"a.txt": text, "b.txt": text}
    repo = checked_out(tmp_path, files)
    put(repo, {".gitattributes": attributes})
    git(repo, "add", ".gitattributes")
    git(repo, "commit", "-qm", "attributes")
    if not attributes:
        git(repo, "config", "core.autocrlf", "input")
    blocks = [edit("a.txt", "line 7", "line seven")]
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *blocks, test=["true"], move={"b.txt": "c.txt"}))
    assert done.report["outcome"] == "clean"
    assert git(repo, "diff", "--numstat", "--no-renames", "main", BRANCH, "--", "a.txt").split()[:2] == ["1", "1"]
    assert blob(repo, "a.txt") == text.replace(b"line 7\r", b"line seven\r")
    assert blob(repo, "c.txt") == text


@pytest.mark.parametrize("encoding", ["UTF-16LE-BOM", "UTF-16", "ISO-8859-1"])
def test_a_file_in_another_encoding_is_edited_as_text_and_tested_as_it_is(tmp_path: Path, encoding: str) -> None:
    codec = {"UTF-16LE-BOM": "utf-16", "UTF-16": "utf-16"}.get(encoding, encoding)
    files: dict[str, str | bytes] = {".gitattributes": f"*.txt text working-tree-encoding={encoding}\n", "x": "x\n"}
    repo = checked_out(tmp_path, files)
    put(repo, {"a.txt": "grün\nzwei\n".encode(codec)})
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "encoded")
    test = f"python3 -c \"assert open('a.txt', encoding='{codec}').read() == 'grün\\ndrei ä\\n', 1\""
    blocks = [edit("a.txt", "zwei", "drei ä"), create("b.txt", "ö")]
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *blocks, test=[test]))
    assert (done.report["outcome"], done.report["dirtied"]) == ("clean", [])
    assert (blob(repo, "a.txt"), blob(repo, "b.txt")) == ("grün\ndrei ä\n".encode(), "ö\n".encode())
    assert git(repo, "status", "--porcelain") == ""
    is_as_git_does(repo, tmp_path / "result")


def test_text_that_the_encoding_does_not_have_is_refused_by_name(tmp_path: Path) -> None:
    repo = checked_out(tmp_path, {".gitattributes": "*.txt text working-tree-encoding=ISO-8859-1\n"})
    before = state(repo)
    done = mtor(repo, "run", spec(tmp_path / "s.md", create("b.txt", "日本"), test=["true"]))
    assert (done.code, state(repo)) == (3, before)
    assert "b.txt" in done.out


def test_ident_is_expanded_on_disk_and_stored_without(tmp_path: Path) -> None:
    repo = checked_out(tmp_path, {".gitattributes": "*.c ident\n", "a.c": "/* $Id$ */\none\n"})
    assert "$Id: " in (repo / "a.c").read_text()
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", edit("a.c", "one", "two"), test=["grep -q '$Id: ' a.c"]))
    assert (done.report["outcome"], done.report["dirtied"]) == ("clean", [])
    assert blob(repo, "a.c") == b"/* $Id$ */\ntwo\n"
    assert git(repo, "status", "--porcelain") == ""


def test_attributes_that_the_spec_itself_changes_count_for_its_files(tmp_path: Path) -> None:
    repo = checked_out(tmp_path, {"old.bat": b"kept\r\n", "run.bat": "one\n", ".gitattributes": "*.txt text\n"})
    blocks = [edit(".gitattributes", "*.txt text", "*.bat text eol=crlf"), edit("run.bat", "one", "two")]
    before = state(repo)
    test = f"{CR} run.bat && touch old.bat"  # git reads it again, by the new attributes
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", *blocks, test=[test]))
    assert (done.report["outcome"], done.report["dirtied"]) == ("clean", [])
    assert (blob(repo, "run.bat"), blob(repo, "old.bat")) == (b"two\n", b"kept\r\n")
    assert state(repo).files == before.files


def test_attributes_of_this_machine_count_as_they_do_for_git(tmp_path: Path) -> None:
    repo = checked_out(tmp_path, {"run.bat": "one\n"})
    put(repo, {".git/info/attributes": "*.bat text eol=crlf\n"})
    (repo / "run.bat").unlink()
    git(repo, "checkout", "-q", "--", "run.bat")
    done = mtor(repo, "run", "--json", spec(tmp_path / "s.md", edit("run.bat", "one", "two"), test=[f"{CR} run.bat"]))
    assert (done.report["outcome"], blob(repo, "run.bat")) == ("clean", b"two\n")


@pytest.mark.parametrize("verb", ["run", "apply", "check"])
@pytest.mark.parametrize(
    ("attributes", "operations", "settings"),
    [
        ({".gitattributes": "secrets/** filter=tripwire\n"}, [edit("secrets/a.txt", "one", "two")], {}),
        ({".gitattributes": "secrets/** filter=unknown\n"}, [edit("secrets/a.txt", "one", "two")], {}),
        ({".gitattributes": "secrets/** filter=set\n"}, [edit("secrets/a.txt", "one", "two")], {}),
        ({".gitattributes": "secrets/** filter=unspecified\n"}, [edit("secrets/a.txt", "one", "two")], {}),
        ({"secrets/.gitattributes": "*.txt filter=tripwire\n"}, [create("secrets/deep/b.txt", "b")], {}),
        ({".gitattributes": "[attr]lfs filter=tripwire -text\n*.txt lfs\n"}, [create("b.txt", "b")], {}),
        ({".gitattributes": "secrets/** filter=tripwire\n"}, [], {"delete": ["secrets/a.txt"]}),
        ({".gitattributes": "secrets/** filter=tripwire\n"}, [], {"move": {"secrets/a.txt": "a.txt"}}),
        ({".gitattributes": "secrets/** filter=tripwire\n"}, [], {"move": {"plain.txt": "secrets/b.txt"}}),
        ({}, [create(".gitattributes", "*.txt filter=tripwire"), create("b.txt", "b")], {}),
        ({".gitattributes": "b.txt filter=x\n"}, [create("b.txt", "b")], {"delete": [".gitattributes"]}),
    ],
    ids=["edit", "unknown", "set", "unspecified", "nested", "macro", "delete", "out", "in", "same-spec", "taken-away"],
)  # fmt: skip
def test_a_path_with_a_filter_driver_is_refused_by_name_and_no_driver_runs(
    tmp_path: Path, verb: str, attributes: dict[str, str | bytes], operations: list[str], settings: dict[str, Any]
) -> None:
    repo = repository(tmp_path / "repository", {"secrets/a.txt": "one\n", "plain.txt": "p\n", **attributes})
    for path in ("secrets/a.txt", "plain.txt"):
        os.utime(repo / path, (1, 1))  # long before the index, so that git has no reason to read it again
    git(repo, "update-index", "--refresh")
    trip = f"sh -c 'touch {tmp_path}/tripped; cat'"
    for way in ("clean", "smudge"):
        for driver in ("tripwire", "set", "unspecified"):
            git(repo, "config", f"filter.{driver}.{way}", trip)
    before = state(repo)
    done = mtor(repo, verb, spec(tmp_path / "s.md", *operations, test=["true"], **settings))
    assert done.code == 2, done.out + done.err
    assert "[filter]" in done.out
    assert state(repo) == before
    assert branches(repo) == []
    assert not (tmp_path / "tripped").exists()


def test_other_files_with_a_filter_driver_do_not_block(tmp_path: Path) -> None:
    repo = repository(
        tmp_path / "repository", {"a.txt": "one\n", "big.bin": "x\n", ".gitattributes": "*.bin filter=lfs\n"}
    )
    done = mtor(repo, "run", spec(tmp_path / "s.md", edit("a.txt", "one", "two"), test=["true"]))
    assert done.code == 0, done.out


def test_apply_writes_what_a_checkout_would(tmp_path: Path) -> None:
    attributes = "*.bat text eol=crlf\n*.lat text working-tree-encoding=ISO-8859-1\n"
    repo = checked_out(tmp_path, {".gitattributes": attributes, "run.bat": "one\ntwo\n", "a.lat": b"caf\xe9\n"})
    blocks = [edit("run.bat", "two", "three"), create("new.bat", "new"), edit("a.lat", "café", "café ü")]
    path = spec(tmp_path / "s.md", *blocks)
    done = mtor(repo, "apply", path)
    assert done.code == 0, done.out + done.err
    assert (repo / "run.bat").read_bytes() == b"one\r\nthree\r\n"
    assert (repo / "new.bat").read_bytes() == b"new\r\n"
    assert (repo / "a.lat").read_bytes() == b"caf\xe9 \xfc\n"
    git(repo, "add", "-A")
    assert git(repo, "diff", "--cached", "--numstat").split()[:3] == ["1", "1", "a.lat"]
    assert "already applied" in mtor(repo, "apply", path).out


@pytest.mark.parametrize(("name", "value"), [("core.fileMode", "false")])
@pytest.mark.parametrize("test", ["true", "test ! -x a.txt", "kill"])
def test_an_executable_bit_that_git_does_not_look_at_stays(tmp_path: Path, name: str, value: str, test: str) -> None:
    repo = repository(tmp_path / "repository", {"a.txt": "one\n", "b.txt": "b\n", "c.txt": "c\n"})
    git(repo, "branch", "old")
    put(repo, {"c.txt": "new\n"})
    git(repo, "commit", "-qam", "new")
    git(repo, "config", name, value)
    for path in ("a.txt", "b.txt", "c.txt"):
        (repo / path).chmod(0o755)
    before = state(repo)
    command = test if test != "kill" else "kill -9 $PPID"
    path = spec(tmp_path / "s.md", edit("a.txt", "one", "two"), test=[command], delete=["b.txt"], base="old")
    done = mtor(repo, "run", path)
    mtor(repo, "run", "--abort")
    assert state(repo).files == before.files
    if test == "true":
        assert done.code == 0, done.out
        assert git(repo, "ls-tree", BRANCH, "a.txt").startswith("100644")


def test_a_link_is_not_a_file_where_the_file_system_has_none(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repository", {"a.txt": "one\n"})
    (repo / "link").symlink_to("a.txt")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "link")
    git(repo, "config", "core.symlinks", "false")
    (repo / "link").unlink()
    git(repo, "checkout", "-q", "--", "link")
    assert (repo / "link").read_text() == "a.txt"
    before = state(repo)
    for verb in ("run", "apply"):
        done = mtor(repo, verb, spec(tmp_path / "s.md", edit("link", "a.txt", "b.txt"), test=["true"]))
        assert done.code == 2, done.out
        assert state(repo) == before
