"""The only way to a model: `ModelClient.complete(messages, tools)` gives a `Reply` or raises `ModelError`."""
