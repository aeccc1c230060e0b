"""Reports of every kind, as `mtor run` could write them, for the tests of what is rendered from them."""

from __future__ import annotations

import json
from dataclasses import replace

from mtor_action.diagnostics import Diagnostic
from mtor_action.report.model_records import (
    CoachingRecord,
    ReportedCall,
    ReportedForms,
    ReportedNote,
    ReportedSignal,
    ReportedTurn,
    StallRecord,
)
from mtor_action.report.report import (
    CommandReport,
    OperationReport,
    OrderRecord,
    Outcome,
    OverlapRecord,
    RedBeforeReport,
    Report,
    ReportedFailure,
    ReportedSetting,
    ReviewLine,
    SpecSummary,
    Usage,
)

DIFF = '''diff --git a/src/http/client.py b/src/http/client.py
index 3f1d0aa..9be0121 100644
--- a/src/http/client.py
+++ b/src/http/client.py
@@ -12,9 +12,15 @@ class Client:
     def get(self, url: str) -> Response:
         request = Request("GET", url, headers=self.headers)
-        return send(request)
+        return retry(send, request)

     def post(self, url: str, body: bytes) -> Response:
         request = Request("POST", url, headers=self.headers, body=body)
-        return send(request)
+        # Only safe with an idempotency key; see docs/retries.md.
+        if "Idempotency-Key" in request.headers:
+            return retry(send, request)
+        return send(request)
diff --git a/src/http/retry.py b/src/http/retry.py
new file mode 100644
index 0000000..c55a0cb
--- /dev/null
+++ b/src/http/retry.py
@@ -0,0 +1,11 @@
+"""Retry what is safe to send twice."""
+
+from __future__ import annotations
+
+
+def retry(send: Send, request: Request, attempts: int = 3) -> Response:
+    for attempt in range(attempts):
+        response = send(request)
+        if response.status < 500:
+            return response
+    return response
'''

OUTPUT = """============================= test session starts ==============================
collected 41 items

tests/test_client.py .................                                   [ 41%]
tests/test_retry.py ....F..................                              [100%]

=================================== FAILURES ===================================
________________________ test_gives_up_after_three_tries ________________________

    def test_gives_up_after_three_tries() -> None:
        send = Failing(times=5)
>       with pytest.raises(GaveUp):
E       Failed: DID NOT RAISE <class 'http.errors.GaveUp'>

tests/test_retry.py:38: Failed
=========================== short test summary info ============================
FAILED tests/test_retry.py::test_gives_up_after_three_tries - Failed: DID NOT...
========================= 1 failed, 40 passed in 1.87s =========================
"""


HOSTILE = {
    "script": "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">",
    "breakout": "]]></style></script></pre></code></details></td>\n\n# Big\n\n</details>\n```\n~~~\n| a | b |\n",
    "github": "@octocat Closes #1, fixes o/r#2\n[skip ci] <!-- mtor:job=1 --> "
    "![x](https://evil.example/p.png) [l](javascript:alert(1))",
    "bidi": "safe\u202e\u2066 txt.exe\u2069 \x1b[2J\x1b]0;title\x07 \x00 \ud800 \u2028 ::add-mask::x\n"
    "::set-output name=a::b\n##[error]no",
    "attribute": "\"' onmouseover=\"document.title='pwned'\" style='x' &quot;&#x22; `` ` ``` \\| | \\",
    "long": "x" * 5_000 + " " + "y" * 1_000,
}


def clean() -> Report:
    """Three operations, three green commands, no model."""
    return Report(
        job="20250114-0312-retry",
        outcome=Outcome.CLEAN,
        spec=_spec(),
        base="8d1e0aa7c4f29c1e0d0f4f6a3b8a4a3c0e9d7b12",
        head="3f2a91c0b7d84e5f8f1a2c3d4e5f60718293a4b5",
        branch="mtor/128-retry-idempotent-requests",
        operations=_operations(),
        commands=[
            CommandReport("setup", 'pip install -e ".[test]"', 0, 6.82, "Successfully installed client-2.4.0\n"),
            CommandReport("test", "ruff check .", 0, 0.09, "All checks passed!\n"),
            CommandReport("test", "pytest -q", 0, 2.31, "41 passed in 1.87s\n"),
        ],
        isolation="separate-user",
        diff=DIFF,
        started="2025-01-14T03:12:09Z",
        seconds=9.6,
    )


def base_red() -> Report:
    """Clean but for what the base fails with too."""
    report = clean()
    name = "tests/test_net.py::test_proxy"
    output = f"FAILED {name} - OSError: [Errno 101] Network is unreachable\n1 failed, 40 passed in 1.87s\n"
    red = CommandReport("test", "pytest -q", 1, 2.31, output, failures=[name], as_on_base=True)
    on_base = CommandReport("base", "pytest -q", 1, 2.2, output, failures=[name])
    report.commands = [*report.commands[:2], red, on_base, on_base]
    report.base_red, report.excused = True, [name]
    failure = ReportedFailure("pytest -q", name, "OSError: [Errno 101] Network is unreachable")
    report.red_before = RedBeforeReport("0f" * 16, "2025-01-14T03:12:20Z", failures=[failure])
    return report


