"""The tables. Moments are seconds since the epoch; ids are GitHub's unless the column says otherwise."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
FINISHED = "finished"

JOBS = sa.Table(
    "mtor_jobs",
    METADATA,
    # The order in which jobs were asked for.
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(80), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("repository", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("is_pull_request", sa.Boolean, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("pins", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("trigger_kind", sa.String(32), nullable=False),
    sa.Column("trigger_id", sa.BigInteger, nullable=False),
    sa.Column("target_branch", sa.Text, nullable=False),
    sa.Column("base_ref", sa.Text, nullable=False),
    sa.Column("coaching", sa.String(64), nullable=False),
    # The accounts that wrote a part of the text, as JSON.
    sa.Column("authors", sa.Text, nullable=False, server_default="[]"),
    # The issues that it comes after, as JSON, and whether they keep it from being admitted.
    sa.Column("after", sa.Text, nullable=False, server_default="[]"),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("admitted_at", sa.Float),
    sa.Column("waits_for", sa.Text, nullable=False, server_default=""),
    sa.Column("cancelled_by", sa.Text, nullable=False, server_default=""),
    # Which durable workflow works on it: one that broke is replaced by the next.
    sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
    # The state that was last shown on GitHub.
    sa.Column("shown", sa.String(16), nullable=False, server_default=""),
    # How often in a row GitHub could not be asked; the next wait grows with it.
    sa.Column("faults", sa.Integer, nullable=False, server_default="0"),
    sa.Column("outcome", sa.String(16), nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("next_step", sa.Text, nullable=False, server_default=""),
    sa.Column("pull_request", sa.BigInteger),
    # It ended because mtor is paused in the repository, and never began.
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("finished_at", sa.Float),
    sa.Column("told_at", sa.Float),
    # One unfinished job for a spec of an issue, however often it is asked for.
    sa.Index(
        "mtor_jobs_identity",
        "repository_id",
        "number",
        "digest",
        unique=True,
        sqlite_where=sa.text(f"state <> '{FINISHED}'"),
        postgresql_where=sa.text(f"state <> '{FINISHED}'"),
    ),
    sa.Index("mtor_jobs_state", "state", "position"),
    sa.Index("mtor_jobs_place", "repository_id", "number"),
    sa.Index("mtor_jobs_admitted", "admitted_at"),
    sa.Index("mtor_jobs_told", "told_at"),
    # Those that ended and were not announced: few, however many have ended.
    sa.Index(
        "mtor_jobs_silent",
        "state",
        "told_at",
        sqlite_where=sa.text(f"state = '{FINISHED}' AND told_at IS NULL"),
        postgresql_where=sa.text(f"state = '{FINISHED}' AND told_at IS NULL"),
    ),
    sa.Index("mtor_jobs_pull_request", "repository_id", "pull_request"),
)

ATTEMPTS = sa.Table(
    "mtor_attempts",
    METADATA,
    sa.Column("job", sa.String(80), sa.ForeignKey(JOBS.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("not_before", sa.Float, nullable=False, server_default="0"),
    # Set before the request is sent, so that a crash cannot hide that it was.
    sa.Column("intended_at", sa.Float),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    # How many requests for a run may have been carried out; counted before each is sent.
    sa.Column("dispatches", sa.Integer, nullable=False, server_default="0"),
    sa.Column("run_id", sa.BigInteger),
    sa.Column("run_url", sa.Text, nullable=False, server_default=""),
    # The job that the run is named after, if an event run started it; "" for the one of this row.
    sa.Column("named", sa.String(80), nullable=False, server_default=""),
    sa.Column("cancel_sent_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Column("republished", sa.Integer, nullable=False, server_default="0"),
    sa.Index("mtor_attempts_run", "repository_id", "run_id"),
)

HISTORY = sa.Table(
    "mtor_history",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(80), sa.ForeignKey(JOBS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

# The histories of jobs that ended long ago: a row a job instead of one a line.
OLD_HISTORIES = sa.Table(
    "mtor_old_histories",
    METADATA,
    sa.Column("job", sa.String(80), sa.ForeignKey(JOBS.c.id, ondelete="CASCADE"), primary_key=True),
    # JSON: a list of [moment, state, note], oldest first.
    sa.Column("lines", sa.Text, nullable=False),
)

TRIGGERS = sa.Table(
    "mtor_triggers",
    METADATA,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("job", sa.String(80), nullable=False),
    sa.Column("accepted_at", sa.Float, nullable=False),
)

REPOSITORIES = sa.Table(
    "mtor_repositories",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("full_name", sa.Text, nullable=False),
)

# The page of the last night that was written, for /night.
NIGHTS = sa.Table(
    "mtor_nights",
    METADATA,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("page", sa.Text, nullable=False),
)

PULLS = sa.Table(
    "mtor_pulls",
    METADATA,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
)

# Deliveries that were acknowledged and are still to be put on the durable queue, in the order in which they came.
INBOX = sa.Table(
    "mtor_inbox",
    METADATA,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    # The id of the durable workflow that will act on it.
    sa.Column("id", sa.String(120), nullable=False, unique=True),
    # The event's stored form, as JSON.
    sa.Column("event", sa.Text, nullable=False),
)

# Comments and reviews whose command was accepted: each has one effect, whatever delivery brings it.
COMMANDS = sa.Table(
    "mtor_commands",
    METADATA,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    # Its kind and id, such as `comment-123`.
    sa.Column("source", sa.String(80), primary_key=True),
    # The stored delivery that acts on it, "" if nobody stored one.
    sa.Column("delivery", sa.String(120), nullable=False, server_default=""),
    sa.Column("heard_at", sa.Float, nullable=False, index=True),
    sa.Column("done_at", sa.Float),
)

EXECUTORS = sa.Table(
    "mtor_executors",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    # Other executors watch whether it grows; no clocks are compared.
    sa.Column("beats", sa.BigInteger, nullable=False, server_default="0"),
    # A lease that was taken; kept until its durable workflows are adopted.
    sa.Column("taken", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Rows that a transaction writes first, so that one at a time runs; `at` is when it last did.
TURNS = sa.Table(
    "mtor_turns",
    METADATA,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

TOKEN_IDS = sa.Table(
    "mtor_token_ids",
    METADATA,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("expires_at", sa.Float, nullable=False, index=True),
)

# The status comment of an issue: its text beside the jobs' states, and the executor that may edit it.
SPEECH = sa.Table(
    "mtor_speech",
    METADATA,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    # The executor that may edit, "" for none.
    sa.Column("holder", sa.String(64), nullable=False, server_default=""),
    # Markdown below the state of the jobs.
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    # Written by earlier releases, whose replicas may still run beside this one.
    sa.Column("hides", sa.String(80), nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("spoken_at", sa.Float, nullable=False, server_default="0"),
    # The comment's id, 0 while it is not known, and the SHA-256 of its text.
    sa.Column("comment_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("comment_digest", sa.String(64), nullable=False, server_default=""),
    # The page of an event run's status comment that GitHub did not let the App edit.
    sa.Column("continues", sa.Text, nullable=False, server_default=""),
    # The label that was last set.
    sa.Column("label", sa.String(64), nullable=False, server_default=""),
    # The digest of the spec whose plan was shown last, a blank, and the comment (0: none) that was answered by it.
    sa.Column("planned", sa.String(90), nullable=False, server_default=""),
)

# The end of a rate limit of an installation (0: of the App itself); nothing is sent before it.
LIMITS = sa.Table(
    "mtor_limits",
    METADATA,
    sa.Column("installation_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("until", sa.Float, nullable=False),
)

VERSION = sa.Table("mtor_version", METADATA, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
