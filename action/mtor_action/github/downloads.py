"""What GitHub keeps at another address than the API's: archives of artifacts, logs of jobs.

The API redirects there. The address wants no token, and gets none.
https://docs.github.com/rest/actions/artifacts#download-an-artifact
https://docs.github.com/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.client import tls_context
from mtor_action.github.failures import RequestFailure, RequestFailureKind, failed_transport, github_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client

_PATIENCE_SECONDS = 30.0


def stored_chunks(client: Client, path: str) -> Iterator[bytes]:
    """Yield the bytes of what the API redirects to for `path`, as they come; may be left early. Raises GitHubError."""
    import httpx

    asked, address = f"GET {path}", client.redirect(path)
    own_scheme = str(client.github.config.base_url).partition(":")[0]
    if not address.startswith(("https://", f"{own_scheme}://")):
        raise github_error(asked, RequestFailure(RequestFailureKind.GARBAGE))
    try:
        with httpx.stream(
            "GET", address, timeout=_PATIENCE_SECONDS, follow_redirects=False, verify=tls_context()
        ) as stored:
            # A redirect from there is an error, too.
            stored.raise_for_status()
            yield from stored.iter_bytes()
    except httpx.HTTPError as error:
        raise github_error(asked, failed_transport(error)) from error
