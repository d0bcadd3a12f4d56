-- Which applications got tokens through a session, for as long as the session
-- is on record: tokens are swept long before a session of thirty days ends,
-- and an application that nobody remembers would not be told of it.

-- +goose Up

CREATE TABLE session_applications (
  -- No reference, as in the tables of tokens; the trigger takes it along.
  session_id     TEXT NOT NULL,
  application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
  PRIMARY KEY (session_id, application_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_applications_of_application ON session_applications (application_id);

INSERT INTO session_applications (session_id, application_id)
SELECT session_id, application_id FROM access_tokens WHERE session_id IS NOT NULL
UNION SELECT session_id, application_id FROM refresh_tokens WHERE session_id IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER sessions_forget_applications AFTER DELETE ON sessions
BEGIN
  DELETE FROM session_applications WHERE session_id = OLD.id;
END;
-- +goose StatementEnd
