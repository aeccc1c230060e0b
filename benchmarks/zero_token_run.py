"""The zero-token path against a floor: `mtor run` beside a shell script that writes the same files and commits.

    python benchmarks/zero_token_run.py [--rounds N]

Both run as whole processes, alternating, in fresh clones of one repository; the median of each and their ratio are
printed. A second table shows that parsing is linear in the text, and the peak memory of a large spec.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part

MTOR = [sys.executable, "-m", "mtor_action"]
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@localhost",
       "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@localhost"}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        print(f"{'case':<28}{'spec':>9}{'script':>9}{'mtor run':>10}{'ratio':>7}{'limit':>7}{'peak':>9}{'limit':>9}")
        compare(work / "small", files_of(13, 33_000), rounds, limit=4)
        compare(work / "large", files_of(1_000, 10_000_000), max(3, rounds // 3), limit=3)
    print()
    print(f"{'parse alone':<28}{'spec':>9}{'seconds':>9}{'MB/s':>10}")
    for size in (1_250_000, 2_500_000, 5_000_000, 10_000_000):
        parse(size)


def files_of(number: int, size: int) -> dict[str, str]:
    """`number` files of `size` bytes together, made of lines as code has them."""
    line = "    value_{0:05d} = compute(previous, {0:05d})  # a line of code\n"
    count = size // number // len(line.format(0))
    return {f"src/pkg{n // 50}/m{n:04d}.py": "".join(line.format(i) for i in range(count)) for n in range(number)}


def spec_of(files: dict[str, str]) -> bytes:
    """A spec that creates the files and tests nothing but `true`."""
    blocks = [f"## {path}\n\n```python create={path}\n{content}```\n" for path, content in files.items()]
    return ("# Benchmark\n\n```yaml mtor\ntest:\n  - 'true'\n```\n\n" + "\n".join(blocks)).encode()


def script_of(files: dict[str, str]) -> str:
    """A shell script that writes the same files by here-documents and commits them on a branch."""
    lines = ["set -e", "git checkout -q -b work"]
    lines += [f"mkdir -p {shlex.quote(folder)}" for folder in sorted({str(Path(path).parent) for path in files})]
    lines += [f"cat > {shlex.quote(path)} <<'END_OF_FILE'\n{content}END_OF_FILE" for path, content in files.items()]
    return "\n".join([*lines, "true", "git add -A", "git commit -q -m work", "git checkout -q main"]) + "\n"


def compare(work: Path, files: dict[str, str], rounds: int, *, limit: int) -> None:
    work.mkdir()
    spec, script = spec_of(files), script_of(files)
    (work / "spec.md").write_bytes(spec)
    (work / "script.sh").write_text(script)
    seconds: dict[str, list[float]] = {"script": [], "mtor": []}
    peak = 0
    for _ in range(rounds):
        for name, command in (
            ("script", ["sh", str(work / "script.sh")]),
            ("mtor", [*MTOR, "run", "--quiet", str(work / "spec.md")]),
        ):
            repository = fresh_repository(work / "repository")
            taken, memory = timed(command, repository)
            seconds[name].append(taken)
            peak = max(peak, memory) if name == "mtor" else peak
    floor, ours = statistics.median(seconds["script"]), statistics.median(seconds["mtor"])
    allowed = 6 * len(spec) / 1e6 + 80
    print(
        f"{len(files):>5} files, whole process  {len(spec) / 1e6:>6.2f} MB{floor:>7.3f} s{ours:>8.3f} s"
        f"{ours / floor:>7.1f}"
        f"{limit:>7}{peak / 1e6:>6.0f} MB{allowed:>6.0f} MB"
    )


def fresh_repository(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for arguments in (("init", "-q", "-b", "main"), ("commit", "-q", "--allow-empty", "-m", "start")):
        subprocess.run(["git", *arguments], cwd=path, env=os.environ | GIT, check=True)
    return path


def timed(command: list[str], cwd: Path) -> tuple[float, int]:
    """Wall seconds of the process and its peak resident bytes."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, env=os.environ | GIT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return taken, usage.ru_maxrss * 1024


def parse(size: int) -> None:
    spec = spec_of(files_of(max(1, size // 10_000), size))
    started = time.process_time()
    found = parse_spec([Part("spec", spec)])
    taken = time.process_time() - started
    if found.diagnostics:
        raise SystemExit(str(found.diagnostics[0]))
    print(f"{'':<28}{len(spec) / 1e6:>6.2f} MB{taken:>7.3f} s{len(spec) / 1e6 / taken:>8.1f}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
