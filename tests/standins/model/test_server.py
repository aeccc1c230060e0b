from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from standins.model import ModelServer, call, calls, fault, load_script, reset, say, silence, truncated
from standins.model.script import Answer, Fault, Manner, ScriptError

ROOT = Path(__file__).parents[3]


def post(api_base: str, **body: Any) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(
        f"{api_base}/chat/completions",
        data=json.dumps({"model": "m", **body}).encode(),
        headers={"Content-Type": "application/json", "X-Trace": "7"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read(), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def test_steps_are_played_in_order_and_requests_recorded() -> None:
    with ModelServer([say("one"), call("edit", path="a.py")]) as server:
        first = json.loads(post(server.api_base)[1])
        second = json.loads(post(server.api_base, temperature=0)[1])
    assert first["choices"][0]["message"]["content"] == "one"
    assert second["choices"][0]["finish_reason"] == "tool_calls"
    assert server.requests[1].body == {"model": "m", "temperature": 0}
    assert server.requests[0].headers["x-trace"] == "7"


def test_a_script_that_has_run_out_answers_400_and_counts() -> None:
    with ModelServer([]) as server:
        status, body, _ = post(server.api_base)
    assert (status, b"script exhausted" in body, server.exhausted, len(server.requests)) == (400, True, 1, 1)


def test_a_step_may_be_a_function_of_the_request() -> None:
    with ModelServer([lambda request: say(request.body["messages"][0]["content"].upper())]) as server:
        body = json.loads(post(server.api_base, messages=[{"role": "user", "content": "hi"}])[1])
    assert body["choices"][0]["message"]["content"] == "HI"


def test_faults_carry_their_headers() -> None:
    with ModelServer([fault(429, retry_after=3)]) as server:
        status, body, headers = post(server.api_base)
    assert (status, headers["retry-after"]) == (429, "3")
    assert json.loads(body)["error"]["message"] == "scripted 429"


def test_a_stream_is_events_that_add_up() -> None:
    with ModelServer([calls(("read", {"path": "a"}), text="hello")]) as server:
        _, body, headers = post(server.api_base, stream=True)
    lines = [line.removeprefix("data: ") for line in body.decode().splitlines() if line]
    assert (headers["content-type"], lines[-1]) == ("text/event-stream", "[DONE]")
    chunks = [json.loads(line) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == "hello"
    assert [delta["tool_calls"][0]["function"]["name"] for delta in deltas if "tool_calls" in delta] == ["read"]
    assert chunks[-1]["usage"]["prompt_tokens"] == 100


def test_connections_break_as_scripted() -> None:
    with ModelServer([reset(), truncated()]) as server:
        with pytest.raises(ConnectionResetError):
            post(server.api_base)
        with pytest.raises(http.client.IncompleteRead):
            post(server.api_base)


def test_whoever_waits_in_silence_is_let_go_when_the_server_stops() -> None:
    connection: http.client.HTTPConnection
    with ModelServer([silence(60)]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/v1/chat/completions", body=b"{}")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()


def test_models_are_listed() -> None:
    with (
        ModelServer([], models=["a", "b"]) as server,
        urllib.request.urlopen(f"{server.api_base}/models", timeout=10) as response,
    ):
        listed = json.loads(response.read())
    assert [model["id"] for model in listed["data"]] == ["a", "b"]


SCRIPT = """
- say: thinking
  usage: null
- call: edit
  arguments: {path: a.py}
  latency_seconds: 0.01
- calls: [{name: read, arguments: {path: b}}, {name: read, arguments: "{broken"}]
  text: two
- fault: 429
  retry_after: 2
- special: context_overflow
- silence: 3
"""


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    steps = load_script(path)
    assert steps[0] == say("thinking", usage=None)
    assert steps[1] == Answer(calls=(("edit", '{"path": "a.py"}'),), latency_seconds=0.01)
    assert steps[2] == calls(("read", {"path": "b"}), ("read", "{broken"), text="two")
    assert steps[3] == fault(429, retry_after=2)
    assert isinstance(steps[4], Fault)
    assert steps[4].status == 400
    assert steps[5] == Fault(manner=Manner.SILENCE, seconds=3)


@pytest.mark.parametrize(
    "text", ["say: x", "- 3", "- {said: x}", "- {say: x, usages: null}", "- {special: nothing}", "- {calls: [3]}"]
)
def test_what_is_no_script_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError):
        load_script(path)


def test_it_runs_as_a_process_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('[{"say": "hello"}]', encoding="utf-8")
    command = [sys.executable, "-m", "standins.model", "--script", str(path), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        api_base = process.stdout.readline().strip()
        body = json.loads(post(api_base)[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert body["choices"][0]["message"]["content"] == "hello"
