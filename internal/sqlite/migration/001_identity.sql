-- Users and what hangs on them: credentials, sessions, grants and tokens.
--
-- In all tables times are milliseconds since 1970, and NULL where the Go value
-- is zero; lists are JSON arrays; hashes are the 32 bytes of a SHA-256; columns
-- of secrets hold what the sealer made of them.

-- +goose Up

CREATE TABLE users (
  id          TEXT PRIMARY KEY,
  username    TEXT NOT NULL CHECK (username <> ''),
  email       TEXT NOT NULL,
  name        TEXT NOT NULL,
  -- User name, address and name in lower case, a line each: what a search
  -- looks through. It is folded by the program, so that both databases agree
  -- on letters beyond ASCII.
  search      TEXT NOT NULL,
  admin       INTEGER NOT NULL CHECK (admin IN (0, 1)),
  disabled_at INTEGER,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

-- The order of the user list, and where its next page begins.
CREATE INDEX users_by_name ON users (lower(username));

-- What users sign in with, in lower case: user names and addresses in one
-- column, because one must not be another user's other.
CREATE TABLE logins (
  login   TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX logins_of_user ON logins (user_id);

CREATE TABLE groups (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  -- The name in lower case, so that it is unique regardless of case.
  name_key   TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
  group_id TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
  user_id  TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

-- Each signal carries the groups of its user.
CREATE INDEX members_of_user ON members (user_id);

CREATE TABLE credentials (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  kind       TEXT NOT NULL CHECK (kind <> ''),
  name       TEXT NOT NULL,
  secret     BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX credentials_of_user ON credentials (user_id, created_at);

CREATE TABLE sessions (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  token_hash   BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at   INTEGER NOT NULL,
  auth_time    INTEGER NOT NULL,
  amr          TEXT NOT NULL,
  acr          TEXT NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  address      TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  ended_at     INTEGER,
  end_reason   TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_of_user ON sessions (user_id, created_at);

-- Two indexes, because a sweep takes sessions that are past either time.
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE used_once (
  kind       TEXT NOT NULL,
  value_hash BLOB NOT NULL CHECK (length(value_hash) = 32),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (kind, value_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_once_by_expiry ON used_once (expires_at);

-- Counters that say when something cached has to be read again.
CREATE TABLE versions (
  name    TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO versions (name, version) VALUES ('config', 1);

CREATE TABLE audit (
  -- AUTOINCREMENT, so that the number of an erased entry is not given again.
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  at               INTEGER NOT NULL,
  actor_kind       TEXT NOT NULL,
  actor_id         TEXT NOT NULL,
  actor_name       TEXT NOT NULL,
  actor_address    TEXT NOT NULL,
  actor_user_agent TEXT NOT NULL,
  actor_session    TEXT NOT NULL,
  action           TEXT NOT NULL,
  object_kind      TEXT NOT NULL,
  object_id        TEXT NOT NULL,
  object_name      TEXT NOT NULL,
  reason           TEXT NOT NULL,
  outcome          TEXT NOT NULL,
  txn              TEXT NOT NULL
) STRICT;

-- Each of the three lists is read backwards by id, which SQLite keeps at the
-- end of every index.
CREATE INDEX audit_by_object ON audit (object_id);
CREATE INDEX audit_by_kind ON audit (object_kind);
CREATE INDEX audit_by_actor ON audit (actor_id);

CREATE TABLE api_tokens (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