def failing() -> Report:
    """Red, and no implementer to call."""
    report = clean()
    report.outcome = Outcome.FAILING
    report.reason = "pytest fails and the spec names no implementer."
    report.next_step = "Correct src/http/retry.py in the spec, then comment /mtor run."
    red = CommandReport("test", "pytest -q", 1, 2.31, OUTPUT)
    red.failures = ["tests/test_retry.py::test_gives_up_after_three_tries"]
    report.commands = [*report.commands[:2], red, CommandReport("base", "pytest -q", 0, 2.2, "38 passed\n")]
    report.operations[0].placement = "adjusted"
    report.operations[0].note = "the same lines, indented by 4 more spaces"
    report.dirtied = ["uv.lock", "docs/_build/index.html"]
    return report


def rejected() -> Report:
    """Five mistakes, told at once."""
    found = [
        Diagnostic(path="#128", **mistake)  # type: ignore[arg-type]  # one table, mixed types
        for mistake in _MISTAKES
    ]
    return Report(
        job="20250114-0320-retry",
        outcome=Outcome.REJECTED,
        reason="5 problems in the spec.",
        spec=_spec(),
        base="8d1e0aa7c4f29c1e0d0f4f6a3b8a4a3c0e9d7b12",
        diagnostics=found,
        started="2025-01-14T03:20:41Z",
        seconds=0.05,
    )


def stalled() -> Report:
    """Nine turns of a model that repeats itself, with everything a report can hold."""
    report = failing()
    report.outcome = Outcome.STALLED
    report.reason = "The same edit left the same test red four times; the second model did so too."
    report.next_step = "Say in the spec what `retry` does when the last attempt fails, then add the label again."
    report.turns = [_turn(number) for number in range(1, 10)]
    nudge = "You are not getting further. What was seen:\n- no-progress: 4 edit and test cycles"
    report.turns[4] = replace(report.turns[4], said=nudge)
    parts = {"coaching": 900, "rules": 11_700, "output": 14_200, "files": 31_000, "history": 9_400}
    report.usage = Usage(9, 69_300, 3_271, 0.0312, parts=parts)
    report.operations[1].note, report.operations[1].changed_by_model = "then changed by the implementer", True
    mine = OperationReport("edit", "src/http/errors.py", 0, "model", 4, 0, "by the implementer", changed_by_model=True)
    report.operations.append(mine)
    same = "4 edit and test cycles left the same failure: tests/test_retry.py::test_gives_up_after_three_tries"
    returned = "src/http/retry.py returned to the state it had after turn 3"
    report.stall = StallRecord(
        [ReportedSignal("no-progress", 5, same, "nudge"), ReportedSignal("oscillation", 9, returned, "stop")]
    )
    report.reflection = {
        "surprised": "The test expects GaveUp, which the spec never mentions.",
        "spec_left_out": ["Which exception is raised after the last attempt.", "Whether 429 counts as a failure."],
        "environment": "",
        "disputed_tests": [],
        "advice": "Read http/errors.py first; GaveUp is defined there and unused.",
    }
    report.coaching = CoachingRecord(
        injected=[ReportedNote("n-007", "Exceptions live in http/errors.py; never raise bare Exception.")],
        left_out=[ReportedNote("n-012", "Prefer httpx types in signatures.")],
    )
    return report


def fixed() -> Report:
    """Green after two turns."""
    report = stalled()
    report.outcome = Outcome.FIXED
    report.reason = ""
    report.next_step = ""
    report.turns = report.turns[:2]
    report.stall = StallRecord()
    report.usage = Usage(2, 14_210, 803, 0.0061, estimated=True)
    report.commands.append(CommandReport("test", "pytest -q", 0, 2.2, "41 passed\n"))
    report.look_first = [
        ReviewLine("src/http/retry.py", 8, 'if "PYTEST_CURRENT_TEST" in os.environ:', "looks for a test runner"),
        ReviewLine("src/http/errors.py", 3, "return 503", "answers with a value that a test expects"),
    ]
    return report


def empty() -> Report:
    """Applied before."""
    return Report(job="20250114-0400-retry", outcome=Outcome.EMPTY, spec=_spec(), seconds=0.04)


def blocked() -> Report:
    """Not started: the second of a chain whose first is red."""
    report = Report(job="20250114-0405-retry", outcome=Outcome.BLOCKED, spec=_spec(), seconds=0.0)
    report.reason = "retry.md comes after client.md (failing), which did not get green"
    report.next_step = "get client.md green, then run them together again"
    report.order = OrderRecord(["client.md"], ["client.md"], graph="● client.md  failing\n● retry.md  ← this spec")
    return report


