"""The bot's tables, in the database that the queue's library uses too: a SQLite file, or Postgres for replicas.

| module | what it has |
| --- | --- |
| `schema.py` | the tables |
| `engine.py` | opening it |
| `migration.py` | to this release's form, in numbered steps |
| `inserting.py` | a row, unless it is there |
| `one_writer.py` | SQLite's one write lock, in order |
"""
