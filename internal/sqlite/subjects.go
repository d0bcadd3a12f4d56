// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/subject"
)

const subjectColumns = `stream, subject, removed, verified, at`

func scanSubject(r row) (idp.StreamSubject, error) {
	var s idp.StreamSubject
	var text []byte
	err := r.Scan(&s.Stream, &text, &s.Removed, &s.Verified, asTime{&s.At})
	if err != nil {
		return s, err
	}
	s.Subject, err = subject.Parse(text)
	if err != nil {
		err = &columnError{want: "a subject", got: text, err: err}
	}
	return s, err
}

// candidateKeys are the keys that lead to a subject. Whatever subject.Match
// could hold for shares one of them; so do a simple subject and a complex one
// that has it as a member.
func candidateKeys(id subject.Identifier) []string {
	keys := subject.MatchKeys(id)
	if c, ok := id.(subject.Complex); ok {
		for _, member := range c {
			keys = append(keys, subject.MatchKeys(member)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// PutSubject replaces the row, and with it the keys, to put the subject at the
// end of the list.
func (t *tx) PutSubject(s idp.StreamSubject) error {
	what := "subject of " + streamName(s.Stream)
	text, err := s.Subject.MarshalJSON()
	if err != nil {
		return idp.Invalid("subject", "has no JSON: %v", err)
	}
	if err := t.DeleteSubject(s.Stream, s.Subject); err != nil {
		return err
	}
	key := subject.Key(s.Subject)
	err = t.insert(what, "stream_subjects", subjectColumns+", key",
		s.Stream, string(text), s.Removed, s.Verified, t.created(s.At), key)
	if err != nil {
		return err
	}
	for _, k := range candidateKeys(s.Subject) {
		_, err := t.exec(what, `
			INSERT INTO stream_subject_keys (stream, key, subject_id)
			SELECT stream, ?, id FROM stream_subjects WHERE stream = ? AND key = ?`, k, s.Stream, key)
		if err != nil {
			return err
		}
	}
	return t.bumpConfig()
}

func (t *tx) DeleteSubject(num idp.StreamNum, id subject.Identifier) error {
	n, err := t.exec("subject of "+streamName(num),
		`DELETE FROM stream_subjects WHERE stream = ? AND key = ?`, num, subject.Key(id))
	if err != nil || n == 0 {
		return err
	}
	return t.bumpConfig()
}

func (t *tx) Subjects(num idp.StreamNum, limit int) ([]idp.StreamSubject, error) {
	return many(t, "subjects of "+streamName(num), scanSubject,
		`SELECT `+subjectColumns+` FROM stream_subjects WHERE stream = ? ORDER BY id LIMIT ?`,
		num, atMost(limit))
}

func (t *tx) CountSubjects(num idp.StreamNum) (int, error) {
	return one(t, "subjects of "+streamName(num), scalar[int],
		`SELECT count(*) FROM stream_subjects WHERE stream = ?`, num)
}

// SubjectCandidates hands over the keys as one JSON array, so that the
// statement is the same for any number of them.
func (t *tx) SubjectCandidates(num idp.StreamNum, about []subject.Identifier) ([]idp.StreamSubject, error) {
	var keys []string
	for _, id := range about {
		keys = append(keys, candidateKeys(id)...)
	}
	return many(t, "subjects of "+streamName(num), scanSubject, `
		SELECT `+subjectColumns+` FROM stream_subjects WHERE id IN (
		  SELECT subject_id FROM stream_subject_keys
		  WHERE stream = ? AND key IN (SELECT value FROM json_each(?)))
		ORDER BY id`, num, list(keys))
}
