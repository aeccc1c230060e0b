"""Events on GitHub: their stored form, how they are read from payloads, and one effect for each comment.

| module | what it has |
| --- | --- |
| `event.py` | an event, and its stored form |
| `payload.py` | parts that payloads share |
| `deduplication.py` | each comment acts once |
"""
