"""A run: setup, test, verdict, and the processes it starts."""
