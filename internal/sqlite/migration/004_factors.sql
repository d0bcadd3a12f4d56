-- What a complete identity provider keeps: second factors, devices, tickets,
-- mails and throttles; the rules of providers; streams of back-channel logout;
-- and what became of a signal.

-- +goose Up

ALTER TABLE users ADD COLUMN recovery_email TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN must_change_password INTEGER NOT NULL DEFAULT 0
  CHECK (must_change_password IN (0, 1));

-- A passkey has no secret. What else verifies a credential is sealed as its
-- secret is, for it may hold hashes of codes that are short.
ALTER TABLE credentials ALTER COLUMN secret DROP NOT NULL;
ALTER TABLE credentials ADD COLUMN data BLOB;
ALTER TABLE credentials ADD COLUMN used_at INTEGER;

CREATE TABLE devices (
  id               TEXT PRIMARY KEY,
  user_id          TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  token_hash       BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  user_agent       TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  seen_at          INTEGER NOT NULL,
  remembered_until INTEGER
) STRICT;

CREATE INDEX devices_of_user ON devices (user_id, created_at);
CREATE INDEX devices_by_sight ON devices (seen_at);

CREATE TABLE tickets (
  hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
  kind       TEXT NOT NULL CHECK (kind <> ''),
  user_id    TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  email      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT;

CREATE INDEX tickets_of_user ON tickets (user_id);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE TABLE mails (
  -- AUTOINCREMENT, so that the text of an erased mail cannot be read as that
  -- of a later one: it is sealed for its number.
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  recipient   TEXT NOT NULL CHECK (recipient <> ''),
  subject     TEXT NOT NULL,
  text        BLOB,
  created_at  INTEGER NOT NULL,
  tries       INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  sent_at     INTEGER,
  given_up_at INTEGER,
  err         TEXT NOT NULL
) STRICT;

-- What is due, without a look at what was sent.
CREATE INDEX mails_due ON mails (next_at) WHERE sent_at IS NULL AND given_up_at IS NULL;

-- Two indexes, because a sweep takes mails that ended either way.
CREATE INDEX mails_by_sending ON mails (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mails_by_giving_up ON mails (given_up_at) WHERE given_up_at IS NOT NULL;

-- No reference to users: most of what is counted is about names that nobody
-- has, and networks.
CREATE TABLE throttles (
  key      TEXT PRIMARY KEY CHECK (octet_length(key) BETWEEN 1 AND 100),
  level    REAL NOT NULL,
  at       INTEGER NOT NULL,
  failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX throttles_by_time ON throttles (at);

ALTER TABLE applications ADD COLUMN policy TEXT NOT NULL DEFAULT '';

ALTER TABLE oidc_providers ADD COLUMN backchannel_logout_uri TEXT NOT NULL DEFAULT '';

ALTER TABLE ssf_providers ADD COLUMN subject_format TEXT NOT NULL DEFAULT '';
ALTER TABLE ssf_providers ADD COLUMN hold_back TEXT NOT NULL DEFAULT '[]';
ALTER TABLE ssf_providers ADD COLUMN tell_timeouts INTEGER NOT NULL DEFAULT 0
  CHECK (tell_timeouts IN (0, 1));

-- A stream belongs to an SSF provider, or to the OIDC provider of which it
-- tells the end of sessions. Each has a column of its own, so that the schema
-- knows what the stream goes with. The method says which one is set.
ALTER TABLE streams RENAME COLUMN provider_id TO ssf_provider_id;
ALTER TABLE streams ALTER COLUMN ssf_provider_id DROP NOT NULL;
ALTER TABLE streams ADD COLUMN oidc_provider_id TEXT REFERENCES oidc_providers ON DELETE CASCADE;

-- The check of the old column does not know the third method and has no name
-- by which it could be dropped.
ALTER TABLE streams RENAME COLUMN method TO old_method;
ALTER TABLE streams ADD COLUMN method TEXT;
UPDATE streams SET method = old_method;
ALTER TABLE streams DROP COLUMN old_method;
ALTER TABLE streams ALTER COLUMN method SET NOT NULL;
ALTER TABLE streams ADD CONSTRAINT streams_method
  CHECK (method IN ('urn:ietf:rfc:8935', 'urn:ietf:rfc:8936', 'openid-backchannel-logout'));
ALTER TABLE streams ADD CONSTRAINT streams_provider
  CHECK ((ssf_provider_id IS NULL) = (method = 'openid-backchannel-logout')
    AND (oidc_provider_id IS NULL) = (method <> 'openid-backchannel-logout'));

-- Unique: all that an OIDC provider has to say goes to one URI.
CREATE UNIQUE INDEX streams_of_oidc_provider ON streams (oidc_provider_id)
  WHERE oidc_provider_id IS NOT NULL;

ALTER TABLE signals ADD COLUMN cause TEXT NOT NULL DEFAULT '';

-- The signals of one change.
CREATE INDEX signals_of_txn ON signals (txn);

-- The last attempt at anything when the payload was stored: those at its
-- deliveries have greater ids. It lets a look-up of what became of a delivery
-- begin there, instead of an index that each attempt would have to enter.
ALTER TABLE payloads ADD COLUMN after_attempt INTEGER NOT NULL DEFAULT 0;

-- The names of actor and object, the reason and the address in lower case, a
-- line each: what a search looks through. The program folds it; entries from
-- before this column keep letters beyond ASCII as they were.
ALTER TABLE audit ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE audit SET search = lower(actor_name || char(10) || object_name || char(10) || reason || char(10) || actor_address);

CREATE INDEX audit_by_action ON audit (action);
-- All actions on a noun: the part of the action up to the first dot.
CREATE INDEX audit_by_area ON audit (substr(action, 1, instr(action, '.')));
CREATE INDEX audit_of_txn ON audit (txn) WHERE txn <> '';
CREATE INDEX audit_by_time ON audit (at);
