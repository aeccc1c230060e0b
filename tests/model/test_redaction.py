from __future__ import annotations

import time

import pytest

from mtor_action.model.redaction import Redactor

PLAIN = Redactor({})
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SECRETS = [
    "sk-abcdefghijklmnopqrstuvwx",
    "sk-ant-api03-abcdefgh_ijklmnop-qrst",
    "sk-or-v1-0123456789abcdef0123456789abcdef",
    "ghp_" + "a" * 36,
    "gho_" + "b" * 36,
    "ghu_" + "c" * 36,
    "ghs_" + "d" * 36,
    "ghs_12345_" + JWT,
    "github_pat_" + "11ABCDEFG0" * 4,
    "AKIAIOSFODNN7EXAMPLE",
    "AIza" + "x" * 35,
    JWT,
    "Bearer abcdef0123456789",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("frame", ["{}", "key={} ", '"{}"', "Authorization: {}\n", "({})", "<{}>"])
def test_known_shapes_go(secret: str, frame: str) -> None:
    redacted = PLAIN.redact(frame.format(secret))
    assert secret[-8:] not in redacted
    assert redacted == frame.format("[redacted]")


@pytest.mark.parametrize(
    "text",
    [
        "the bearer of this letter",
        "task-management-and-more-words-here",
        "a risk-averse-and-very-long-sentence",
        "ghp_short",
        "AKIA is a prefix",
        "eyJ is how JSON starts",
        "0123456789abcdef0123456789abcdef01234567",
        "def token(key): return password[key]",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert PLAIN.redact(text) == text


@pytest.mark.parametrize("name", ["ZAI_API_KEY", "github_token", "MY_SECRET", "DB_PASSWORD", "KEYS"])
def test_values_of_secret_variables_go_wherever_they_stand(name: str) -> None:
    redactor = Redactor({name: "hunter2-hunter2"})
    assert redactor.redact("a hunter2-hunter2, xhunter2-hunter2y") == "a [redacted], x[redacted]y"


def test_short_values_and_other_variables_stay() -> None:
    redactor = Redactor({"API_KEY": "short", "HOME": "/home/somebody"})
    assert redactor.redact("short /home/somebody") == "short /home/somebody"


def test_a_secret_inside_a_longer_one_leaves_nothing_behind() -> None:
    redactor = Redactor({"A_KEY": "abcdefgh", "B_KEY": "abcdefgh-ijklmnop"})
    assert redactor.redact("abcdefgh-ijklmnop abcdefgh") == "[redacted] [redacted]"


def test_a_secret_of_several_lines_goes_line_by_line() -> None:
    pem = "-----BEGIN KEY-----\nMIIBVwIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
    redacted = Redactor({"APP_KEY": pem}).redact("  MIIBVwIBADANBg\n> kqhkiG9w0BAQEF")
    assert redacted == "  [redacted]\n> [redacted]"


def test_a_value_with_pattern_characters_is_taken_literally() -> None:
    assert Redactor({"A_TOKEN": "a.*b(c[d+"}).redact("a.*b(c[d+ aXXb") == "[redacted] aXXb"


@pytest.mark.parametrize(
    "unit", ["eyJ", "eyJaaaaaaaa.", "eyJaaaaaaaa.eyJ", "-sk-", "sk-a ", "ghs_.", "Bearer ", "AKIA", "a", "-"]
)
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    PLAIN.redact(text)
    assert time.process_time() - started < 2
