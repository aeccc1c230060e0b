"""The durable queue as the bot's other rooms see it, and the right of a process to act on it.

| module | what it has |
| --- | --- |
| `inbox.py` | deliveries that are not on the queue yet |
| `durable_queue.py` | durable workflows from the outside |
| `lease.py` | a process's right to act |
| `file_lock.py` | one process for a SQLite file |
"""
