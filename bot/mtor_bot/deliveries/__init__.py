"""Webhooks: reduced to what behaviours need, stored, and acted on once."""
