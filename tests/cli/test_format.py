"""The `format` commands of a spec through `mtor run`: what they make of the spec's own files, and of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, branches, git, mtor, put, spec, state

if TYPE_CHECKING:
    from pathlib import Path

UGLY = "```python create=new.py\nx=1\ny = [1,2]\n```\n"
SPACES = r"sed -i 's/\([a-z]\) *= */\1 = /; s/,\([0-9]\)/, \1/' new.py"
TEST_FILE = "```python create=tests/test_new.py\ndef test_x():\n    assert  1\n```\n"


def _stages(report: dict[str, list[dict[str, object]]]) -> list[object]:
    return [command["stage"] for command in report["commands"]]


def test_a_formatted_file_of_the_spec_is_committed_tested_and_named(repo: Path, tmp_path: Path) -> None:
    before = state(repo)
    done = mtor(
        repo,
        "run",
        "--json",
        spec(
            tmp_path / "s.md", UGLY, setup=["true"], format=[SPACES], test=["grep 'x = 1' new.py", "grep '1, 2' new.py"]
        ),
    )
    report = done.report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", ["new.py"], [])
    assert _stages(report) == ["setup", "format", "test", "test"]
    assert git(repo, "show", f"{report['branch']}:new.py") == "x = 1\ny = [1, 2]\n"
    assert "+x = 1" in report["diff"]
    assert state(repo) == before


def test_a_person_reads_the_stage_and_the_files(repo: Path, tmp_path: Path) -> None:
    done = mtor(repo, "run", spec(tmp_path / "s.md", UGLY, format=[SPACES], test=["true"]))
    assert "format commands: new.py" in done.out
    assert "✓ format sed -i" in done.out
    check = mtor(repo, "check", spec(tmp_path / "c.md", UGLY, format=[SPACES], test=["true"]))
    assert "  format sed -i" in check.out


def test_the_settings_file_gives_the_default_and_an_empty_list_takes_it_away(repo: Path, tmp_path: Path) -> None:
    put(repo, {".github/mtor.yml": f"format: |\n  {SPACES}\ntest: 'true'\n"})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "settings")
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", UGLY)).report
    assert (_stages(report), report["formatted"]) == (["format", "test"], ["new.py"])
    report = mtor(repo, "run", "--json", spec(tmp_path / "n.md", UGLY, format=[])).report
    assert (_stages(report), report["formatted"]) == (["test"], [])


def test_every_other_tracked_change_is_restored_and_listed(repo: Path, tmp_path: Path) -> None:
    hostile = "echo y >> lib.py; rm sub/deep.txt; ln -sf /etc/passwd old.txt"
    path = spec(
        tmp_path / "s.md", EDIT, UGLY, format=[hostile, SPACES], test=["grep 'x = 1$' lib.py", "cat sub/deep.txt"]
    )
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"]) == ("clean", ["new.py"])
    assert report["dirtied"] == ["lib.py", "old.txt", "sub/deep.txt"]
    assert git(repo, "diff", "--name-only", "main", report["branch"]).split() == ["a.py", "new.py"]


def test_what_the_setup_changes_is_not_formatted(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", UGLY, setup=["echo z=3 >> new.py"], format=["true"], test=["! grep z new.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", [], ["new.py"])


@pytest.mark.parametrize(
    "command",
    [
        "rm new.py",
        "ln -sf lib.py new.py",
        "rm new.py && mkdir new.py && touch new.py/x",
        "chmod +x new.py",
        "rm new.py; mkfifo new.py",
        "truncate -s 20G new.py",
        "git add -A && git -c user.name=x -c user.email=x@x commit -qm mine && rm new.py",
    ],
)
def test_a_file_that_is_no_longer_a_plain_file_of_its_mode_is_as_the_spec_has_it(
    repo: Path, tmp_path: Path, command: str
) -> None:
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", UGLY, format=[command], test=["true"])).report
    assert (report["outcome"], report["formatted"]) == ("clean", [])
    assert "new.py" in report["dirtied"]
    assert git(repo, "show", f"{report['branch']}:new.py") == "x=1\ny = [1,2]\n"
    assert git(repo, "ls-tree", report["branch"], "new.py").startswith("100644 blob")


def test_a_folder_that_became_a_link_is_as_the_spec_has_it(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/n.py").write_text("evil\n")
    new = UGLY.replace("new.py", "pkg/n.py")
    command = f"rm -r pkg; ln -s {tmp_path}/elsewhere pkg"
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", new, format=[command], test=["true"])).report
    assert (report["outcome"], report["formatted"]) == ("clean", []), report["reason"]
    assert git(repo, "show", f"{report['branch']}:pkg/n.py") == "x=1\ny = [1,2]\n"
    assert (tmp_path / "elsewhere/n.py").read_text() == "evil\n"


def test_more_text_than_a_spec_may_have_is_not_kept(repo: Path, tmp_path: Path) -> None:
    command = "head -c 11000000 /dev/zero | tr '\\0' ' ' >> new.py"
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", UGLY, format=[command], test=["true"])).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", [], ["new.py"])


def test_the_text_is_kept_without_a_mode_that_came_with_it(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", UGLY, format=[f"{SPACES}; chmod +x new.py"], test=["test ! -x new.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", ["new.py"], ["new.py"])


def test_a_deleted_file_stays_deleted(repo: Path, tmp_path: Path) -> None:
    path = spec(tmp_path / "s.md", EDIT, delete=["old.txt"], format=["echo back > old.txt"], test=["test ! -e old.txt"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", [], ["old.txt"])


def test_a_failing_format_command_ends_the_run_before_any_test_and_keeps_nothing(repo: Path, tmp_path: Path) -> None:
    path = spec(
        tmp_path / "s.md", UGLY, format=[SPACES, "echo cannot; exit 3", "touch ran"], test=["true"], implementer=["x/y"]
    )
    done = mtor(repo, "run", "--json", path)
    report = done.report
    assert (done.code, report["outcome"], _stages(report)) == (1, "failing", ["format", "format"])
    assert "`echo cannot; exit 3` failed: exit code 3" in report["reason"]
    assert "`format`" in report["next_step"]
    assert (report["formatted"], report["dirtied"], report["usage"]["requests"]) == ([], ["new.py"], 0)
    assert git(repo, "show", f"{report['branch']}:new.py") == "x=1\ny = [1,2]\n"


def test_a_test_keeps_only_what_leaves_its_program_as_it_is(repo: Path, tmp_path: Path) -> None:
    path = spec(
        tmp_path / "s.md", TEST_FILE, format=["sed -i 's/assert  1/assert 1/' tests/test_new.py"], test=["true"]
    )
    report = mtor(repo, "run", "--json", path).report
    assert (report["formatted"], report["dirtied"]) == (["tests/test_new.py"], [])
    path = spec(
        tmp_path / "h.md", TEST_FILE, format=["sed -i 's/assert  1/assert True/' tests/test_new.py"], test=["true"]
    )
    report = mtor(repo, "run", "--json", path).report
    assert (report["formatted"], report["dirtied"]) == ([], ["tests/test_new.py"])


def test_line_endings_of_attributes_are_not_what_a_formatter_changed(repo: Path, tmp_path: Path) -> None:
    put(repo, {".gitattributes": "*.py eol=crlf\n"})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "attributes")
    path = spec(tmp_path / "s.md", UGLY, format=[SPACES], test=[r"grep -P 'x = 1\r' new.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"]) == ("clean", ["new.py"])
    assert git(repo, "show", f"{report['branch']}:new.py") == "x = 1\ny = [1, 2]\n"
    path = spec(tmp_path / "lf.md", UGLY, format=[r"sed -i 's/\r//' new.py"], test=[r"grep -P '\r' new.py"])
    report = mtor(repo, "run", "--json", path).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", [], ["new.py"])


def test_a_text_that_is_not_in_the_encoding_of_its_attributes_is_not_kept(repo: Path, tmp_path: Path) -> None:
    put(repo, {".gitattributes": "n.txt text working-tree-encoding=UTF-16\n"})
    git(repo, "add", ".gitattributes")
    git(repo, "commit", "-q", "-m", "attributes")
    new = "```text create=n.txt\none  \n```\n"
    report = mtor(
        repo, "run", "--json", spec(tmp_path / "s.md", new, format=["printf x > n.txt"], test=["true"])
    ).report
    assert (report["outcome"], report["formatted"], report["dirtied"]) == ("clean", [], ["n.txt"]), report["reason"]
    to_utf_16 = "printf 'one\\n' | iconv -t UTF-16 > n.txt"
    report = mtor(repo, "run", "--json", spec(tmp_path / "u.md", new, format=[to_utf_16], test=["true"])).report
    assert (report["formatted"], git(repo, "show", f"{report['branch']}:n.txt")) == (["n.txt"], "one\n")


def test_the_same_spec_again_is_the_same_branch_and_empty_once_a_written_file_is_there(
    repo: Path, tmp_path: Path
) -> None:
    path = spec(tmp_path / "s.md", UGLY.replace("create=", "write="), format=[SPACES], test=["touch ../tested"])
    first = mtor(repo, "run", "--json", path).report
    again = mtor(repo, "run", "--json", path).report
    assert (again["branch"], again["head"]) == (first["branch"], first["head"])
    git(repo, "merge", "-q", "--ff-only", first["branch"])
    (tmp_path / "tested").unlink()
    done = mtor(repo, "run", "--json", path)
    assert (done.code, done.report["outcome"], done.report["head"]) == (0, "empty", "")
    assert not (tmp_path / "tested").exists()
    assert branches(repo) == [first["branch"]]


def test_without_the_setting_nothing_is_formatted(repo: Path, tmp_path: Path) -> None:
    report = mtor(repo, "run", "--json", spec(tmp_path / "s.md", UGLY, test=[SPACES])).report
    assert (report["formatted"], report["dirtied"]) == ([], ["new.py"])
