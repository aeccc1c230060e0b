"""What people wait for in a terminal, each beside a floor: processor time in alternating pairs, medians, ratios.

    python benchmarks/zero_token_run.py [--rounds N]

`mtor --help` and `mtor check` are compared with starting Python alone, `mtor run` with a shell script that writes the
same files, runs the same test and commits. All run as whole processes, the git processes that they start included, in
fresh clones of one repository. Processor time hardly depends on what else the machine does; the last column is the
ratio of the seconds on the clock. A second table shows that parsing is linear in the text.
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
from multiprocessing import Process
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

MTOR = str(Path(sys.executable).with_name("mtor"))
PYTHON_ALONE = [sys.executable, "-c", ""]
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@localhost",
       "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@localhost"}  # fmt: skip
# Without what a developer's shell says of Python: users have the compiled modules on disk.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | GIT


class Cost(NamedTuple):
    """One process with all that it started: processor seconds, seconds on the clock, peak resident bytes."""

    processor: float
    clock: float
    peak: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        for case, number, size in ((small, 13, 33_000), (large, 1_000, 10_000_000)):
            # In a process of its own: Linux counts the memory of whoever starts a process as the process's own peak.
            writer = Process(target=write_case, args=(case, number, size))
            writer.start()
            writer.join()
        spec = str(small / "spec.md")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {rounds} rounds")
        print(f"{'':<32}{'floor':>9}{'mtor':>9}{'ratio':>7}{'wanted':>8}{'peak':>8}{'clock':>8}")
        compare("mtor --help", small, PYTHON_ALONE, [MTOR, "--help"], rounds, wanted=4)
        compare("mtor check, 13 files, 33 KB", small, PYTHON_ALONE, [MTOR, "check", spec], rounds, wanted=10)
        compare_run("mtor run, 13 files, 33 KB", small, rounds, wanted=4)
        compare_run("mtor run, 1,000 files, 10 MB", large, max(3, rounds // 3), wanted=1.5)
    print()
    print(f"{'parse alone':<28}{'spec':>9}{'seconds':>9}{'MB/s':>10}")
    for size in (1_250_000, 2_500_000, 5_000_000, 10_000_000):
        parse(size)


def files_of(number: int, size: int) -> dict[str, str]:
    """`number` files of `size` bytes together, made of lines as code has them."""
    line = "value_{0:05d} = compute(previous, {0:d})  # a line of code, as many others\n"
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


def write_case(work: Path, number: int, size: int) -> None:
    """Write spec.md and script.sh, which do the same with so many files of `size` bytes together."""
    files = files_of(number, size)
    work.mkdir()
    (work / "spec.md").write_bytes(spec_of(files))
    (work / "script.sh").write_text(script_of(files))


def compare_run(name: str, work: Path, rounds: int, *, wanted: float) -> None:
    script, run = ["sh", str(work / "script.sh")], [MTOR, "run", "--quiet", str(work / "spec.md")]
    compare(name, work, script, run, rounds, wanted=wanted)


def compare(name: str, work: Path, floor: Sequence[str], ours: Sequence[str], rounds: int, *, wanted: float) -> None:
    """Run both in turns, each in a fresh repository, and print the medians. The first round only warms the caches."""
    both = (floor, ours)
    pairs = [[cost(command, fresh_repository(work / "repository")) for command in both] for _ in range(rounds + 1)]
    floors, others = zip(*pairs[1:], strict=True)
    least, most = (statistics.median(each.processor for each in costs) for costs in (floors, others))
    clock = statistics.median(each.clock for each in others) / statistics.median(each.clock for each in floors)
    peak = max(each.peak for each in others)
    print(
        f"{name:<32}{least * 1000:>6.0f} ms{most * 1000:>6.0f} ms{most / least:>7.1f}{wanted:>8}"
        f"{peak / 1e6:>5.0f} MB{clock:>8.1f}",
        flush=True,
    )


def fresh_repository(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for arguments in (("init", "-q", "-b", "main"), ("commit", "-q", "--allow-empty", "-m", "start")):
        subprocess.run(["git", *arguments], cwd=path, env=ENVIRONMENT, check=True)
    return path


def cost(command: Sequence[str], cwd: Path) -> Cost:
    """Return what the process cost until it ended with 0."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss * 1024)


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
