"""The report of a run: its schema, and the texts rendered from it."""
