from __future__ import annotations

import base64
import html
import json
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mtor_action.redaction.redactor import Redactor, is_telling
from mtor_action.redaction.secret_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Callable

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


# Of the form that each issuer documents, with random letters and digits.
SHAPED = {
    "Anthropic": "sk-ant-api03-gV7x2LmQ9-hT_4RwZ8bNcKpYdS3fJuA6",
    "Cerebras": "csk-k4m9x2c8v5n3p6r8t2w4y6h8j9d5f3e2",
    "DeepSeek": "sk-4f8a1c9e2b7d4056a3e8f1c2b9d07e64",
    "Fireworks": "fw_3ZkQ9mTn7Lp2Rs5Vx8Yc4B",
    "Gemini": "AIzaSyD3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2",
    "Gemini, newer": "AQ.Ab8RN6KQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ",
    "Groq": "gsk_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ7dM5nP9qR3sT6vX",
    "OpenAI": "sk-proj-3kQ9mTn7Lp2Rs5Vx8Yc4T3BlbkFJwE6fHjU1gA2kZ7dM",
    "OpenAI, service": "sk-svcacct-3kQ9mTn7Lp2Rs5Vx8Yc4T3BlbkFJwE6f",
    "OpenRouter": "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",
    "Together": "tgp_v1_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ7dM5nP9qR",
    "xAI": "xai-3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ7dM5nP9qR3sT6vX",
    "Z.ai": "4f8a1c9e2b7d4056a3e8f1c2b9d07e64.kQ9mTn7Lp2Rs5Vx8",
    "Hugging Face": "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",
    "npm": "npm_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ7d",
    "GitLab": "glpat-3kQ9mTn7Lp2Rs5Vx8Yc4",
    "PyPI": "pypi-AgEIcHlwaS5vcmcCJDNrUTltVG43THAyUnM1Vng4WWM0QndFNmY",
    "Slack": "xoxb-123456789012-1234567890123-kQ9mTn7Lp2Rs5Vx8Yc4BwE6f",
    "Slack, an app": "xapp-1-A0123456789-1234567890123-4f8a1c9e2b7d4056a3e8f1c2",
    "Stripe": "sk_live_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6",
    "Stripe, restricted": "rk_live_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6",
    "GitHub, an App": "ghs_3kQ9mTn7Lp2Rs5Vx8Yc4BwE6fHjU1gA2kZ7d",
    "GitHub, as git sends it": "eC1hY2Nlc3MtdG9rZW46Z2hzXzNrUTltVG43THAyUnM1Vng4WWM0QndF",
}


@pytest.mark.parametrize("issuer", SHAPED)
@pytest.mark.parametrize(
    "frame", ["{}", 'KEY="{}"\n', "a=1&key={}&b=2", "\\n{}\\n", "token%3D{}", "\x1b[31m{}\x1b[0m", "({})"]
)
def test_keys_of_known_issuers_go_wherever_they_are(issuer: str, frame: str) -> None:
    assert PLAIN.redact(frame.format(SHAPED[issuer])) == frame.format("[redacted]")


@pytest.mark.parametrize("issuer", SHAPED)
@pytest.mark.parametrize("noise", ["\x1b[1m", "\u200b", "\x1b]8;;http://a\x07", "\x00", "\u2060"])
def test_what_a_reader_does_not_see_hides_no_key(issuer: str, noise: str) -> None:
    secret = SHAPED[issuer]
    middle = len(secret) // 2
    assert PLAIN.redact(f"<{secret[:middle]}{noise}{secret[middle:]}>") == "<[redacted]>"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("postgres://app:tr0ub4dor@db.internal:5432/app", "postgres://[redacted]@db.internal:5432/app"),
        ("a redis://:tr0ub4dor@cache b", "a redis://[redacted]@cache b"),
        ("https://x:p@ss@host/p@th", "https://[redacted]@host/p@th"),
        ("https://4f8a1c9e2b7d4056a3e8f1c2b9d07e64@o1.ingest.example/1", "https://[redacted]@o1.ingest.example/1"),
        ('{"url": "mysql://root:tr0ub4dor@h"}', '{"url": "mysql://[redacted]@h"}'),
        ("Authorization: Basic YWxpY2U6dHIwdWI0ZG9y\n", "Authorization: [redacted]\n"),
        ("AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX2FiYw==", "AUTHORIZATION: [redacted]"),
    ],
)
def test_credentials_in_addresses_and_headers_go(text: str, redacted: str) -> None:
    assert PLAIN.redact(text) == redacted


