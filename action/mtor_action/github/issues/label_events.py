"""The newest event of an issue of some kind, such as by whom it was labelled last.

GitHub lists an issue's events oldest first, a hundred a page; the newest are on the last page, which the first names.
https://docs.github.com/rest/issues/events#list-issue-events
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

PAGE = 100
# From the end, and where GitHub does not say which page is the last one, from the beginning.
MOST_PAGES = 20
_LAST = re.compile(r'[?&]page=(\d{1,6})[^>]*>; rel="last"')


def newest_label_event(client: Client, number: int, label: str) -> Answer | None:
    """The last event that gave an issue this label. Raises GitHubError."""
    return newest_event(client, number, lambda event: is_label_event(event, label))


def is_label_event(event: Answer, label: str, change: str = "labeled") -> bool:
    """Return whether the event gave the issue this label, or took it off (`change` "unlabeled")."""
    return event.text("event") == change and is_same_label(event.text("label", "name"), label)


def is_same_label(one: str, other: str) -> bool:
    """Return whether two names are the same label: GitHub does not tell upper case from lower case."""
    return one.casefold() == other.casefold()


def newest_event(client: Client, number: int, is_wanted: Callable[[Answer], bool]) -> Answer | None:
    """The last event that is wanted, None if there is none among the newest two thousand. Raises GitHubError."""
    for page in _pages_from_the_end(client, f"issues/{number}/events"):
        matching = [event for event in page if is_wanted(event)]
        if matching:
            return max(matching, key=lambda event: event.number("id"))
    return None


def _pages_from_the_end(client: Client, path: str) -> Iterator[list[Answer]]:
    first = client.call("GET", path, params={"per_page": PAGE, "page": 1})
    link = first.headers.get("link", "")
    last = _LAST.search(link)
    if last is None and 'rel="next"' in link:
        yield list(client.pages(path, most=MOST_PAGES))
        return
    number = int(last[1]) if last else 1
    for page in range(number, max(number - MOST_PAGES, 1), -1):
        yield client.call("GET", path, params={"per_page": PAGE, "page": page}).items()
    if number <= MOST_PAGES:
        yield first.items()
