"""Notices from evidence, never from the clock, that the implementer is stuck."""