_LINES = [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
]


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\\n", "\n    ", "\n> ", '",\n  "'])
@pytest.mark.parametrize("cut", ["", "beginning", "end"])
def test_a_private_key_goes_even_if_it_was_cut(kind: str, between: str, cut: str) -> None:
    parts = [] if cut == "beginning" else [f"-----BEGIN {kind}-----"]
    parts += _LINES
    parts += [] if cut == "end" else [f"-----END {kind}-----"]
    redacted = PLAIN.redact(f"before\n{between.join(parts)}\nafter")
    assert not any(line[20:40] in redacted for line in _LINES)
    assert (redacted.startswith("before\n"), redacted.endswith("after")) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        ".sk-folding-cube-container { animation: sk-fold-cube-angle 2.4s infinite linear both }",
        "<div class='sk-fading-circle sk-circle-bounce-delay-container'>",
        "sk-internationalization-and-localization-of-the-whole-application",
        "d41d8cd98f00b204e9800998ecf8427e.tar.gz and d41d8cd98f00b204e9800998ecf8427e.abcdefghijklmnop",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "pip install pypi-attestations hf_transfer npm_config_cache",
        "fw_update_download_and_install_now xai-grok glpat-prefix gsk_kernel_launch_parameters",
        "ssh://git@github.com/acme/widget.git git@github.com:acme/widget.git",
        "http://localhost:8000/@vite/client and https://example.com:8443/a@b",
        "postgres://${USER}:${PASSWORD}@db redis://:{password}@h amqp://u:%s@h mysql://u:***@h http://u:<pass>@h",
        "basic internationalization Basic understanding basic authentication",
        'if "-----BEGIN PRIVATE KEY-----" in text and "-----END PRIVATE KEY-----" not in text:',
        "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n-----END CERTIFICATE-----",
        "the bearer SubjectConfirmationData of Bearer resource_metadata=",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_only_looks_like_a_key_stays(text: str) -> None:
    assert PLAIN.redact(text) == text
    assert Redactor({"A_KEY": "kQ9mTn7Lp2Rs5Vx8"}).redact(text) == text


_VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60).filter(is_telling)
_AROUND = st.text("abc ,:\n\"'=/+%\\&", max_size=12)


def _escaped(value: str, form: str) -> str:
    return "".join(form.format(ord(character)) for character in value)


_FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "JSON": lambda value: json.dumps(value)[1:-1],
    "URL": lambda value: quote(value, safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "\\u": lambda value: _escaped(value, "\\u{:04x}"),
    "\\U": lambda value: _escaped(value, "\\u{:04X}"),
    "\\x": lambda value: _escaped(value, "\\x{:02x}"),
    "octal": lambda value: _escaped(value, "\\{:03o}"),
    "%": lambda value: _escaped(value, "%{:02X}"),
    "&#": lambda value: _escaped(value, "&#{};"),
    "&#x": lambda value: _escaped(value, "&#x{:x};"),
    "colours": "\x1b[31m".join,
    "colours in JSON": lambda value: json.dumps("\x1b[31m".join(value))[1:-1],
    "no width": "\u200b".join,
    "two lines": lambda value: f"{value[:4]}\n    {value[4:]}",
    "two lines in JSON": lambda value: json.dumps(f"{value[:4]}\n{value[4:]}")[1:-1],
    "CRLF": lambda value: f"{value[:-2]}\r\n{value[-2:]}",
}


@pytest.mark.parametrize("form", _FORMS)
@given(value=_VALUES, before=_AROUND, after=_AROUND)
@example(value="41abcdef0123", before="%", after="")
@example(value="n0ta-new-line", before="\\", after="")
@example(value="&amp;lt;%41\\u0041", before="", after="")
@example(value="ends-in-a-backslash\\", before="", after="n")
@settings(max_examples=60, deadline=None)
def test_no_form_of_a_known_value_survives(form: str, value: str, before: str, after: str) -> None:
    written = _FORMS[form](value)
    if written.startswith("\\") or "JSON" in form:
        before = before.replace("\\", "")  # there it comes in pairs only
    redacted = Redactor({"A_KEY": value}).redact(f"{before}{written}{after}")
    assert written not in redacted
    assert _FORMS["plain"](value) not in redacted