def hostile(text: str) -> Report:
    """A report in which every text that others write is `text`."""
    report = stalled()
    report.spec = SpecSummary(title=text, sha256=text, source=text, manifest_blocks=[3], prose_fences=[9])
    report.job = report.reason = report.next_step = report.branch = report.head = report.base = text
    report.isolation = report.started = report.diff = text
    report.operations = [OperationReport(text, text, 1, text, 1, 1, text)]
    report.commands = [CommandReport(text, text, 1, 0.1, text, failures=[text])]
    report.dirtied = report.excused = [text]
    report.red_before = RedBeforeReport(text, text, failures=[ReportedFailure(text, text, text)])
    report.look_first = [ReviewLine(text, 1, text, text)]
    report.diagnostics = [Diagnostic(text, text, 1, 2, text, text, text, 3)]
    call = ReportedCall(text, json.dumps({"text": text}), text)
    report.turns = [ReportedTurn(1, model=text, text=text, calls=[call], input_tokens=5)]
    report.forms = [ReportedForms(text, text, text)]
    report.order = OrderRecord([text], [text], [text], text, [OverlapRecord(text, text, text)])
    report.settings = [ReportedSetting(text, [text], [text], asked=text)]
    report.stall = StallRecord([ReportedSignal(text, 1, text, text)])
    report.reflection = {"surprised": text, "spec_left_out": [text], "advice": {"text": text}}
    report.coaching = CoachingRecord(injected=[ReportedNote(text, text)], left_out=[ReportedNote("", text)])
    return report


BUILDERS = {
    "clean": clean,
    "base_red": base_red,
    "failing": failing,
    "rejected": rejected,
    "stalled": stalled,
    "fixed": fixed,
    "empty": empty,
    "blocked": blocked,
}


def _spec() -> SpecSummary:
    return SpecSummary(
        title="Retry idempotent requests",
        sha256="b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
        source="#128",
        manifest_blocks=[4, 12, 31, 58],
        prose_fences=[80],
    )


def _operations() -> list[OperationReport]:
    return [
        OperationReport("edit", "src/http/client.py", 31, "exact", 6, 2),
        OperationReport("create", "src/http/retry.py", 12, "exact", 11, 0),
        OperationReport("create", "tests/test_retry.py", 58, "exact", 48, 0),
        OperationReport("move", "docs/retries.md", 4, "exact", 0, 0, "from docs/notes/retry.md"),
        OperationReport("delete", "src/http/backoff.py", 4, "exact", 0, 27),
    ]


_MISTAKES: list[dict[str, object]] = [
    {
        "rule": "near-miss",
        "line": 12,
        "column": 11,
        "width": 5,
        "message": 'unknown attribute "creat", expected "create"',
        "help": "write create=src/http/retry.py",
        "source": "```python creat=src/http/retry.py",
    },
    {
        "rule": "search-not-found",
        "line": 31,
        "column": 5,
        "width": 20,
        "message": "SEARCH matches nothing in src/http/client.py, expected exactly one place",
        "help": "the closest place is line 18:\n    return send(request, timeout=self.timeout)",
        "source": "    return send(request)",
    },
    {
        "rule": "search-ambiguous",
        "line": 44,
        "column": 9,
        "width": 12,
        "message": "SEARCH matches lines 12 and 19 of src/http/session.py, expected one place",
        "help": "add a line of context, or write count=2",
        "source": "        self.close()",
    },
    {
        "rule": "path-forbidden",
        "line": 58,
        "column": 15,
        "width": 24,
        "message": ".github/workflows/ci.yml is not a path that a spec may write",
        "help": "change workflows by hand",
        "source": "```yaml write=.github/workflows/ci.yml",
    },
    {
        "rule": "unknown-key",
        "line": 71,
        "column": 1,
        "width": 5,
        "message": 'unknown setting "tests", expected "test"',
        "help": "write test:",
        "source": "tests:",
    },
]


def _turn(number: int) -> ReportedTurn:
    arguments = {
        "path": "src/http/retry.py",
        "search": "    return response",
        "replace": "    raise RuntimeError(url)",
    }
    edit = ReportedCall("edit_file", json.dumps(arguments), "edited src/http/retry.py: +1 -1")
    tests = ReportedCall("run_tests", "{}", OUTPUT)
    return ReportedTurn(
        number,
        model="deepseek/deepseek-chat" if number > 5 else "zai/glm-5.1",
        text="The last attempt has to raise instead of returning the response. "
        "I will change `retry` and run the tests.",
        context=int(number > 5),
        calls=[edit, tests] if number % 3 else [edit],
        input_tokens=4_200 + 700 * number,
        output_tokens=310 + 37 * (number % 4),
        seconds=3.4 + number / 3,
    )
