"""Tool calls that a model wrote into its text, in the notations that model families were trained on.

<tool_call>{"name": "edit", "arguments": {…}}</tool_call>                     Hermes, Qwen
<function=edit><parameter=path>a.py</parameter></function>                    Qwen3-Coder, Llama
<invoke name="edit"><parameter name="path">a.py</parameter></invoke>          Claude, DeepSeek, MiniMax
<|channel|>commentary to=functions.edit …<|message|>{…}                       harmony
[TOOL_CALLS][{"name": "edit", "arguments": {…}}]                              Mistral
[TOOL_CALLS]edit[ARGS]{…}                                                     Mistral, since 2025
<|python_tag|>{"name": "edit", "parameters": {…}}                             Llama
<|tool_call|>[{"name": "edit", "arguments": {…}}]<|/tool_call|>               phi
tool-call tokens in full-width bars around a name and JSON in a block         DeepSeek
<tool_call>edit<arg_key>path</arg_key><arg_value>a.py</arg_value></tool_call> GLM
```tool_code, then edit(path="a.py", hunks="…")                               Gemma
<|tool_call_begin|>functions.edit:0<|tool_call_argument_begin|>{…}<|tool_call_end|>   Kimi
{"name": "edit", "arguments": {…}}                                            alone, or alone in a block
"""

from __future__ import annotations

import ast
import json
import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.implementer.tools.tool_arguments import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator


class CallInText(NamedTuple):
    """A call found in a text: where it begins and ends, the tool's name, its arguments as JSON text."""

    start: int
    end: int
    name: str
    arguments: str


_TAGGED = re.compile(r"<tool_call>\s*(?P<json>\{.*?\})\s*(?:</tool_call>|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=(?P<name>[\w.-]+)>(?P<body>.*?)(?:</function>|\Z)", re.DOTALL)
_FUNCTION_PARAMETER = re.compile(r"<parameter=(?P<name>\w+)>\n?(?P<value>.*?)\n?</parameter>", re.DOTALL)
_INVOKE = re.compile(r"<(?:\w+:)?invoke name=\"(?P<name>[\w.-]+)\">(?P<body>.*?)</(?:\w+:)?invoke>", re.DOTALL)
_INVOKE_PARAMETER = re.compile(
    r"<(?:\w+:)?parameter name=\"(?P<name>\w+)\"[^>]*>\n?(?P<value>.*?)\n?</(?:\w+:)?parameter>", re.DOTALL
)
_HARMONY = re.compile(
    r"(?:<\|channel\|>\w+ )?to=functions\.(?P<name>\w+)[^{]*?<\|message\|>(?P<json>\{.*?\})(?=<\||\s*\Z)", re.DOTALL
)
_KIMI = re.compile(
    r"<\|tool_call_begin\|>(?P<name>[\w.]+)(?::\d+)?<\|tool_call_argument_begin\|>(?P<json>.*?)<\|tool_call_end\|>",
    re.DOTALL,
)
_ARGS = re.compile(
    r"\[TOOL_CALLS\]\s*(?P<name>[\w.-]+)\s*\[ARGS\]\s*(?P<json>\{.*?\})(?=\s*(?:\[TOOL_CALLS\]|\Z))", re.DOTALL
)
_BAR, _GAP = "[\uff5c|]", "[\u2581_]"
_SEPARATED = re.compile(
    f"<{_BAR}tool{_GAP}call{_GAP}begin{_BAR}>(?:function)?<{_BAR}tool{_GAP}sep{_BAR}>"
    r"(?P<name>[\w.-]+)\s*```(?:json)?\s*(?P<json>\{.*?\})\s*```\s*"
    f"<{_BAR}tool{_GAP}call{_GAP}end{_BAR}>(?:<{_BAR}tool{_GAP}calls{_GAP}end{_BAR}>)?",
    re.DOTALL,
)
_KEYED = re.compile(r"<tool_call>\s*(?P<name>[\w.-]+)\s*(?P<body>(?:<arg_key>.*?)?)</tool_call>", re.DOTALL)
_KEYED_PARAMETER = re.compile(
    r"<arg_key>\s*(?P<name>\w+)\s*</arg_key>\s*<arg_value>\n?(?P<value>.*?)\n?</arg_value>", re.DOTALL
)
_MARKED = re.compile(
    r"<\|(?:python_tag|tool_call)\|>\s*(?P<json>[\[{].*[\]}])\s*(?:<\|/tool_call\|>|<\|eom_id\|>|\Z)", re.DOTALL
)
_CODE = re.compile(r"^```tool_code[ \t]*\n(?P<body>.*?)\n```", re.DOTALL | re.MULTILINE)
_LISTED = re.compile(r"\[TOOL_CALLS\]\s*(?P<json>\[.*\])", re.DOTALL)
_ALONE = re.compile(
    r"\A\s*(?:```(?:json|tool_call|tool_code)?[ \t]*\n)?(?P<json>[\[{].*[\]}])\s*+(?:```)?\s*+\Z", re.DOTALL
)
# Each is searched for its end, through all of the text where it has none: a model that repeats one would take minutes.
_OPENING = re.compile(
    f"<tool_call>|<function=|invoke name=|to=functions|<\\|tool_call|TOOL_CALLS|<{_BAR}tool{_GAP}call{_GAP}begin"
    "|<\\|python_tag|```tool_code"
)
_MOST_OPENINGS = 200


