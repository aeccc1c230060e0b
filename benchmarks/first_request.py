"""From a red verdict to the first request to the model: what the import of litellm leaves to wait for.

    python benchmarks/first_request.py [--rounds N]

The test writes down when it ends, the stand-in for the model when it is asked. The test lasts no time at all, or some
seconds: the import begins with the first red command and goes on while the command runs on the base, then again.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

from zero_token_run import ENVIRONMENT, MTOR, fresh_repository

from standins.model import ModelServer, call

SPEC = """```text create=note.txt
hello
```

```yaml mtor
test: ["sh {test}"]
budget: {{turns: 1}}
```
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'the test lasts':<18}{'from its last end to the first request':>40}{'processor time of all':>24}")
    for seconds in (0.0, 6.0, 15.0):
        measured = [wait(seconds) for _ in range(rounds)]
        between, processor = (statistics.median(values) for values in zip(*measured, strict=True))
        print(f"{seconds:>13.1f} s   {between:>38.1f} s{processor:>22.1f} s", flush=True)


def wait(seconds: float) -> tuple[float, float]:
    """Return the seconds from the last end of the red test to the first request, and mtor's processor seconds."""
    with tempfile.TemporaryDirectory() as folder, ModelServer([call("give_up", reason="a measurement")] * 4) as server:
        repository = fresh_repository(Path(folder, "repository"))
        test, ends, spec = Path(folder, "test.sh"), Path(folder, "ends"), Path(folder, "spec.md")
        test.write_text(f"sleep {seconds}\ndate +%s.%N >> {ends}\ntest ! -e note.txt\n")
        spec.write_text(SPEC.format(test=test))
        asked: list[tuple[float, float]] = []

        def watch() -> None:
            while process.poll() is None and not server.requests:
                time.sleep(0.01)
            asked.append((time.time(), float(ends.read_text().split()[-1])))

        command = [MTOR, "run", "--quiet", str(spec), "--model", "openai/scripted", "--api-base", server.api_base]
        before = processor_of_children()
        with subprocess.Popen(command, cwd=repository, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
            watcher = Thread(target=watch)
            watcher.start()
            process.wait()
            watcher.join()
        if not server.requests:
            sys.exit("the model was not asked")
        return asked[0][0] - asked[0][1], processor_of_children() - before


def processor_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
