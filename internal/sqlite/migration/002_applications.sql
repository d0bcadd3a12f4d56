-- Applications, their providers, the keys that sign, and what users let
-- applications have.

-- +goose Up

CREATE TABLE applications (
  id         TEXT PRIMARY KEY,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  icon       TEXT NOT NULL,
  launch_url TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE application_groups (
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  group_id       TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
  PRIMARY KEY (application_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX application_groups_of_group ON application_groups (group_id);

CREATE TABLE oidc_providers (
  id                        TEXT PRIMARY KEY,
  -- Unique: an application has at most one main provider. NULL is a provider
  -- that is not assigned, of which there may be many.
  application_id            TEXT UNIQUE REFERENCES applications ON DELETE SET NULL,
  name                      TEXT NOT NULL,
  client_id                 TEXT NOT NULL UNIQUE,
  secret_hash               BLOB CHECK (length(secret_hash) = 32),
  auth_method               TEXT NOT NULL,
  jwks                      TEXT,
  redirect_uris             TEXT NOT NULL,
  post_logout_redirect_uris TEXT NOT NULL,
  grants                    TEXT NOT NULL,
  -- Lifetimes are milliseconds.
  access_token_lifetime     INTEGER NOT NULL,
  id_token_lifetime         INTEGER NOT NULL,
  refresh_token_lifetime    INTEGER NOT NULL,
  skip_consent              INTEGER NOT NULL CHECK (skip_consent IN (0, 1)),
  created_at                INTEGER NOT NULL,
  updated_at                INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  algorithm  TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE key_versions (
  kid         TEXT PRIMARY KEY,
  key_id      TEXT NOT NULL REFERENCES signing_keys ON DELETE CASCADE,
  public      BLOB NOT NULL,
  private     BLOB,
  created_at  INTEGER NOT NULL,
  active_from INTEGER NOT NULL,
  removed_at  INTEGER
) STRICT;

CREATE INDEX key_versions_of_key ON key_versions (key_id, active_from);

CREATE TABLE ssf_providers (
  id                        TEXT PRIMARY KEY,
  application_id            TEXT REFERENCES applications ON DELETE SET NULL,
  name                      TEXT NOT NULL,
  slug                      TEXT NOT NULL UNIQUE,
  -- Without an action: a key in use cannot be deleted.
  signing_key_id            TEXT NOT NULL REFERENCES signing_keys,
  -- Durations are milliseconds; an inactivity timeout of 0 never pauses.
  event_retention           INTEGER NOT NULL CHECK (event_retention > 0),
  verify_tls                INTEGER NOT NULL CHECK (verify_tls IN (0, 1)),
  min_verification_interval INTEGER NOT NULL,
  inactivity_timeout        INTEGER NOT NULL,
  event_types               TEXT NOT NULL,
  default_subjects          TEXT NOT NULL CHECK (default_subjects IN ('ALL', 'NONE')),
  audiences                 TEXT NOT NULL,
  created_at                INTEGER NOT NULL,
  updated_at                INTEGER NOT NULL
) STRICT;

CREATE INDEX ssf_providers_of_application ON ssf_providers (application_id);
CREATE INDEX ssf_providers_of_key ON ssf_providers (signing_key_id);

CREATE TABLE grants (
  id             TEXT PRIMARY KEY,
  user_id        TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  scopes         TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  UNIQUE (user_id, application_id)
) STRICT;

CREATE INDEX grants_of_application ON grants (application_id);

CREATE TABLE auth_requests (
  id             TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  client_id      TEXT NOT NULL,
  redirect_uri   TEXT NOT NULL,
  response_type  TEXT NOT NULL,
  response_mode  TEXT NOT NULL,
  state          TEXT NOT NULL,
  nonce          TEXT NOT NULL,
  scopes         TEXT NOT NULL,
  challenge      TEXT NOT NULL,
  prompt         TEXT NOT NULL,
  -- Milliseconds; NULL when the client did not ask, for 0 means now.
  max_age        INTEGER,
  login_hint     TEXT NOT NULL,
  acr_values     TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  user_id        TEXT REFERENCES users ON DELETE CASCADE,
  -- Not a reference: sessions are swept before what came of them.
  session_id     TEXT,
  auth_time      INTEGER,
  amr            TEXT NOT NULL,
  acr            TEXT NOT NULL,
  done           INTEGER NOT NULL CHECK (done IN (0, 1)),
  code_hash      BLOB UNIQUE CHECK (length(code_hash) = 32),
  code_used_at   INTEGER,
  family_id      TEXT
) STRICT;

CREATE INDEX auth_requests_of_application ON auth_requests (application_id);
CREATE INDEX auth_requests_of_user ON auth_requests (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX auth_requests_by_expiry ON auth_requests (expires_at);

CREATE TABLE access_tokens (
  id             TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  client_id      TEXT NOT NULL,
  user_id        TEXT REFERENCES users ON DELETE CASCADE,
  session_id     TEXT,
  family_id      TEXT,
  scopes         TEXT NOT NULL,
  audience       TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  revoked_at     INTEGER
) STRICT;

-- One index for each way to revoke tokens, and one for the sweep.
CREATE INDEX access_tokens_of_application ON access_tokens (application_id);
CREATE INDEX access_tokens_of_user ON access_tokens (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX access_tokens_of_session ON access_tokens (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX access_tokens_of_family ON access_tokens (family_id) WHERE family_id IS NOT NULL;
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE refresh_tokens (
  hash            BLOB PRIMARY KEY CHECK (length(hash) = 32),
  family_id       TEXT NOT NULL,
  application_id  TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  client_id       TEXT NOT NULL,
  user_id         TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  session_id      TEXT,
  scopes          TEXT NOT NULL,
  audience        TEXT NOT NULL,
  auth_time       INTEGER,
  amr             TEXT NOT NULL,
  acr             TEXT NOT NULL,
  access_token_id TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  used_at         INTEGER,
  revoked_at      INTEGER
) STRICT;

CREATE INDEX refresh_tokens_of_application ON refresh_tokens (application_id);
CREATE INDEX refresh_tokens_of_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
