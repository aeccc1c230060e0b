"""What a tag makes: notes from the changelog, and the same files from the same commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTES = ".ci/release_notes.py"
HEADING = "# Changelog\n\n"
RELEASE = f"ada/mtor@{'1' * 40} # v1.2.3"
SECTIONS = """\
## [Unreleased]

### Added

- Later.

## [0.1.0] - 2026-12-01

### Added

- A first thing,
  over two lines.

### Fixed

- `## [0.0.9]` in a sentence is no heading.

## [0.0.9] - 2026-11-01

- Old.
"""


def project(folder: Path, changelog: str, version: str = "0.1.0") -> Path:
    """As much of this repository as the notes are made from."""
    for name, text in {
        "CHANGELOG.md": changelog,
        "action/mtor_action/__init__.py": f'"""Doc."""\n\n__version__ = "{version}"\n',
        NOTES: (ROOT / NOTES).read_text(encoding="utf-8"),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def notes(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-P", str(folder / NOTES), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd="/", encoding="utf-8")


def test_the_notes_are_the_section_of_the_version_and_nothing_else(tmp_path: Path) -> None:
    done = notes(project(tmp_path, HEADING + SECTIONS), "v0.1.0")
    expected = SECTIONS.split("## [0.1.0] - 2026-12-01\n\n")[1].partition("\n## [0.0.9] - ")[0]
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_the_notes_end_with_the_address_that_init_writes(tmp_path: Path) -> None:
    done = notes(project(tmp_path, HEADING + SECTIONS), "v0.1.0", "acme/mtor", "a" * 40)
    assert f"mtor init --action acme/mtor@{'a' * 40}\n" in done.stdout


@pytest.mark.parametrize(
    ("changelog", "tag", "words"),
    [
        (SECTIONS, "v0.2.0", "the tag is 'v0.2.0', expected 'v0.1.0'"),
        (SECTIONS, "0.1.0", "the tag is '0.1.0', expected 'v0.1.0'"),
        (SECTIONS.replace("[0.1.0]", "[0.1.1]"), "v0.1.0", "has no section [0.1.0], only: Unreleased, 0.1.1, 0.0.9"),
        (SECTIONS.replace(" - 2026-12-01", ""), "v0.1.0", "has no date beside [0.1.0]"),
        ("## [0.1.0] - 2026-12-01\n\n## [0.0.9] - 2026-11-01\n\n- Old.\n", "v0.1.0", "says nothing below [0.1.0]"),
        ("", "v0.1.0", "only: none"),
    ],
)
def test_what_does_not_agree_stops_the_release(tmp_path: Path, changelog: str, tag: str, words: str) -> None:
    done = notes(project(tmp_path, HEADING + changelog), tag)
    assert (done.returncode, done.stdout) == (1, "")
    assert (words in done.stderr, len(done.stderr.splitlines())) == (True, 1), done.stderr


def test_this_repositorys_changelog_becomes_notes_once_its_version_has_a_date(tmp_path: Path) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (version,) = re.findall(
        r'^__version__ = "(.*)"$', (ROOT / "action/mtor_action/__init__.py").read_text(), re.MULTILINE
    )
    if f"## [{version}]" not in changelog:
        changelog = changelog.replace("## [Unreleased]\n", f"## [{version}] - 2026-12-01\n")
    done = notes(project(tmp_path, changelog, version), f"v{version}")
    assert (done.returncode, done.stderr) == (0, "")
    assert changelog.count("\n- ") >= done.stdout.count("\n- ") > 0
    assert "## [" not in done.stdout


def address_in(folder: Path) -> str:
    """Return the line that the wheel's `mtor init` reads."""
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        return file.read("mtor_action/setup/release.txt").decode().strip()


@pytest.mark.install
@pytest.mark.timeout(300)
def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name, mask in (("one", "022"), ("another-folder", "077")):
        clone = tmp_path / name
        # Other paths, times and rights of files; the same commit.
        command = 'umask "$1" && git clone --quiet "$2" "$3" && "$3/.ci/build" "$3-dist"'
        line = ["bash", "-ec", command, "-", mask, str(ROOT), str(clone)]
        environment = {**os.environ, "PYTHON": sys.executable, "MTOR_RELEASE": RELEASE}
        subprocess.run(line, check=True, capture_output=True, env=environment)
        assert address_in(tmp_path / f"{name}-dist") == RELEASE
        sums.append((tmp_path / f"{name}-dist" / "SHA256SUMS").read_text())
    assert sums[0] == sums[1]
    assert [line.split()[1].partition("-")[0] for line in sums[0].splitlines()] == ["mtor_bot", "mtor_bot"]


def release() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    return content


def test_nothing_is_published_that_was_not_tested_and_only_the_last_jobs_may_write() -> None:
    jobs = release()["jobs"]
    assert (jobs["build"]["needs"], jobs["image"]["needs"], jobs["publish"]["needs"]) == (
        "test",
        "test",
        ["build", "image"],
    )
    writes = {
        name: {permission for permission, level in job["permissions"].items() if level == "write"}
        for name, job in jobs.items()
    }
    attest = {"id-token", "attestations"}
    assert writes == {"test": set(), "build": set(), "image": {*attest, "packages"}, "publish": {*attest, "contents"}}
    # A repository can ask for a person's consent there.
    assert {name for name, job in jobs.items() if job.get("environment") == "release"} == {"image", "publish"}


def test_what_is_run_is_in_the_repository() -> None:
    lines = "\n".join(step.get("run", "") for job in release()["jobs"].values() for step in job["steps"])
    scripts = set(re.findall(r"(?:^|\s)(\.ci/[\w.-]+)", lines))
    assert scripts == {".ci/release_notes.py", ".ci/build", ".ci/run"}
    assert all((ROOT / name).is_file() for name in scripts)
    assert "${{" not in lines
