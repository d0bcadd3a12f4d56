-- Sessions that were not used for too long are looked for each minute.

-- +goose Up

CREATE INDEX sessions_by_use ON sessions (last_seen_at) WHERE ended_at IS NULL;
