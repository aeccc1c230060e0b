"""The bot's web server: webhooks in, a token for runs, health and metrics."""
