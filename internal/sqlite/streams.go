// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// streamColumns are those that an update replaces.
const streamColumns = `events_requested, description, method, endpoint_url, authorization,
	status, reason, status_by, from_signal, updated_at`

// streamFixed are those that stay as they were at creation, or change by
// TouchStream.
const streamFixed = `stream_id, application_id, audience, default_subjects,
	active_at, verification_at, created_at`

const selectStream = `SELECT num, coalesce(ssf_provider_id, oidc_provider_id), ` + streamFixed + `, ` + streamColumns + ` FROM streams`

func (t *tx) scanStream(r row) (idp.Stream, error) {
	var s idp.Stream
	var sealed []byte
	err := r.Scan(&s.Num, &s.ProviderID, &s.ID, &s.ApplicationID, asList((*[]string)(&s.Audience)), &s.DefaultSubjects,
		asTime{&s.ActiveAt}, asTime{&s.VerificationAt}, asTime{&s.CreatedAt},
		asExactList(&s.EventsRequested), &s.Description, &s.Method, &s.EndpointURL, &sealed,
		&s.Status, &s.Reason, &s.StatusBy, &s.FromSignal, asTime{&s.UpdatedAt})
	if err != nil {
		return s, err
	}
	s.Authorization, err = t.open(sealed, "streams", "authorization", string(s.ID))
	return s, err
}

// streamValues are the values of streamColumns without the last.
func (t *tx) streamValues(s idp.Stream) ([]any, error) {
	sealed, err := t.seal(s.Authorization, "streams", "authorization", string(s.ID))
	if err != nil {
		return nil, err
	}
	var events any
	if s.EventsRequested != nil {
		events = encode(s.EventsRequested)
	}
	return []any{events, s.Description, s.Method, s.EndpointURL, sealed,
		s.Status, s.Reason, s.StatusBy, s.FromSignal}, nil
}

// CreateStream also makes the position, so that every stream has one, and reads
// the stream back, because the database numbered it. The method decides which
// kind of provider the stream has; the schema checks that it stays so.
func (t *tx) CreateStream(s idp.Stream) (idp.Stream, error) {
	what := "stream " + string(s.ID)
	values, err := t.streamValues(s)
	if err != nil {
		return s, err
	}
	provider := "ssf_provider_id"
	if s.Method == idp.Logout {
		provider = "oidc_provider_id"
	}
	err = t.insert(what, "streams", streamColumns+", "+streamFixed+", "+provider,
		append(values, t.created(s.UpdatedAt), s.ID, s.ApplicationID, list([]string(s.Audience)),
			s.DefaultSubjects, t.created(s.ActiveAt), millis(s.VerificationAt), t.created(s.CreatedAt), s.ProviderID)...)
	if err != nil {
		return s, err
	}
	_, err = t.exec(what, `
		INSERT INTO positions (stream, last_seq, floor, above)
		SELECT num, 0, 0, x'' FROM streams WHERE stream_id = ?`, s.ID)
	if err != nil {
		return s, err
	}
	if err := t.bumpConfig(); err != nil {
		return s, err
	}
	return t.Stream(s.ID)
}

func (t *tx) Stream(id idp.StreamID) (idp.Stream, error) {
	return one(t, "stream "+string(id), t.scanStream, selectStream+` WHERE stream_id = ?`, id)
}

func (t *tx) StreamByNum(num idp.StreamNum) (idp.Stream, error) {
	return one(t, streamName(num), t.scanStream, selectStream+` WHERE num = ?`, num)
}

// streamName is how errors call a stream of which they know the number.
func streamName(num idp.StreamNum) string { return fmt.Sprintf("stream number %d", num) }

func (t *tx) Streams(f idp.StreamFilter) ([]idp.Stream, error) {
	var w where
	if f.ProviderID != "" {
		w.and("(ssf_provider_id = ? OR oidc_provider_id = ?)", f.ProviderID, f.ProviderID)
	}
	if f.ApplicationID != "" {
		w.and("application_id = ?", f.ApplicationID)
	}
	if f.Method != "" {
		w.and("method = ?", f.Method)
	}
	if f.Status != "" {
		w.and("status = ?", f.Status)
	}
	if f.After > 0 {
		w.and("num > ?", f.After)
	}
	return many(t, "streams", t.scanStream, selectStream+w.text()+` ORDER BY num LIMIT ?`,
		append(w.args, atMost(f.Limit))...)
}

func (t *tx) UpdateStream(s idp.Stream) error {
	values, err := t.streamValues(s)
	if err != nil {
		return err
	}
	// The context of the sealed column is the stream_id, so the number alone
	// must not choose the row.
	err = t.change("stream "+string(s.ID),
		`UPDATE streams SET (`+streamColumns+`) = `+marks(1, len(values)+1)+` WHERE num = ? AND stream_id = ?`,
		append(values, millis(t.now), s.Num, s.ID)...)
	if err != nil {
		return err
	}
	return t.bumpConfig()
}

// TouchStream is called for each poll and must not make fan-out read the
// configuration again.
func (t *tx) TouchStream(num idp.StreamNum, verification time.Time) error {
	return t.change(streamName(num),
		`UPDATE streams SET active_at = ?, verification_at = coalesce(?, verification_at) WHERE num = ?`,
		millis(t.now), millis(verification), num)
}

// DeleteStream leaves all that hangs on the stream to the schema. Its number is
// not given again, so no jti of it comes back.
func (t *tx) DeleteStream(num idp.StreamNum) error {
	if err := t.remove(streamName(num), `DELETE FROM streams WHERE num = ?`, num); err != nil {
		return err
	}
	return t.bumpConfig()
}

// InactiveStreams compares with NULL where the provider has no timeout, or the
// stream no SSF provider, which is never true.
func (t *tx) InactiveStreams(limit int) ([]idp.Stream, error) {
	return many(t, "inactive streams", t.scanStream, selectStream+`
		WHERE status = 'enabled' AND active_at < ? - (
		  SELECT p.inactivity_timeout FROM ssf_providers p
		  WHERE p.id = ssf_provider_id AND p.inactivity_timeout > 0)
		ORDER BY num LIMIT ?`, millis(t.now), atMost(limit))
}
