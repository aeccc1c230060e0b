from __future__ import annotations

import report_samples
from mtor_action.report.readable_diff import split_diff


def test_files_are_counted_one_by_one() -> None:
    found = [(file.path, file.added, file.removed) for file in split_diff(report_samples.DIFF)]
    assert found == [("src/http/client.py", 5, 2), ("src/http/retry.py", 11, 0)]


def test_lines_that_look_like_headers_are_content_inside_a_hunk() -> None:
    diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/other\n+++ b/other\n \x0cdiff --git\n"
    (file,) = split_diff(diff)
    assert (file.path, file.added, file.removed) == ("x", 1, 1)


def test_renames_deletions_modes_and_binaries_have_a_name() -> None:
    diff = (
        "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n"
        "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
        "diff --git a/p q.png b/p q.png\nBinary files differ\n"
    )
    assert [file.path for file in split_diff(diff)] == ["new", "gone", "run.sh", "p q.png"]


def test_empty_text_is_not_a_file_and_anything_else_is_one() -> None:
    assert split_diff("") == split_diff("\n\n") == []
    assert [file.path for file in split_diff("not a diff")] == ["(diff)"]