def calls_in_text(text: str) -> list[CallInText]:
    """Return the calls written out in a text, in order; only those of tools that there are.

    What comes after the first 200 openings is not read.
    """
    end = next(islice(_OPENING.finditer(text), _MOST_OPENINGS, None), None)
    text = text[: end.start()] if end else text
    calls = [*_tagged(text), *_parameters(text), *_addressed(text), *_written_as_code(text)]
    if not calls:
        calls = list(_listed(text))
    valid = [call._replace(name=name) for call in calls if (name := plain_name(call.name))]
    return sorted(valid, key=lambda call: call.start)


def _tagged(text: str) -> Iterator[CallInText]:
    for match in _TAGGED.finditer(text):
        for name, arguments in _named_calls(match["json"]):
            yield CallInText(match.start(), match.end(), name, arguments)


def _parameters(text: str) -> Iterator[CallInText]:
    forms = (
        (_FUNCTION, _FUNCTION_PARAMETER, "</parameter>"),
        (_INVOKE, _INVOKE_PARAMETER, "parameter>"),
        (_KEYED, _KEYED_PARAMETER, "</arg_value>"),
    )
    for pattern, parameter, closing in forms:
        for match in pattern.finditer(text):
            # Below the last end no parameter is searched for its own.
            body = "".join(match["body"].rpartition(closing)[:2])
            values = {field["name"]: field["value"] for field in parameter.finditer(body)}
            yield CallInText(match.start(), match.end(), match["name"], json.dumps(values) if values else match["body"])


def _addressed(text: str) -> Iterator[CallInText]:
    for pattern in (_HARMONY, _KIMI, _ARGS, _SEPARATED):
        for match in pattern.finditer(text):
            yield CallInText(match.start(), match.end(), match["name"], match["json"])


def _written_as_code(text: str) -> Iterator[CallInText]:
    for match in _CODE.finditer(text):
        try:
            statements = ast.parse(match["body"]).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for statement in statements:
            call = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "print" and len(call.args) == 1:
                call = call.args[0]
            if isinstance(call, ast.Call) and not call.args:
                values = {each.arg: each.value for each in call.keywords}
                named = {name: value for name, each in values.items() if (value := _plain_value(each)) is not ...}
                if len(named) == len(call.keywords):
                    yield CallInText(match.start(), match.end(), ast.unparse(call.func), json.dumps(named))


def _plain_value(node: ast.expr) -> object:
    """Return the value of a literal that JSON has; `...` for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, type(None))):
        return node.value
    return ...


def _listed(text: str) -> Iterator[CallInText]:
    match = _LISTED.search(text) or _MARKED.search(text) or _ALONE.match(text)
    if match:
        for name, arguments in _named_calls(match["json"]):
            yield CallInText(match.start(), match.end(), name, arguments)


def _named_calls(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and arguments of each object with both; a text that is not JSON yields nothing."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        function = item.get("function")
        inner = function if isinstance(function, dict) else item
        name = inner.get("name") or item.get("tool") or item.get("tool_name")
        arguments = next((inner[key] for key in ("arguments", "parameters", "args", "input") if key in inner), None)
        if name is None and set(item) == {"path", "content"}:
            name, arguments = "write", item
        if isinstance(name, str) and arguments is not None:
            yield name, arguments if isinstance(arguments, str) else json.dumps(arguments)
