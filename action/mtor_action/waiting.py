"""The seconds that a provider asks to wait: in a header, or in the words of its error."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
_EPOCH_SECONDS = 1e9  # a number above it is a time, not a duration
_EPOCH_MILLISECONDS = 1e11
_DURATION = re.compile(r"^\s*(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?\s*$")
_UNIT_NAMES = r"(?:ms|milliseconds?|d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])"
_LENGTH = rf"((?:\d+(?:\.\d+)?\s*{_UNIT_NAMES}[\s,]*(?:and\s+)?)+)"
_TRY_AGAIN = re.compile(
    rf"(?:(?:try|retry)(?: again)?(?: (?:in|after)|:)|wait(?: for)?|resets? (?:in|after)) *{_LENGTH}"
)
_RETRY_FIELD = re.compile(r'"retry[-_ ]?(?:after|delay)(?:_seconds)?"\s*:\s*"?(\d+(?:\.\d+)?)(?:s"|"|[,}\s])')
_RESET_FIELD = re.compile(r'"x-ratelimit-reset"\s*:\s*"?(\d+(?:\.\d+)?)')
_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|mil|d|h|m|s)")
_UNITS = {"ms": 0.001, "mil": 0.001, "d": DAY_SECONDS, "h": HOUR_SECONDS, "m": 60.0, "s": 1.0}
# https://openrouter.ai/docs/api-reference/limits · https://ai.google.dev/gemini-api/docs/rate-limits
_PER_DAY = re.compile(r"per[-_ ]?day|\bdaily\b|\b[rt]pd\b")
_PER_HOUR = re.compile(r"per[-_ ]?hour|\bhourly\b|\brph\b")
_RESETS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),  # OpenAI, Groq
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),  # OpenRouter, GitHub, Mistral
    ("ratelimit-remaining", "ratelimit-reset"),
)


def asked_wait_seconds(headers: Mapping[str, str], evidence: str, now: float, *, is_limit: bool) -> float | None:
    """Return the seconds to wait, None if nothing says; `evidence` is the error in lower case.

    Only for a limit of the rate (`is_limit`) more is read than `retry-after`. A limit of a day without a time ends at
    midnight UTC, of an hour after an hour.
    """
    seconds = _from_headers(headers, now)
    if not is_limit:
        return seconds
    if seconds is None:
        seconds = _from_words(evidence, now)
    if seconds is None:
        seconds = _from_resets(headers, now)
    if seconds is None and _PER_DAY.search(evidence):
        return DAY_SECONDS - now % DAY_SECONDS
    if seconds is None and _PER_HOUR.search(evidence):
        return HOUR_SECONDS
    return seconds


def retry_after_seconds(value: str, now: float) -> float | None:
    """Read a `retry-after` header, seconds or an HTTP date; None if it is neither.

    https://httpwg.org/specs/rfc9110.html#field.retry-after
    """
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return None if math.isnan(seconds) else max(0.0, seconds)


def _from_headers(headers: Mapping[str, str], now: float) -> float | None:
    milliseconds = retry_after_seconds(str(headers.get("retry-after-ms", "")), now)
    if milliseconds is not None:
        return milliseconds / 1000
    return retry_after_seconds(str(headers.get("retry-after", "")), now)


def _from_words(evidence: str, now: float) -> float | None:
    lengths = [_seconds(match[1]) for match in _TRY_AGAIN.finditer(evidence)]
    lengths += [float(match[1]) for match in _RETRY_FIELD.finditer(evidence)]
    lengths += [seconds for match in _RESET_FIELD.finditer(evidence) if (seconds := _reset(match[1], now)) is not None]
    return max(lengths, default=None)


def _seconds(length: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in _UNIT.findall(length))


def _from_resets(headers: Mapping[str, str], now: float) -> float | None:
    """Return when the limit that is used up is full again; headers of limits with something left are ignored."""
    resets = []
    for remaining, reset in _RESETS:
        left = str(headers.get(remaining, "0")).strip()
        seconds = _reset(str(headers.get(reset, "")), now)
        if seconds is not None and left in {"0", "0.0", ""}:
            resets.append(seconds)
    return max(resets, default=None)


def _reset(value: str, now: float) -> float | None:
    """Seconds until a reset, given as seconds, as a time in seconds or milliseconds, as `1m30s`, or as a date."""
    try:
        number = float(value)
    except ValueError:
        return _length_or_date(value, now)
    if math.isnan(number):
        return None
    if number >= _EPOCH_SECONDS:
        number = (number / 1000 if number >= _EPOCH_MILLISECONDS else number) - now
    return max(0.0, number)


def _length_or_date(value: str, now: float) -> float | None:
    match = _DURATION.match(value)
    if match and value.strip():
        days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
        return days * DAY_SECONDS + hours * HOUR_SECONDS + minutes * 60 + seconds + milliseconds / 1000
    try:
        return max(0.0, datetime.fromisoformat(value.strip()).timestamp() - now)
    except (ValueError, OverflowError):
        return _until(value, now)


def _until(date: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
