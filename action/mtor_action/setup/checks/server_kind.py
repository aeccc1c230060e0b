"""The kind of GitHub server: nothing is published on an Enterprise Server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.enterprise_server import REASON, STEP
from mtor_action.neutral import one_line
from mtor_action.setup.finding import DoctorSubject, Finding, fine, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client


def server(_subject: DoctorSubject, client: Client) -> Iterator[Finding]:
    """Check that it is not Enterprise Server, the only one to say which version is installed.

    https://docs.github.com/enterprise-server/rest/meta/meta#get-github-meta-information
    """
    version = client.call("GET", "/meta").text("installed_version")
    if version:
        yield wrong("server", f"{REASON} (this is {one_line(version, 40)})", STEP)
    else:
        yield fine("server", "not GitHub Enterprise Server: artifacts pass from one job to the next")
