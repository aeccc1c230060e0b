"""The artifact that goes from the work job to the publish job: written there, read and checked here.

| module | what it has |
| --- | --- |
| `writing.py` | the folder, made whole or not at all |
| `reading.py` | the folder, read as hostile input |
| `handover.py` | `handover.json`, schema 1 |
| `checking.py` | what publish takes of the implementer's work |
| `history.py` | what is fetched where a base moved |
"""
