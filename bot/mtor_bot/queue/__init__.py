"""The durable queue as the bot's other rooms see it, and the right of a process to act on it."""
