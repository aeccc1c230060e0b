"""One file of a repository, read without its tree.

https://docs.github.com/rest/repos/contents#get-repository-content
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.errors import MtorError

if TYPE_CHECKING:
    from mtor_action.github.client import Client


def file_bytes(client: Client, path: str, ref: str = "") -> bytes | None:
    """Return the file's bytes on `ref` (a branch or a commit; "" is the default branch), None if there is none.

    Raises GitHubError, and MtorError for what is not a regular file of at most a megabyte.
    """
    answer = client.find(f"contents/{quote(path)}", params={"ref": ref} if ref else None)
    if answer is None:
        return None
    # A link within the repository is answered as what it leads to, under that file's own path.
    if answer.text("type") != "file" or answer.text("path") != path or answer.text("encoding") != "base64":
        raise MtorError(f"{path} is not a regular file of at most a megabyte", "replace it with one")
    return b64decode(answer.text("content"))
