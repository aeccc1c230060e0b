"""Commands run as somebody else get neither the model's key nor git nor us, and the tree comes back."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from command_line import EDIT, branches, environment, git, mtor, put, repository, spec, start, state, stop, wait_until
from scripted_runs import WARM_UP
from standins.model import ModelServer, call, say

if TYPE_CHECKING:
    from collections.abc import Iterator

_IS_ROOT = os.geteuid() == 0
_NOBODY = 65534
_AS_NOBODY = ("--as-user", str(_NOBODY)) if _IS_ROOT else ()
_ISOLATION = "separate-user" if _IS_ROOT else "same-user"
# Root's own programs may be closed to others, and so may its temporary folder.
_PATH = "/usr/local/bin:/usr/bin:/bin"
_HOSTILE = (Path(__file__).parent / "hostile_test.txt").read_text(encoding="utf-8")
_KEY = "zq9-not-of-any-known-shape-4711"
_SHAPES = (
    "sk-" + "ant-api03-" + "A1b2" * 8,
    "ghs_" + "1234567_" + "eyJhbGciOiJSUzI1NiJ9." + "eyJpc3MiOiIxIn0." + "c2ln" * 10,
    "gh" + "p_" + "Z9y8" * 9,
)
_OWNER = 4711


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others may enter."""
    folder = Path(tempfile.mkdtemp(prefix="mtor-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def repo(place: Path) -> Path:
    root = repository(place / "repo")
    put(root, {"untracked": "mine\n", "sub/x.ignored": "mine too\n"})
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o700)
    return root


@pytest.fixture
def loot(place: Path) -> Path:
    """Where commands may put what they find; `victim` is a file that nobody may change."""
    folder = place / "loot"
    folder.mkdir()
    (folder / "victim").write_text("precious\n")
    folder.chmod(0o777)
    return folder


def _owners(root: Path) -> dict[str, tuple[int, int, int]]:
    """Owner, group and mode of everything in the tree, the root included."""
    found = {".": root.lstat()}
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders.remove(".git")
        paths = [Path(folder) / name for name in (*folders, *names)]
        found |= {str(path.relative_to(root)): path.lstat() for path in paths}
    return {name: (each.st_uid, each.st_gid, each.st_mode) for name, each in found.items()}


def _b(body: int) -> str:
    return f"```python create=b.py\ndef g():\n    return {body}\n```\n"


_TO_TWO = call("edit", path="b.py", hunks="<<<<<<< SEARCH\n    return 3\n=======\n    return 2\n>>>>>>> REPLACE")


def _texts_below(folder: Path) -> str:
    # What commands left is moved aside as it is: a file without end among it.
    files = [path for path in folder.rglob("*") if path.is_file() and "saved" not in path.parts]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def test_the_attacks_would_find_a_key_that_is_not_guarded(loot: Path) -> None:
    # Otherwise the next test would prove nothing. A process may read its own children and itself.
    script = loot / "hostile.py"
    script.write_text(_HOSTILE)
    parent = f"import subprocess, sys; sys.exit(subprocess.call(['/usr/bin/python3', {str(script)!r}, {str(loot)!r}]))"
    subprocess.run([sys.executable, "-c", parent], env=environment(OPENAI_API_KEY=_KEY), cwd=loot, check=True)
    assert _KEY in (loot / "read").read_bytes().decode("utf-8", "replace")


def test_hostile_tests_get_neither_the_key_nor_git_nor_us(repo: Path, place: Path, loot: Path) -> None:
    (loot / "key").write_text(f"{_KEY}\n" + "\n".join(_SHAPES))
    # Not by its name: a file that a test command names is protected.
    is_two = "! grep -q 'return 3' [b].py"
    shown = f"cat {loot}/key; {is_two}"
    hostile = f"```python create=hostile.py\n{_HOSTILE}```\n"
    red = f"cp -f hostile.py {loot}/run.py || true; {is_two} || /usr/bin/python3 {loot}/run.py {loot} all"
    path = spec(place / "s.md", hostile, _b(3), test=[shown, red], implementer=["openai/scripted"])
    before, owners = state(repo), _owners(repo)
    reflection = say(json.dumps({"surprised": f"it printed {_SHAPES[1]}", "advice": f"hide {_KEY}"}))
    with ModelServer([_TO_TWO, reflection]) as server:
        env = environment(OPENAI_API_KEY=_KEY, PATH=f"{_PATH}")
        done = mtor(repo, "run", "--json", path, "--api-base", server.api_base, *_AS_NOBODY, env=env, warm_up=WARM_UP)
        asked = json.dumps([request.body for request in server.requests])
        sent = [request.headers["authorization"] for request in server.requests]
    report = done.report
    assert (report["isolation"], (loot / "victim").read_text()) == (_ISOLATION, "precious\n")
    if not _IS_ROOT:
        return  # the same user may read and do all this: the report says so
    assert (done.code, report["outcome"]) == (0, "fixed"), (report["reason"], done.err)
    assert sent == [f"Bearer {_KEY}"] * 2  # it really was there to be found
    for name in ("env", "read", "done", "refused"):
        assert _KEY.encode() not in (loot / name).read_bytes()
    assert set((loot / "id").read_text().splitlines()) == {f"{_NOBODY} {_NOBODY} []"}
    assert set((loot / "fds").read_text().split()) <= {"0", "1", "2", "3"}  # 3 is the folder that is being listed
    succeeded = {line.partition(":")[0] for line in (loot / "done").read_text().splitlines()}
    assert {re.sub(r"\d+", "N", name) for name in succeeded} <= {"environ of N", "cmdline of N", "hard link"}
    assert not (place / "planted").exists()
    assert (state(repo).files.keys() - before.files.keys()) <= {
        "sh-with-rights", "linked", "sub-moved", "sub-moved/deep.txt", "sub-moved/x.ignored",
        "closed", "closed/in", "closed/in/file",
    }  # fmt: skip
    _assert_tree_is_ours(repo, owners)
    written = _texts_below(repo / ".git/mtor") + done.out + done.err + git(repo, "log", "--all", "--format=%B%an%ae")
    for secret in (_KEY, *_SHAPES):
        assert secret not in written
        assert secret not in asked
    assert "[redacted]" in asked
    assert len(branches(repo)) == 1
    assert git(repo, "show", f"{branches(repo)[0]}:b.py") == "def g():\n    return 2\n"


def _assert_tree_is_ours(repo: Path, owners: dict[str, tuple[int, int, int]]) -> None:
    now = _owners(repo)
    assert {name: now.get(name) for name in owners if not name.startswith("sub/")} == {
        name: found for name, found in owners.items() if not name.startswith("sub/")
    }
    assert {uid for uid, _, _ in now.values()} == {uid for uid, _, _ in owners.values()}
    rights = stat.S_ISUID | stat.S_ISGID
    assert not [name for name, (_, _, mode) in now.items() if stat.S_ISREG(mode) and mode & rights]
    assert not (repo / ".git/mtor/lent.json").exists()


def test_as_root_a_key_is_refused_before_anything_runs(repo: Path, place: Path) -> None:
    path = spec(place / "s.md", _b(3), test=[f"touch {place}/ran; false"])
    with ModelServer([]) as server:
        named = ("--model", "openai/scripted", "--api-base", server.api_base)
        done = mtor(repo, "run", "--json", path, *named, env=environment(OPENAI_API_KEY=_KEY), warm_up=WARM_UP)
        requests = list(server.requests)
    assert done.report["isolation"] == "same-user"
    if not _IS_ROOT:
        return
    assert (done.code, done.report["outcome"], requests) == (3, "error", [])
    assert "this runs as root" in done.report["reason"]
    assert "--as-user" in done.report["next_step"]
    assert not (place / "ran").exists()
    assert branches(repo) == []


@pytest.fixture(params=[0, _OWNER], ids=["root's", "somebody's"])
def owned(repo: Path, request: pytest.FixtureRequest) -> Path:
    """The repository, of root or of somebody else; the owner itself for those who are not root."""
    if _IS_ROOT:
        for folder, folders, names in os.walk(repo):
            for name in ("", *folders, *names):
                os.lchown(Path(folder) / name, request.param, request.param)
    return repo


def _env(repo: Path) -> dict[str, str]:
    # What a workflow that runs mtor through sudo has to say.
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": str(repo)}
    return environment(PATH=_PATH, **trusted)


_MESS = (
    "chmod -f 700 made || true; touch new; mkdir -p made/deep; echo x > made/deep/file; echo y >> lib.py; "
    "chmod 000 made; id -u >&2; pwd"
)


@pytest.mark.parametrize("ending", ["true", "false"])
def test_the_tree_is_its_owners_again_after_a_run(owned: Path, place: Path, ending: str) -> None:
    path = spec(place / "s.md", EDIT, _b(2), delete=["old.txt"], test=[f"{_MESS}; {ending}"])
    owners = _owners(owned)
    done = mtor(owned, "run", "--json", path, *_AS_NOBODY, env=_env(owned))
    assert done.code == (0 if ending == "true" else 1), done.err
    assert done.report["isolation"] == _ISOLATION
    _assert_given_back(owned, owners)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_tree_is_its_owners_again_after_a_stop(owned: Path, place: Path, signum: signal.Signals) -> None:
    ready = place / "open" / "ready"
    ready.parent.mkdir()
    ready.parent.chmod(0o777)
    path = spec(place / "s.md", EDIT, _b(2), delete=["old.txt"], test=[f"{_MESS}; touch {ready}; sleep 300"])
    owners, env, home = _owners(owned), _env(owned), place / "none"
    process = start(owned, "run", path, *_AS_NOBODY, env=env)
    wait_until(ready.exists, process)
    if _IS_ROOT:
        assert (owned / "a.py").stat().st_uid == _NOBODY
        assert (owned / ".git").stat().st_uid == owned.stat().st_uid != _NOBODY
        home = Path(json.loads((owned / ".git/mtor/lent.json").read_text())["home"])
        assert home.stat().st_uid == _NOBODY
    died = stop(process, signum)
    if signum == signal.SIGKILL:
        assert mtor(owned, "check", path, env=env).code == 0
    else:
        assert died.code == 130, died.err
    _assert_given_back(owned, owners)
    assert not home.exists()


def _assert_given_back(repo: Path, owners: dict[str, tuple[int, int, int]]) -> None:
    now = _owners(repo)
    assert {name: now.get(name) for name in owners} == owners
    assert {(uid, gid) for uid, gid, _ in now.values()} == {(uid, gid) for uid, gid, _ in owners.values()}


def test_commands_write_where_tests_write_and_use_git(repo: Path, place: Path) -> None:
    everyday = (
        "mkdir -p build .cache sub/made; echo x > build/x; touch sub/made/y top; rm top; echo z > sub/x.ignored; "
        "test -w $HOME -a -w $TMPDIR; mktemp; git status --short; git log -1 --format=%s; "
        "if test -d pkg; then touch pkg/generated; fi"
    )
    block = "```text create=pkg/mod\nx\n```\n"
    # Red first, so that it runs on the base too and once more on files that were written anew.
    flaky = f"{everyday}; test -e build/second || {{ touch build/second; false; }}"
    path = spec(place / "s.md", block, test=[flaky])
    done = mtor(repo, "run", "--json", path, *_AS_NOBODY, env=environment(PATH=_PATH))
    said = [(command["stage"], command["exit_code"], command["output_tail"]) for command in done.report["commands"]]
    assert (done.code, done.report["outcome"]) == (0, "clean"), said


def test_files_that_were_never_lent_stay_ours(repo: Path, place: Path) -> None:
    outside = place / "outside"
    outside.write_text("ours\n")
    os.link(outside, repo / "linked")
    (repo / "rights").write_text("#!/bin/sh\n")
    (repo / "rights").chmod(0o4755)
    mine = "ls -ln linked rights; ! echo x > linked; ! echo x > rights" if _IS_ROOT else "true"
    path = spec(place / "s.md", _b(2), test=[mine])
    done = mtor(repo, "run", "--json", path, *_AS_NOBODY, env=environment(PATH=_PATH))
    assert done.code == 0, done.report["commands"]
    assert outside.read_text() == "ours\n"
    assert (repo / "rights").stat().st_mode & stat.S_ISUID


@pytest.mark.skipif(not _IS_ROOT, reason="only root can become another user")
def test_folders_deeper_than_any_path_and_a_closed_repository_are_no_trouble(repo: Path, place: Path) -> None:
    deep = "import os\nfor n in range(1500): os.mkdir('d' * 20); os.chdir('d' * 20)"
    test = [f'{enter} && /usr/bin/python3 -c "{deep}"' for enter in ("cd $HOME", "mkdir t && cd t")]
    path = spec(place / "s.md", _b(2), test=test)
    done = mtor(repo, "run", "--json", path, *_AS_NOBODY, env=environment(PATH=_PATH))
    assert (done.code, done.report["outcome"]) == (0, "clean"), (done.report["commands"], done.err)
    assert (repo / "t" / ("d" * 20)).stat().st_uid == 0
    place.chmod(0o700)
    shut = mtor(repo, "run", "--json", path, *_AS_NOBODY, env=environment(PATH=_PATH))
    assert (shut.code, shut.report["outcome"]) == (3, "error")
    assert "cannot enter" in shut.report["reason"]


@pytest.mark.skipif(not _IS_ROOT, reason="only root can become another user")
def test_a_tree_of_the_user_who_runs_the_commands_is_refused(repo: Path, place: Path) -> None:
    for folder, folders, names in os.walk(repo):
        for name in ("", *folders, *names):
            os.lchown(Path(folder) / name, _NOBODY, _NOBODY)
    done = mtor(repo, "run", "--json", spec(place / "s.md", _b(2), test=["true"]), *_AS_NOBODY, env=_env(repo))
    assert (done.code, done.report["outcome"]) == (3, "error")
    assert "belongs to the user who is to run the commands" in done.report["reason"]


@pytest.mark.parametrize("name", ["root", "0", "no-such-user-here"])
def test_a_user_that_protects_nothing_is_a_usage_error(repo: Path, place: Path, name: str) -> None:
    done = mtor(repo, "run", spec(place / "s.md", _b(2), test=["true"]), "--as-user", name)
    assert done.code == 64, done.err
