from __future__ import annotations

import json
from hashlib import sha256

import pytest

from mtor_action.errors import MtorError
from mtor_action.github.texts.pins import Pin, decode, digest, encode, pin_comment, pin_file, pin_issue

COMMIT = "c" * 40
PINS = (
    pin_issue(12, "Retry é", "first\r\nsecond"),
    pin_comment(345, "/mtor spec\nmore"),
    pin_file("specs/retry.md", COMMIT, b"# Retry\r\n"),
)
HASH = "a" * 64


def test_pins_come_back_from_compact_json_without_any_text_of_the_spec() -> None:
    text = encode(PINS)
    assert decode(text) == PINS
    assert " " not in text
    assert "Retry" not in text
    assert json.loads(text)[0].keys() == {"kind", "id", "sha256"}
    assert json.loads(text)[2]["id"] == 0


def test_no_pins_are_an_empty_input() -> None:
    assert encode(()) == ""
    assert decode("") == decode("  \n") == ()


def test_the_hash_is_over_lf_text_title_included() -> None:
    expected = sha256("Retry é\n\nfirst\nsecond".encode()).hexdigest()
    assert pin_issue(12, "Retry é", "first\r\nsecond") == pin_issue(12, "Retry é", "first\nsecond")
    assert PINS[0].sha256 == expected
    assert pin_issue(12, "Other", "first\nsecond").sha256 != expected
    assert pin_issue(12, None, None).sha256 == sha256(b"\n\n").hexdigest()
    assert pin_file("a.md", COMMIT, b"x\r\n").sha256 == sha256(b"x\n").hexdigest()


def test_a_lone_surrogate_can_be_pinned() -> None:
    assert pin_comment(1, "\ud800").sha256 != pin_comment(1, "?").sha256


def test_the_digest_depends_on_every_text_and_their_order() -> None:
    digests = {digest(pins) for pins in (PINS, PINS[::-1], PINS[:2], (*PINS[:2], PINS[2]._replace(sha256=HASH)))}
    assert len(digests) == 4
    assert digest(PINS) == sha256("\n".join(pin.sha256 for pin in PINS).encode()).hexdigest()


def listed(**changes: object) -> str:
    return json.dumps([{"kind": "issue", "id": 12, "sha256": HASH, **changes}])


def filed(**changes: object) -> str:
    return listed(**{"kind": "file", "id": 0, "path": "a.md", "commit": COMMIT, **changes})


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "not a JSON list"),
        ("[]", "not a JSON list"),
        (json.dumps([{}] * 101), "not a JSON list of 1 to 100"),
        ("[1]", "pin 1"),
        ('[{"kind":"issue","id":1}]', "expected an object with kind, id and sha256"),
        (listed(title="x"), "expected an object"),
        (listed(kind="gist"), "expected one of issue, comment, file"),
        (listed(kind=["issue"]), "expected one of issue, comment, file"),
        (listed(id=0), "positive whole number"),
        (listed(id=True), "positive whole number"),
        (listed(id=1.0), "positive whole number"),
        (listed(id="12"), "positive whole number"),
        (listed(id=10**30), "positive whole number"),
        (listed(sha256=HASH.upper()), "64 lower-case hex digits"),
        (listed(sha256=HASH + "\n"), "64 lower-case hex digits"),
        (listed(sha256=None), "64 lower-case hex digits"),
        (listed(path="a.md"), "only a file has path and commit"),
        (filed(id=3), "the id of a file is not 0"),
        (filed(path="../a.md"), "expected a path inside the repository"),
        (filed(path="/etc/a.md"), "an absolute path"),
        (filed(path=7), "the path is not text"),
        (filed(path="a.py"), "ends in .md"),
        (filed(commit="main"), "full commit id"),
        (filed(commit=None), "full commit id"),
        (listed()[:-1] + "," + listed()[1:], "names a text twice"),
    ],
)
def test_what_is_no_list_of_pins_is_refused_with_the_mistake_named(text: str, mistake: str) -> None:
    with pytest.raises(MtorError, match="the input `spec`") as caught:
        decode(text)
    assert mistake in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.hint


def test_the_largest_pin_list_fits_a_workflow_input() -> None:
    assert len(encode([Pin("comment", 2**63 - 1 - n, HASH) for n in range(100)])) < 65_535
