"""The processes that share the queue: each has a lease while it lives, and what a dead one was at is taken up."""
