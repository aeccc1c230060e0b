"""The bot's answer to each kind of event on GitHub: one module a behaviour."""
