"""Every form of reply that was met: what it means, or what it is answered. The forms are data (*.yml)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mtor_action.implementer.answered_files.answer_calls import answer_calls
from mtor_action.implementer.replies.calls_in_text import calls_in_text
from mtor_action.implementer.replies.reply_blocks import ReplySubject
from mtor_action.implementer.replies.reply_text import read_reply
from mtor_action.implementer.source_code.shown_file import ShownFile
from mtor_action.implementer.tools.tool_arguments import UNREADABLE, BadArguments, parse_arguments
from mtor_action.model.chat import Reply, ToolCall

HERE = Path(__file__).parent
FORMS: list[dict[str, Any]] = yaml.safe_load((HERE / "forms.yml").read_text(encoding="utf-8"))
ARGUMENTS: list[dict[str, Any]] = yaml.safe_load((HERE / "arguments.yml").read_text(encoding="utf-8"))
BEFORE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 1\n"
AFTER = BEFORE.replace("two():\n    return 1", "two():\n    return 2")
HUNK = "<<<<<<< SEARCH\ndef two():\n    return 1\n=======\ndef two():\n    return 2\n>>>>>>> REPLACE"
NAMED: dict[str, tuple[str, dict[str, object]]] = {
    "the edit": ("edit", {"path": "src/m.py", "hunks": HUNK}),
    "the file": ("write", {"path": "src/m.py", "content": AFTER}),
}


def read(text: str, *more: str) -> list[tuple[str, dict[str, Any]]]:
    reply = Reply(
        text, (), "stop", truncated=False, input_tokens=0, output_tokens=0, usd=0.0, usage_estimated=False, model="m"
    )
    shown = {"src/m.py": ShownFile("src/m.py", BEFORE), **{path: ShownFile(path, "x = 1\n") for path in more}}
    calls = [(call.name, json.loads(call.arguments)) for call in answer_calls(reply, 1, shown, is_asked=False)]
    return [(name, given | ({"hunks": given["hunks"].strip()} if "hunks" in given else {})) for name, given in calls]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["name"]))
def test_a_reply_means_one_thing_or_is_answered_with_what_was_wrong(form: dict[str, Any]) -> None:
    calls = read(form["reply"], *(["src/n.py"] if form["name"] == "hunks for no file" else []))
    assert len(calls) == len(form["calls"])
    for (name, arguments), expected in zip(calls, form["calls"], strict=True):
        if isinstance(expected, str):
            assert (name, arguments) == NAMED[expected]
        elif "refused" in expected:
            assert expected["refused"] in arguments[UNREADABLE]
            with pytest.raises(BadArguments):
                parse_arguments(ToolCall("id", name, json.dumps(arguments)))
        else:
            assert {name: arguments} == expected


@pytest.mark.parametrize("form", ARGUMENTS, ids=lambda form: f"{form['tool']} {form['arguments'][:40]}")
def test_arguments_mean_one_thing_or_are_answered_with_what_was_wrong(form: dict[str, Any]) -> None:
    call = ToolCall("id", form["tool"], form["arguments"])
    if "refused" in form:
        with pytest.raises(BadArguments) as caught:
            parse_arguments(call)
        assert str(caught.value) == form["refused"]
        return
    value = parse_arguments(call)
    assert {type(value).__name__.removesuffix("Arguments"): value.model_dump(exclude_defaults=True)} == form["means"]


@given(
    st.text(
        alphabet=st.sampled_from("`~<>/@#*\n\r\t =-+\\{}[]\"'|thinkedwrawSEARCHREPLACEsrc/m.py:0 \u200b\ufeff\0"),
        max_size=400,
    )
)
def test_no_reply_breaks_the_reader(text: str) -> None:
    for call in read_reply(text, 1, ReplySubject()):
        try:
            parse_arguments(call)
        except BadArguments as error:
            assert str(error)  # noqa: PT017  a refusal is one of the two good ends


@given(
    st.text(alphabet=st.sampled_from("{}[]\",:\\ntrue1'x `"), max_size=80), st.sampled_from(["edit", "read", "finish"])
)
def test_no_arguments_break_the_reader(text: str, name: str) -> None:
    try:
        parse_arguments(ToolCall("id", name, text))
    except BadArguments as error:
        assert str(error)  # noqa: PT017  as above


@pytest.mark.parametrize("literal", ["...", 'b"x"', "1j", "-1", "f'x'", "text"])
def test_a_call_as_code_with_what_json_does_not_have_is_none(literal: str) -> None:
    assert calls_in_text(f'```tool_code\nwrite(path="m.py", content={literal})\n```\n') == []


def test_calls_are_read_up_to_a_number_that_no_reply_needs() -> None:
    call = '<tool_call>{"name": "read", "arguments": {"path": "m.py"}}</tool_call>\n'
    assert len(calls_in_text(call * 100)) == 100
    calls = calls_in_text(call + "<tool_call>{" * 10_000 + call)
    assert [each.name for each in calls] == ["read"]


def test_a_parameter_without_an_end_leaves_those_before_it() -> None:
    parameter = "<parameter=path>m.py</parameter>"
    [call] = calls_in_text(f"<function=read>{parameter}<parameter=limit>3</function>")
    assert json.loads(call.arguments) == {"path": "m.py"}
