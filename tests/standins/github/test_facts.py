"""The list of what is relied on about GitHub: each with its page and a day, and no page cited that is not in it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LIST = ROOT / "standins" / "github" / "facts.yml"
FACTS: list[dict[str, Any]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
CITING = ("action", "bot", "standins", "docs", "README.md", "SECURITY.md", "action.yml", ".github")
KINDS = {".py", ".md", ".yml", ".toml", ".txt", ".sh"}
HOSTS = frozenset({"docs.github.com", "github.blog", "github.com"})
CITED = re.compile(
    r"(?<![\w.])(?:https://)?(?:docs\.github\.com|github\.blog)/[^\s`)\"'>|:,;\]…(]+"
    r"|https://github\.com/(?!(?:example|acme)/)(?:[\w-]+/[\w-]+/(?:pull|issues|discussions)/[0-9]+|actions/[^\s`)\"'>|,;]+)"
)


def page(address: str) -> str:
    """Without scheme, anchor, query and final punctuation: one page is one entry."""
    return re.split(r"[#?]", address.removeprefix("https://"))[0].rstrip("./")


def cited() -> dict[str, str]:
    """Page → one file that cites it."""
    found: dict[str, str] = {}
    for place in CITING:
        root = ROOT / place
        for file in [root] if root.is_file() else sorted(root.rglob("*")):
            if file.suffix in KINDS and file != LIST:
                text = file.read_text(encoding="utf-8")
                found |= {page(match[0]): str(file.relative_to(ROOT)) for match in CITED.finditer(text)}
    return found


def test_there_are_facts_and_each_page_has_one_entry() -> None:
    pages = [page(entry["page"]) for entry in FACTS]
    assert len(pages) > 50
    assert sorted(pages) == sorted(set(pages))


@pytest.mark.parametrize("entry", FACTS, ids=[page(str(entry.get("page"))) for entry in FACTS])
def test_each_fact_has_a_sentence_an_address_and_a_day(entry: dict[str, Any]) -> None:
    assert set(entry) == {"fact", "page", "read"}
    assert re.fullmatch(r"[^\n]{10,300}\.", entry["fact"])
    address = urlsplit(entry["page"])
    assert (address.scheme, address.hostname in HOSTS, len(address.path) > 1) == ("https", True, True)
    # A text, or a moment with a time, is not a day.
    assert type(entry["read"]) is date
    assert date(2026, 1, 1) <= entry["read"] <= datetime.now(UTC).date()


def test_every_page_that_is_cited_is_in_the_list() -> None:
    listed = {page(entry["page"]) for entry in FACTS}
    assert {address: file for address, file in cited().items() if address not in listed} == {}


def test_every_page_in_the_list_is_cited() -> None:
    # One that nothing relies on any more needs no reading.
    assert {page(entry["page"]) for entry in FACTS} - set(cited()) == set()
