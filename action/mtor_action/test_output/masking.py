"""Masks what differs between two runs of the same failure: times, addresses, temporary paths, pids, ports."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mtor_action.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    import re

FINGERPRINT_CHARACTERS = 16
# Of a longer text the beginning and the end decide: masking costs about a second a megabyte.
_HEAD_CHARACTERS = 50_000
_TAIL_CHARACTERS = 150_000
_ANSI = lazy_pattern(r"\x1b(?:\[[0-9;?]{0,32}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\))")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_UNITS = r"[nuµ\u03bcm]?s|secs?|seconds?|msecs?|milliseconds?|minutes?|mins?"
_DIGITS = r"\d{1,12}(?:\.\d{1,12})?"

# In order: a later mask sees what the earlier ones left. Every repetition is bounded or starts at a word
# boundary, so that a line of any length is read in linear time.
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (lazy_pattern(pattern), replacement)
    for pattern, replacement in (
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<uuid>"),
        (rf"\b\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{_CLOCK}{_ZONE})?(?!\d)", "<time>"),
        (rf"\b\d{{1,2}}/(?:{_MONTHS})/\d{{4}}(?::{_CLOCK}{_ZONE})?", "<time>"),
        (
            rf"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:{_MONTHS}) {{1,2}}\d{{1,2}} {_CLOCK}(?: \d{{4}})?",
            "<time>",
        ),
        (r"\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?!\d)", "<time>"),
        (r"\b1[5-9]\d{8}(?:\d{3}|\.\d{1,9})?\b", "<time>"),
        (
            r"(?:/private)?/(?:var/)?tmp/pytest-of-[^/\s'\"]{1,64}/pytest-\d{1,9}(?:/popen-gw\d{1,4})?",
            "<tmp>",
        ),
        (r"(?:/private)?/var/folders/[^/\s'\"]{1,64}/[^/\s'\"]{1,64}/T/[^/\s'\"(),:;<>\]]{1,128}", "<tmp>"),
        (r"(?:/private)?/(?:var/)?tmp/[^/\s'\"(),:;<>\]]{1,128}", "<tmp>"),
        (r"[A-Za-z]:\\[^\s'\"]{1,128}?\\Temp\\[^\\\s'\"]{1,128}", "<tmp>"),
        (r"\btmp[a-z0-9_]{8}\b|(?<!\w)\.tmp\w{6}\b", "<tmp>"),
        (r"\b0x[0-9a-fA-F]{4,16}\b", "<address>"),
        (r"(?i)\b(pid|process|ppid)([ =:#]{1,3})\d{1,10}\b", r"\1\2<n>"),
        (r"(?m)^(thread '[^'\n]{1,200}' )\(\d{1,10}\)", r"\1(<pid>)"),
        (r"\((node|python\d?):\d{1,10}\)", r"(\1:<n>)"),
        (r"\b(goroutine) \d{1,10}\b", r"\1 <n>"),
        (r"\[gw\d{1,4}\]|\bgw\d{1,4}\b", "<worker>"),
        (r"\b((?:Fork|Spawn)?(?:PoolWorker|Process|Thread))-\d{1,9}", r"\1-<n>"),
        (r"(\blocalhost|\b127\.0\.0\.1|\b0\.0\.0\.0|\[::1?\]):\d{1,5}\b", r"\1:<n>"),
        (r"(?i)\b(port)([ =:#]{1,3})\d{2,5}\b", r"\1\2<n>"),
        (r"(?i)\b(seed)([ =:#]{1,3})\d{1,20}\b", r"\1\2<n>"),
        (r"(\w-)[0-9a-f]{16}\b", r"\1<hash>"),
        (rf"(?i)\b((?:duration|elapsed)\w{{0,20}}\W{{1,3}}){_DIGITS}", r"\1<duration>"),
        (
            rf"\b(?:\d{{1,6}}h)?(?:\d{{1,6}}m)?{_DIGITS} ?(?:{_UNITS})\b",
            "<duration>",
        ),
    )
)


def plain(text: str) -> str:
    """Return the text without terminal escapes, with LF line ends; a lone CR breaks a line too."""
    return _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def mask(text: str) -> str:
    """Replace everything that differs between two runs of the same failure."""
    masked = plain(text)
    for pattern, replacement in _MASKS:
        masked = pattern.sub(replacement, masked)
    return "\n".join(line.rstrip() for line in masked.split("\n")).strip("\n")


def fingerprint(text: str) -> str:
    """Return 16 hex digits that two runs of the same failure share."""
    if len(text) > _HEAD_CHARACTERS + _TAIL_CHARACTERS:
        text = f"{text[:_HEAD_CHARACTERS]}\n{text[-_TAIL_CHARACTERS:]}"
    digest = hashlib.sha256(mask(text).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:FINGERPRINT_CHARACTERS]
