"""Failures in the output of a test run: ids, counts and a text that two runs of the same failure share.

| module | what it has |
| --- | --- |
| `runners.py` | the table of readers, and which one reads an output |
| `failure.py` | what each returns |
| `failure_errors.py` | the error of each failing test |
| `contradictions.py` | what a log says against exit code 0 |
| `masking.py` | what differs between two runs of the same failure |
| `pruning.py` | a log without the base's failures |
| `pytest.py` | reads pytest |
| `pytest_places.py` | the lines of one failure of pytest |
| `unittest.py` | reads unittest |
| `cargo.py` | reads cargo test |
| `go.py` | reads go test |
| `jest.py` | reads jest |
| `vitest.py` | reads vitest |
| `mocha.py` | reads mocha |
| `tap.py` | reads TAP and node |
"""
