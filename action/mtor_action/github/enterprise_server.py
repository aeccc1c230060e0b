"""Whether a server is GitHub Enterprise Server, where the work job cannot hand anything to the publish job.

actions/upload-artifact v4 and later do not work there: https://github.com/actions/upload-artifact, "v4 - What's new"
(read 2026-11-29); reported again on 2026-04-24: https://github.com/forcedotcom/code-analyzer/issues/2036.
"""

from __future__ import annotations

from urllib.parse import urlsplit

REASON = (
    "mtor's workflow does not run on GitHub Enterprise Server: its jobs pass their work on as artifacts, and "
    "actions/upload-artifact v4 and later do not work there"
)
STEP = "use a repository on github.com or ghe.com, or `mtor run` in a terminal"


def is_enterprise_server(server_url: str) -> bool:
    """Return whether the address is neither github.com nor on ghe.com; one of this machine is a test."""
    try:
        host = (urlsplit(server_url if "//" in server_url else f"//{server_url}").hostname or "").lower()
    except ValueError:
        return False  # not an address at all
    is_local = host in ("", "localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
    return not (is_local or host == "github.com" or host.endswith(".ghe.com"))
