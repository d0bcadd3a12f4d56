// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/internal/sqlite"
)

// growing are the tables that grow with users or with what they do, so that no
// statement may look at all of their rows.
var growing = strings.Fields(`users logins members credentials devices tickets mails throttles sessions session_applications grants auth_requests access_tokens
	refresh_tokens used_once audit stream_subjects stream_subject_keys signals payloads deliveries attempts
	exceptions handouts`)

// scans are the statements that may all the same, by a part of their text.
var scans = []struct{ part, why string }{
	{"count(CASE WHEN admin", "counting users, for the console"},
	{"instr(search, ?)", "a search for a part of a name can use no index"},
	{"FROM users ORDER BY lower(username) LIMIT", "the first page, along the index"},
	{"FROM audit ORDER BY id DESC LIMIT", "the newest page, along the primary key"},
	{"IN (SELECT id FROM attempts ORDER BY id LIMIT", "the oldest attempts, along the primary key"},
	{"OR EXISTS (SELECT 1 FROM handouts WHERE kid", "before a key is removed; both tables are small"},
}

// uses are the indexes that statements about much have to use, by a part of
// their text.
var uses = []struct{ part, index string }{
	{"FROM deliveries WHERE stream = ? AND expires_at <= ?", "deliveries_by_expiry (stream=? AND expires_at<?)"},
	{"d.seq > ? AND d.control = 1", "deliveries_control (stream=? AND seq>?)"},
	{"d.seq > ? ORDER BY", "SEARCH d USING PRIMARY KEY (stream=? AND seq>?)"},
	{"kind = 'retry' AND next_at <= ?", "exceptions_due (next_at<?)"},
	{"FROM signals WHERE user_id = ?", "signals_about_user (user_id=?)"},
	{"FROM attempts WHERE stream = ?", "attempts_of_stream (stream=?)"},
	{"FROM stream_subject_keys", "PRIMARY KEY (stream=? AND key=?)"},
	{"FROM sessions WHERE expires_at < ? OR ended_at < ?", "sessions_by_end (ended_at<?)"},
	{"ended_at IS NULL AND last_seen_at <= ?", "sessions_by_use (last_seen_at<?)"},
}

// checkPlans looks at how SQLite would run the statements that a test made.
func checkPlans(t *testing.T, db *sqlite.DB, statements []string) {
	for _, s := range statements {
		if strings.HasPrefix(s, "BEGIN") || s == "COMMIT" || s == "ROLLBACK" {
			continue
		}
		plan, err := db.Plan(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range uses {
			if strings.Contains(s, u.part) && !strings.Contains(strings.Join(plan, "\n"), u.index) {
				t.Errorf("plan %q, want %s\n%s", plan, u.index, s)
			}
		}
		for _, step := range plan {
			if slices.Contains(growing, scanned(s, step)) && !mayScan(s) {
				t.Errorf("%s\n%s", step, s)
			}
			if strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") && readsLog(s) {
				t.Errorf("%s\n%s", step, s)
			}
		}
	}
}

// readsLog reports whether a statement reads a log, which has to come along an
// index in the order that is wanted.
func readsLog(statement string) bool {
	for _, table := range []string{"signals", "attempts", "audit", "mails"} {
		if strings.Contains(statement, "FROM "+table) {
			return true
		}
	}
	return false
}

// scanned returns the table that a step reads from one end to the other, or
// nothing. A step calls a table by its alias in the statement.
func scanned(statement, step string) string {
	words := strings.Fields(step)
	if len(words) < 2 || words[0] != "SCAN" {
		return ""
	}
	aliased := regexp.MustCompile(`(?:FROM|JOIN) (\w+) ` + regexp.QuoteMeta(words[1]) + `\b`)
	if m := aliased.FindStringSubmatch(statement); m != nil {
		return m[1]
	}
	return words[1]
}

func mayScan(statement string) bool {
	for _, s := range scans {
		if strings.Contains(statement, s.part) {
			return true
		}
	}
	return false
}

func TestForeignKeysHaveIndexes(t *testing.T) {
	db := open(t, config(t))
	columns, err := db.Unindexed(t.Context())
	if err != nil || len(columns) > 0 {
		t.Errorf("columns without an index: %v, %v, want none", columns, err)
	}
}
