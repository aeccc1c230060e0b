"""The bot's tables, in the database that the queue's library uses too: a SQLite file, or Postgres for replicas."""
