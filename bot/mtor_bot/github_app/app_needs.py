"""What the App needs on GitHub: asked for by the manifest of `mtor-bot setup`, checked by `mtor-bot doctor`.

docs/bot.md says what each is for.
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
# `installation` and `installation_repositories` come by themselves, and GitHub refuses a manifest that lists them:
# https://docs.github.com/webhooks/webhook-events-and-payloads#installation (read 2026-11-29)
EVENTS = (
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "repository",
    "workflow_run",
)
