-- Streams, and the log that feeds them: signals, deliveries, and what became
-- of deliveries. Signals, payloads and deliveries are only appended and
-- erased; positions is the one row per stream that changes as SETs are
-- acknowledged.

-- +goose Up

CREATE TABLE streams (
  -- AUTOINCREMENT, so that the number of a deleted stream is not given again:
  -- jti values are made from it.
  num              INTEGER PRIMARY KEY AUTOINCREMENT,
  stream_id        TEXT NOT NULL UNIQUE,
  provider_id      TEXT NOT NULL REFERENCES ssf_providers ON DELETE CASCADE,
  application_id   TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  audience         TEXT NOT NULL,
  -- NULL when the Receiver did not say, which is not the same as none.
  events_requested TEXT,
  description      TEXT NOT NULL,
  method           TEXT NOT NULL CHECK (method IN ('urn:ietf:rfc:8935', 'urn:ietf:rfc:8936')),
  endpoint_url     TEXT NOT NULL,
  authorization    BLOB,
  status           TEXT NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled')),
  reason           TEXT NOT NULL,
  status_by        TEXT NOT NULL,
  default_subjects TEXT NOT NULL CHECK (default_subjects IN ('ALL', 'NONE')),
  from_signal      INTEGER NOT NULL,
  active_at        INTEGER NOT NULL,
  verification_at  INTEGER,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX streams_of_provider ON streams (provider_id);
CREATE INDEX streams_of_application ON streams (application_id);

CREATE TABLE stream_subjects (
  -- A subject that is put again gets a new id, so that the order of ids is
  -- the order in which the Receiver spoke.
  id       INTEGER PRIMARY KEY,
  stream   INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  key      TEXT NOT NULL,
  subject  TEXT NOT NULL,
  removed  INTEGER NOT NULL CHECK (removed IN (0, 1)),
  verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
  at       INTEGER NOT NULL,
  UNIQUE (stream, key)
) STRICT;

CREATE INDEX stream_subjects_in_order ON stream_subjects (stream);

-- The keys under which fan-out finds the subjects that may match an event,
-- instead of comparing it with all of them.
CREATE TABLE stream_subject_keys (
  stream     INTEGER NOT NULL,
  key        TEXT NOT NULL,
  subject_id INTEGER NOT NULL REFERENCES stream_subjects ON DELETE CASCADE,
  PRIMARY KEY (stream, key, subject_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX stream_subject_keys_of_subject ON stream_subject_keys (subject_id);

CREATE TABLE signals (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  at                INTEGER NOT NULL,
  txn               TEXT NOT NULL,
  type              TEXT NOT NULL,
  event             TEXT NOT NULL,
  -- None of these is a reference: a signal outlives whom it is about.
  user_id           TEXT,
  email             TEXT NOT NULL,
  session_id        TEXT,
  group_ids         TEXT NOT NULL,
  application_id    TEXT,
  -- The one stream that it is addressed to, or 0.
  stream            INTEGER NOT NULL
) STRICT;

-- The signals of one user, read backwards by id.
CREATE INDEX signals_about_user ON signals (user_id) WHERE user_id IS NOT NULL;

-- One row, because there is one fan-out.
CREATE TABLE fan_out_position (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  signal_id INTEGER NOT NULL
) STRICT;

INSERT INTO fan_out_position (one, signal_id) VALUES (1, 0);

-- What SETs say, once for all streams to which it is said alike.
CREATE TABLE payloads (
  id        INTEGER PRIMARY KEY,
  signal_id INTEGER NOT NULL REFERENCES signals ON DELETE CASCADE,
  -- SHA-256 of the payload. The unique key also leads from a signal to its
  -- payloads.
  hash      BLOB NOT NULL CHECK (length(hash) = 32),
  payload   TEXT NOT NULL,
  UNIQUE (signal_id, hash)
) STRICT;

-- The hot table: about 40 bytes a row. It has no rowid, so that a stream's
-- deliveries lie side by side in the order in which they are read.
CREATE TABLE deliveries (
  stream     INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  seq        INTEGER NOT NULL CHECK (seq > 0),
  payload_id INTEGER NOT NULL REFERENCES payloads,
  order_key  INTEGER NOT NULL,
  -- Seconds since 1970, as in the SET.
  iat        INTEGER NOT NULL,
  control    INTEGER NOT NULL CHECK (control IN (0, 1)),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

-- Control deliveries overtake held ones; they are few among many.
CREATE INDEX deliveries_control ON deliveries (stream, seq) WHERE control = 1;

-- What has expired, without a look at what has not.
CREATE INDEX deliveries_by_expiry ON deliveries (stream, expires_at);

-- Tells whether a payload is still needed.
CREATE INDEX deliveries_of_payload ON deliveries (payload_id);

-- The signals that no delivery needs, so that a sweep finds the few that may
-- go without a look at the many that may not. Those that had no delivery from
-- the start are added when fan-out has passed them, the others by the triggers
-- below, which also see what a deleted stream takes along.
CREATE TABLE free_signals (
  signal_id INTEGER PRIMARY KEY REFERENCES signals ON DELETE CASCADE
) STRICT;

-- +goose StatementBegin
-- A payload goes with its last delivery: it says things about people.
CREATE TRIGGER deliveries_release_payload AFTER DELETE ON deliveries
WHEN NOT EXISTS (SELECT 1 FROM deliveries WHERE payload_id = OLD.payload_id)
BEGIN
  DELETE FROM payloads WHERE id = OLD.payload_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER payloads_release_signal AFTER DELETE ON payloads
WHEN NOT EXISTS (SELECT 1 FROM payloads WHERE signal_id = OLD.signal_id)
  AND EXISTS (SELECT 1 FROM signals WHERE id = OLD.signal_id)
BEGIN
  INSERT OR IGNORE INTO free_signals (signal_id) VALUES (OLD.signal_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER payloads_need_signal AFTER INSERT ON payloads
BEGIN
  DELETE FROM free_signals WHERE signal_id = NEW.signal_id;
END;
-- +goose StatementEnd

CREATE TABLE positions (
  stream      INTEGER PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
  -- The greatest sequence number ever given. Kept here, since the delivery
  -- that had it may be erased and a number must not be given twice.
  last_seq    INTEGER NOT NULL CHECK (last_seq >= 0),
  floor       INTEGER NOT NULL CHECK (floor BETWEEN 0 AND last_seq),
  -- Settled sequence numbers above the floor, as varints of the distances.
  above       BLOB NOT NULL
) STRICT;

CREATE TABLE exceptions (
  stream    INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  order_key INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('retry', 'dead_letter')),
  tries     INTEGER NOT NULL,
  next_at   INTEGER,
  kid       TEXT NOT NULL,
  jws       TEXT NOT NULL,
  status    INTEGER NOT NULL,
  err       TEXT NOT NULL,
  detail    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (stream, seq),
  FOREIGN KEY (stream, seq) REFERENCES deliveries ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX exceptions_due ON exceptions (next_at) WHERE kind = 'retry';

CREATE TABLE attempts (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  stream   INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  from_seq INTEGER NOT NULL,
  to_seq   INTEGER NOT NULL CHECK (to_seq >= from_seq),
  at       INTEGER NOT NULL,
  -- Microseconds: many a Receiver answers within the first millisecond.
  took     INTEGER NOT NULL,
  outcome  TEXT NOT NULL,
  status   INTEGER NOT NULL,
  err      TEXT NOT NULL,
  detail   TEXT NOT NULL
) STRICT;

CREATE INDEX attempts_of_stream ON attempts (stream);

CREATE TABLE handouts (
  stream INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  kid    TEXT NOT NULL,
  jws    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (stream, seq),
  FOREIGN KEY (stream, seq) REFERENCES deliveries ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE stream_health (
  stream        INTEGER PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
  failures      INTEGER NOT NULL,
  next_at       INTEGER,
  last_ok_at    INTEGER,
  failed_at     INTEGER,
  failing_since INTEGER,
  err           TEXT NOT NULL,
  detail        TEXT NOT NULL
) STRICT;
