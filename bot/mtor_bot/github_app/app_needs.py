"""The App's permissions on GitHub: requested by the manifest of `mtor-bot setup`, checked by `mtor-bot doctor`.

docs/bot.md says what each permission is for. The events follow from behaviours/table.py.
"""

from __future__ import annotations

# https://docs.github.com/apps/creating-github-apps/registering-a-github-app/choosing-permissions-for-a-github-app
PERMISSIONS = {
    "actions": "write",
    "checks": "read",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
# Only where a repository says `four_eyes: true`: the check mtor/four-eyes is a commit status.
FOUR_EYES_PERMISSIONS = {"statuses": "write"}
