"""The folder that code of the repository may have written into, read by name, bounded, through no link."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.errors import MtorError
from mtor_action.github.texts.pins import Pin
from mtor_action.handover.handover import Handover
from mtor_action.handover.reading import read_handover
from mtor_action.handover.writing import write_handover
from mtor_action.report.report import Outcome, Report
from mtor_action.tree.changes import FileState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = "a" * 40
SHA = "b" * 64


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def written(folder: Path, **handover: Any) -> Path:
    data = {
        "schema": 1,
        "job": "j-1",
        "issue": 12,
        "base": BASE,
        "pins": [{"kind": "issue", "id": 12, "sha256": SHA}],
        "implementer": [],
        **handover,
    }
    (folder / "handover.json").write_text(json.dumps(data))
    (folder / "report.json").write_text(json.dumps({"schema": 1, "job": "j-1", "outcome": "clean"}))
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(MtorError) as caught:
        read_handover(folder)
    assert caught.value.hint
    return caught.value.message


def test_files_come_back_byte_for_byte_and_null_is_a_deletion(tmp_path: Path) -> None:
    content = bytes(range(256))
    files = [
        {"path": "a b/ä.bin", "mode": "100755", "content": encoded(content)},
        {"path": "gone", "mode": None, "content": None},
    ]
    found = read_handover(written(tmp_path, implementer=files))

    assert found.handover.implementer == (("a b/ä.bin", FileState(content, "100755")), ("gone", None))
    assert found.handover[:3] == ("j-1", 12, BASE)
    assert found.handover.pins[0].sha256 == SHA
    assert found.report.outcome == "clean"


def test_what_the_work_job_writes_is_read_back(tmp_path: Path) -> None:
    files = (("a.py", FileState(b"\0\xff", "100755")), ("gone", None))
    handed = Handover("", 12, "", (Pin("issue", 12, SHA), Pin("comment", 7, SHA)), files)
    write_handover(None, Report("run-1", Outcome.STALLED, reason="\ud800"), handed, tmp_path / "out", lambda _: None)

    found = read_handover(tmp_path / "out")

    assert found.handover == handed
    assert (found.report.outcome, found.report.reason) == (Outcome.STALLED, "\ud800")


def test_other_files_are_not_looked_at(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "changes.patch").symlink_to("/dev/zero")
    (tmp_path / "report.html").mkdir()

    assert read_handover(tmp_path).handover.issue == 12


@pytest.mark.parametrize("name", ["report.json", "handover.json"])
@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda path: path.unlink(), "the work job handed over no "),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "cannot be read: Too many levels"),
        (lambda path: (path.unlink(), subprocess.run(["mkfifo", path], check=True)), "not a regular file"),
        (lambda path: (path.unlink(), path.mkdir()), "not a regular file|cannot be read: Is a directory"),
        (lambda path: os.truncate(path, 1 << 30), "has more than"),
        (lambda path: path.write_bytes(b"[" * 200_000), "nested too deeply"),
        (lambda path: path.write_bytes(b"\xff{}"), "is not valid JSON: 'utf-8' codec"),
        (lambda path: path.write_text("[]"), "is not a JSON object"),
        (lambda path: path.write_text('{"schema": 1, "schema": 1}'), "a key appears twice"),
        (lambda path: path.write_text('{"schema": ' + "9" * 5_000 + "}"), "is not valid JSON: Exceeds the limit"),
        (lambda path: path.write_text('{"schema": 2}'), "schema"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_name(
    tmp_path: Path, name: str, plant: Callable[[Path], object], said: str
) -> None:
    written(tmp_path)
    plant(tmp_path / name)

    message = refused(tmp_path)

    assert any(words in message for words in said.split("|")), message
    assert name in message or said == "schema"


FILE = {"path": "a", "mode": "100644", "content": ""}


@pytest.mark.parametrize(
    ("handover", "said"),
    [
        ({"base": "main"}, 'base is "main", expected a commit id'),
        ({"base": None}, "base is null, expected a string"),
        ({"base": BASE + "\n"}, "expected a commit id"),
        ({"issue": "12"}, 'issue is "12", expected a number'),
        ({"issue": True}, "issue is true"),
        ({"issue": -1}, "issue is -1"),
        ({"job": 7}, "job is 7"),
        ({"pins": [{"kind": "issue"}]}, "pins: "),
        ({"pins": None}, "pins: "),
        ({"implementer": {}}, "implementer is {}, expected a list"),
        ({"implementer": [FILE, FILE]}, 'the path "a" appears twice'),
        ({"implementer": [FILE] * 1_001}, "1,001 files, expected at most 1,000"),
        ({"implementer": ["a"]}, "expected an object"),
        ({"implementer": [{**FILE, "path": ""}]}, "0 characters"),
        ({"implementer": [{**FILE, "path": "a" * 4_001}]}, "4,001 characters"),
        ({"implementer": [{**FILE, "mode": "120000"}]}, 'is "120000", expected 100644 or 100755'),
        ({"implementer": [{**FILE, "mode": "160000"}]}, "expected 100644 or 100755"),
        ({"implementer": [{**FILE, "mode": 100644}]}, "mode is 100644, expected a string"),
        ({"implementer": [{**FILE, "content": "%"}]}, "is not valid base64"),
        ({"implementer": [{"path": "a", "mode": "100644"}]}, "content is null"),
    ],
)
def test_a_field_of_another_form_is_refused_and_said(tmp_path: Path, handover: dict[str, Any], said: str) -> None:
    assert said in refused(written(tmp_path, **handover))
