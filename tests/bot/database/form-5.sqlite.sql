CREATE TABLE mtor_commands (
  repository_id BIGINT NOT NULL,
  source VARCHAR(80) NOT NULL,
  delivery VARCHAR(120) DEFAULT '' NOT NULL,
  heard_at FLOAT NOT NULL,
  done_at FLOAT,
  PRIMARY KEY (repository_id, source)
);

CREATE INDEX ix_mtor_commands_heard_at ON mtor_commands (heard_at);

CREATE TABLE mtor_executors (
  id VARCHAR(64) NOT NULL,
  host TEXT NOT NULL,
  started_at FLOAT NOT NULL,
  beats BIGINT DEFAULT '0' NOT NULL,
  taken BOOLEAN DEFAULT 0 NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE mtor_inbox (
  position INTEGER NOT NULL,
  id VARCHAR(120) NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (position),
  UNIQUE (id)
);

CREATE TABLE mtor_jobs (
  position INTEGER NOT NULL,
  id VARCHAR(80) NOT NULL,
  state VARCHAR(16) NOT NULL,
  installation_id BIGINT NOT NULL,
  repository_id BIGINT NOT NULL,
  repository TEXT NOT NULL,
  number BIGINT NOT NULL,
  is_pull_request BOOLEAN NOT NULL,
  title TEXT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  pins TEXT NOT NULL,
  requester TEXT NOT NULL,
  trigger_kind VARCHAR(32) NOT NULL,
  trigger_id BIGINT NOT NULL,
  target_branch TEXT NOT NULL,
  base_ref TEXT NOT NULL,
  coaching VARCHAR(64) NOT NULL,
  authors TEXT DEFAULT '[]' NOT NULL,
  "after" TEXT DEFAULT '[]' NOT NULL,
  held BOOLEAN DEFAULT 0 NOT NULL,
  created_at FLOAT NOT NULL,
  admitted_at FLOAT,
  waits_for TEXT DEFAULT '' NOT NULL,
  cancelled_by TEXT DEFAULT '' NOT NULL,
  generation INTEGER DEFAULT '1' NOT NULL,
  shown VARCHAR(16) DEFAULT '' NOT NULL,
  faults INTEGER DEFAULT '0' NOT NULL,
  outcome VARCHAR(16) DEFAULT '' NOT NULL,
  reason TEXT DEFAULT '' NOT NULL,
  next_step TEXT DEFAULT '' NOT NULL,
  pull_request BIGINT,
  finished_at FLOAT,
  told_at FLOAT,
  PRIMARY KEY (position),
  UNIQUE (id)
);

CREATE INDEX mtor_jobs_admitted ON mtor_jobs (admitted_at);

CREATE UNIQUE INDEX mtor_jobs_identity ON mtor_jobs (repository_id, number, digest) WHERE state <> 'finished';

CREATE INDEX mtor_jobs_place ON mtor_jobs (repository_id, number);

CREATE INDEX mtor_jobs_state ON mtor_jobs (state, position);

CREATE INDEX mtor_jobs_told ON mtor_jobs (told_at);

CREATE TABLE mtor_limits (
  installation_id BIGINT NOT NULL,
  until FLOAT NOT NULL,
  PRIMARY KEY (installation_id)
);

CREATE TABLE mtor_pulls (
  repository_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (repository_id, number)
);

CREATE TABLE mtor_repositories (
  id BIGINT NOT NULL,
  installation_id BIGINT NOT NULL,
  full_name TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE mtor_speech (
  repository_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  holder VARCHAR(64) DEFAULT '' NOT NULL,
  text TEXT DEFAULT '' NOT NULL,
  hides VARCHAR(80) DEFAULT '' NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  spoken_at FLOAT DEFAULT '0' NOT NULL,
  comment_id BIGINT DEFAULT '0' NOT NULL,
  comment_digest VARCHAR(64) DEFAULT '' NOT NULL,
  continues TEXT DEFAULT '' NOT NULL,
  label VARCHAR(64) DEFAULT '' NOT NULL,
  planned VARCHAR(90) DEFAULT '' NOT NULL,
  PRIMARY KEY (repository_id, number)
);

CREATE TABLE mtor_token_ids (
  id VARCHAR(255) NOT NULL,
  expires_at FLOAT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX ix_mtor_token_ids_expires_at ON mtor_token_ids (expires_at);

CREATE TABLE mtor_triggers (
  repository_id BIGINT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  job VARCHAR(80) NOT NULL,
  accepted_at FLOAT NOT NULL,
  PRIMARY KEY (repository_id, kind, id)
);

CREATE TABLE mtor_turns (
  name VARCHAR(32) NOT NULL,
  at FLOAT NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE mtor_version (
  version INTEGER NOT NULL,
  PRIMARY KEY (version)
);

CREATE TABLE mtor_attempts (
  job VARCHAR(80) NOT NULL,
  attempt INTEGER NOT NULL,
  repository_id BIGINT NOT NULL,
  not_before FLOAT DEFAULT '0' NOT NULL,
  intended_at FLOAT,
  accepted BOOLEAN DEFAULT 0 NOT NULL,
  dispatches INTEGER DEFAULT '0' NOT NULL,
  run_id BIGINT,
  run_url TEXT DEFAULT '' NOT NULL,
  named VARCHAR(80) DEFAULT '' NOT NULL,
  cancel_sent_at FLOAT,
  ended_at FLOAT,
  republished INTEGER DEFAULT '0' NOT NULL,
  PRIMARY KEY (job, attempt),
  FOREIGN KEY(job) REFERENCES mtor_jobs (id) ON DELETE CASCADE
);

CREATE INDEX mtor_attempts_run ON mtor_attempts (repository_id, run_id);

CREATE TABLE mtor_history (
  id INTEGER NOT NULL,
  job VARCHAR(80) NOT NULL,
  at FLOAT NOT NULL,
  state VARCHAR(16) NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(job) REFERENCES mtor_jobs (id) ON DELETE CASCADE
);

CREATE INDEX ix_mtor_history_job ON mtor_history (job);
