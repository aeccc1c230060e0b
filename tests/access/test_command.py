from __future__ import annotations

import pytest

from mtor_action.access.command import Command, SpecFile, Verb, read_command, run_argument
from mtor_action.errors import CommandError


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/mtor run", Command(Verb.RUN, "run")),
        ("/mtor run\r\n\r\n```python create=a.py\r\n```", Command(Verb.RUN, "run", "", "\n```python create=a.py\n```")),
        ("/mtor  RUN \t docs/a b.md@main  ", Command(Verb.RUN, "RUN", "docs/a b.md@main")),
        ("/MTOR cancel", Command(Verb.CANCEL, "cancel")),
        ("/mtor coach Use httpx, not requests", Command(Verb.COACH, "coach", "Use httpx, not requests")),
        ("/mtor coach\nUse httpx.\nAlways.", Command(Verb.COACH, "coach", "", "Use httpx.\nAlways.")),
        ("/mtor spec\n# Part 2", Command(Verb.SPEC, "spec", "", "# Part 2")),
        ("/mtor", Command(Verb.HELP, "help")),
        ("/mtor rnu", Command(None, "rnu")),
        ("/mtor run; rm -rf /", Command(None, "run;", "rm -rf /")),
        *((f"/mtor {verb}", Command(verb, verb.value)) for verb in Verb),
    ],
)
def test_the_first_line_of_a_comment_is_read_as_a_command(body: str, command: Command) -> None:
    assert read_command(body) == command


@pytest.mark.parametrize(
    "body",
    [
        "",
        "run",
        "Please /mtor run",
        "> /mtor run",
        "    /mtor run",
        "\n/mtor run",
        "/mtorrun",
        "/mtor-bot run",
        "`/mtor run`",
    ],
)
def test_other_comments_are_nobodys_command(body: str) -> None:
    assert read_command(body) is None


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("", None),
        ("0123abcd", "0123abcd"),
        ("0123ABCDEF", "0123abcdef"),
        ("specs/a.md@main", SpecFile("specs/a.md", "main")),
        ("specs/a@b.md@feature/x", SpecFile("specs/a@b.md", "feature/x")),
        ("a b.MD@v1.0", SpecFile("a b.MD", "v1.0")),
    ],
)
def test_run_names_a_digest_a_file_at_a_ref_or_nothing(argument: str, meant: object) -> None:
    assert run_argument(argument) == meant


@pytest.mark.parametrize("argument", ["0123abc", "specs/a.md", "specs/a.md@", "@main", "specs/a.txt@main", "please"])
def test_what_run_cannot_understand_is_reported_with_the_form_expected(argument: str) -> None:
    with pytest.raises(CommandError) as raised:
        run_argument(argument)
    assert raised.value.hint


@pytest.mark.parametrize("body", ["/mtor run\u00a0", "/mtor\u00a0run", "/mtor run \u200b", "/mtor run\u202f\r\nmore"])
def test_a_blank_of_a_phone_keyboard_is_a_blank(body: str) -> None:
    command = read_command(body)
    assert command is not None
    assert (command.verb, command.argument) == (Verb.RUN, "")


@pytest.mark.parametrize("body", ["\u00a0/mtor run", "\ufeff/mtor run", "\u200b/mtor run", "/mt\u200bor run"])
def test_a_command_begins_its_line(body: str) -> None:
    assert read_command(body) is None
