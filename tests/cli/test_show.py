"""`mtor show FILE [SYMBOL]`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from command_line import mtor, put

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "import os\n\n\n# glued\ndef f():\n    return 1\n\n\nclass A:\n    def m(self): ...\n    def m(self, x): ...\n"


def test_the_list_has_lines_hashes_kinds_and_the_form_that_names_each(repo: Path) -> None:
    put(repo, {"lib.py": SOURCE})
    ended = mtor(repo, "show", "lib.py")
    assert (ended.code, ended.err) == (0, "")
    rows = [line.split() for line in ended.out.splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("4-6", "function", "f"),
        ("9-11", "class", "A"),
        ("10-10", "function", "A.m#1"),
        ("11-11", "function", "A.m#2"),
    ]
    assert all(len(row[1]) == 12 for row in rows)


def test_a_symbol_is_printed_with_its_hash(repo: Path) -> None:
    put(repo, {"lib.py": SOURCE})
    digest = mtor(repo, "show", "lib.py").out.split()[1]
    ended = mtor(repo, "show", "lib.py", "f")
    assert ended.code == 0
    assert ended.out == f"lib.py:4-6 function f was={digest}\n# glued\ndef f():\n    return 1\n"


def test_the_hash_is_the_same_for_other_line_endings_and_another_for_another_byte(repo: Path) -> None:
    digests = []
    for text in (SOURCE, SOURCE.replace("\n", "\r\n"), SOURCE.replace("return 1", "return  1")):
        (repo / "lib.py").write_bytes(text.encode())
        digests.append(mtor(repo, "show", "lib.py", "f", "--json").report["was"])
    assert digests[0] == digests[1] != digests[2]


def test_json_has_the_same(repo: Path) -> None:
    put(repo, {"lib.py": SOURCE})
    listed = mtor(repo, "show", "lib.py", "--json").report
    assert (listed["path"], listed["language"]) == ("lib.py", "python")
    one = mtor(repo, "show", "lib.py", "A.m#2", "--sig", "(self, x)", "--json").report
    assert one == {**listed["definitions"][3], "path": "lib.py", "text": "    def m(self, x): ...\n"}
    assert json.dumps(one).isascii()


def test_a_symbol_that_does_not_name_one_definition_is_refused(repo: Path) -> None:
    put(repo, {"lib.py": SOURCE})
    twin = mtor(repo, "show", "lib.py", "A.m")
    assert (twin.code, twin.out) == (2, "")
    assert "[symbol-ambiguous]" in twin.err
    assert 'A.m#2 sig="(self, x)"' in twin.err


def test_headings_and_keys_are_listed_and_printed(repo: Path) -> None:
    put(repo, {"a.md": "# A\n\n## Use\n\nText.\n", "b.yml": "jobs:\n  test: 1\n", "c.json": '{"a": 1 /* */}\n'})
    listed = mtor(repo, "show", "a.md")
    assert [line.split()[:1] + line.split(maxsplit=2)[2:] for line in listed.out.splitlines()] == [
        ["1-5", "heading    # A"],
        ["3-5", "heading    ## Use"],
    ]
    one = mtor(repo, "show", "a.md", "## Use")
    assert one.out == f"a.md:3-5 heading ## Use was={listed.out.split()[6]}\n## Use\n\nText.\n"
    report = mtor(repo, "show", "b.yml", "--json").report
    assert (report["language"], [row["symbol"] for row in report["definitions"]]) == ("yaml", ["jobs", "jobs.test"])
    assert mtor(repo, "show", "b.yml", "jobs.test").out.splitlines()[1:] == ["  test: 1"]
    missing = mtor(repo, "show", "b.yml", "jobs.tst")
    assert (missing.code, missing.out) == (2, "")
    assert "did you mean in=jobs.test?" in missing.err
    assert "found a comment, which JSON does not have" in mtor(repo, "show", "c.json").err


def test_what_is_not_a_source_file_is_refused(repo: Path) -> None:
    put(repo, {"a.xyz": "x", "b.py": "\0"})
    assert mtor(repo, "show", "missing.py").code == 64
    assert mtor(repo, "show", "b.py").code == 64
    unknown = mtor(repo, "show", "a.xyz")
    assert unknown.code == 3
    assert "expected one of python, javascript" in unknown.err
