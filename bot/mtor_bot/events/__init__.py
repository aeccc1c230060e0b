"""Events on GitHub: their stored form, how they are read from payloads, and one effect for each comment."""