@given(
    value=_VALUES, before=st.binary(max_size=7), after=st.binary(max_size=7), altchars=st.sampled_from([b"+/", b"-_"])
)
@settings(max_examples=200, deadline=None)
def test_a_known_value_is_found_in_base64_wherever_it_begins(
    value: str, before: bytes, after: bytes, altchars: bytes
) -> None:
    encoded = base64.b64encode(before + value.encode() + after, altchars).decode()
    wrapped = "\n".join(encoded[start : start + 13] for start in range(0, len(encoded), 13))
    for text in (encoded, wrapped):
        redacted = Redactor({"A_KEY": value}).redact(text).replace("\n", "")
        kept = "".join(part for part in re.split(r"\[redacted\]", redacted))
        # At most the characters that the value shares with its neighbours.
        assert len(kept) <= -(-len(before) // 3) * 4 + -(-len(after) // 3) * 4 + 4


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert Redactor({"A_KEY": "kQ9mTn7Lp2Rs5Vx8/+=", "B_TOKEN": "hunter2-hunter2"}).redact(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "PGPASSWORD",
        "PGPASS",
        "MYSQL_PWD",
        "GCP_CREDENTIALS",
        "AWS_CREDENTIALS_JSON",
        "REGISTRY_AUTH",
        "NPM_AUTH_HEADER",
        "GPG_PASSPHRASE",
        "SIGNING_PRIVATE",
        "SENTRY_DSN",
        "SLACK_WEBHOOK",
        "SLACK_WEBHOOK_URL",
        "DB_PASS",
        "GH_PAT",
        "SESSION_COOKIE",
        "apikey",
    ],
)
def test_names_that_say_secret(name: str) -> None:
    assert Redactor({name: "kQ9mTn7Lp2Rs5Vx8"}).redact("a kQ9mTn7Lp2Rs5Vx8") == "a [redacted]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTHOR", "ada-lovelace"),
        ("GIT_AUTHOR_NAME", "ada-lovelace"),
        ("PATH", "/usr/bin:/bin"),
        ("OLDPWD", "/home/somebody"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-x/agent.1"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/somebody/key.json"),
        ("TOKEN_URL", "https://auth.example.org/token"),
        ("SSH_PUBLIC_KEY", "ssh-ed25519 AAAA"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("INDEX_URL", "https://packages.example.org/simple"),
    ],
)
def test_names_that_only_look_secret(name: str, value: str) -> None:
    assert not is_secret(name, value)
    assert Redactor({name: value}).redact(f"a {value}") == f"a {value}"


@pytest.mark.parametrize(
    "value", ["postgres", "password", "changeme", "localhost", "xxxxxxxxxxxx", "--------", "12345678"]
)
def test_values_that_are_ordinary_words_stay(value: str) -> None:
    text = f'ENGINE = "{value}"'
    assert Redactor({"DB_PASSWORD": value}).redact(text) == text


def test_an_address_in_a_variable_goes_with_its_password() -> None:
    redactor = Redactor({"MY_DB_URL": "postgres://app:tr%40ub4dor@db/app"})
    assert redactor.redact("tr%40ub4dor tr@ub4dor app db") == "[redacted] [redacted] app db"


def test_keys_of_json_are_texts_too() -> None:
    assert Redactor({"A_KEY": "hunter2-hunter2"}).redact_json({"hunter2-hunter2": [1]}) == {"[redacted]": [1]}


@pytest.mark.parametrize(
    "unit",
    [
        "\x1b[",
        "\x1b]",
        "\\",
        "\\u",
        "%",
        "&",
        "\n",
        "://",
        "a://b:",
        "@",
        "://a:b",
        "-----BEGIN PRIVATE KEY-----",
        "basic ",
        "-----END PRIVATE KEY-----",
        "A" * 20 + "\n",
        "xox",
        "0" * 32 + ".",
        "\u200b",
        "\n ",
        " ",
    ],
)
def test_hostile_text_is_read_through_in_linear_time(unit: str) -> None:
    text = unit * (500_000 // len(unit))
    started = time.process_time()
    Redactor({"A_KEY": "kQ9mTn7Lp2Rs5Vx8"}).redact(text)
    assert time.process_time() - started < 3
