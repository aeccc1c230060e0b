"""The GitHub App: webhooks → durable queue → workflow_dispatch → follow → report."""
