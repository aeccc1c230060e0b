"""What happened on GitHub: an event's stored form, how payloads are read, and one effect for each comment."""
