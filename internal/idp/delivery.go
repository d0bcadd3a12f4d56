// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
)

// Delivery is one SET on one stream. What the SET says (iss, aud, jti, iat,
// txn, sub_id, events) is fixed when it is fanned out; it is signed when it is
// delivered. Deliveries are append-only: what became of one is told by the
// stream's Position, by its Exception and by Attempts.
type Delivery struct {
	Stream StreamNum
	// Seq counts a stream's deliveries from 1 without holes.
	Seq int64
	// SignalID is the signal it came from.
	SignalID int64
	Type     secevent.EventType
	// At is the instant of the signal; the database reads it from there.
	At time.Time
	// OrderKey is equal for deliveries that have to keep their order: those
	// about one user.
	OrderKey int64
	// IssuedAt is the iat, in seconds since 1970.
	IssuedAt int64
	Txn      string
	// Payload is a JSON object with sub_id and events, shared by all streams
	// that say it alike.
	Payload json.RawMessage
	// Control marks verification and stream-updated: delivered whatever the
	// stream's status, ahead of held deliveries.
	Control bool
	// ExpiresAt is when it may be dropped or, once acknowledged, forgotten.
	ExpiresAt time.Time
}

// LogValue shows stream, seq and type.
func (d Delivery) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("stream", int64(d.Stream)), slog.Int64("seq", d.Seq), slog.String("type", string(d.Type)))
}

// Outcome says what became of an attempt.
type Outcome string

// The outcomes of attempts.
const (
	// Acknowledged: the Receiver has it (202, or ack in a poll).
	Acknowledged Outcome = "acknowledged"
	// Rejected: the Receiver says that the SET is bad (400 with err, setErrs).
	Rejected Outcome = "rejected"
	// Failed: the endpoint did not take it; it will be retried.
	Failed Outcome = "failed"
	// Dropped: given up by policy, because the stream was disabled.
	Dropped Outcome = "dropped"
	// Expired: its retention ended before it could be delivered.
	Expired Outcome = "expired"
)

// Attempt records one try, or a run of consecutive deliveries that ended alike
// in one flush.
type Attempt struct {
	Stream StreamNum
	// From and To are the first and last Seq, both included.
	From, To int64
	At       time.Time
	// Took is the time that the slowest of them needed.
	Took    time.Duration
	Outcome Outcome
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Err is the receiver's code or the kind of failure, such as
	// "invalid_key" or "timeout"; Detail is text for people, at most 1,000
	// bytes.
	Err    string
	Detail string
}

// ExceptionKind says why a delivery left the ordinary path.
type ExceptionKind string

// The kinds of exceptions.
const (
	// Retry: the Receiver rejected the SET; it is tried again at NextAt, and
	// later deliveries about the same user wait.
	Retry ExceptionKind = "retry"
	// DeadLetter: given up after the last try; an admin can see it.
	DeadLetter ExceptionKind = "dead_letter"
)

// Exception is a delivery that its Receiver rejected. Its Seq counts as settled
// in the stream's Position; the exception carries its own fate.
type Exception struct {
	Stream   StreamNum
	Seq      int64
	OrderKey int64
	Kind     ExceptionKind
	// Tries counts how often it was rejected.
	Tries  int
	NextAt time.Time
	// KID and JWS are the signed SET, so that a retry repeats its bytes.
	KID string
	JWS string
	// Status, Err and Detail are the last answer.
	Status int
	Err    string
	Detail string
	At     time.Time
}

// Handout is a SET that a poll returned and nobody acknowledged yet. It is
// kept so that the next time gives the same bytes.
type Handout struct {
	Stream StreamNum
	Seq    int64
	KID    string
	JWS    string
	// At is when it was last returned.
	At time.Time
}

// StreamHealth is what a stream's deliveries last met. It is written when the
// state changes, not for each SET.
type StreamHealth struct {
	Stream StreamNum
	// Failures counts endpoint failures in a row; zero while it works.
	Failures int
	// NextAt is when the endpoint is tried again; zero while it works.
	NextAt time.Time
	// LastOKAt is the last acknowledgement, accurate to ten seconds.
	LastOKAt time.Time
	// FailedAt is the last failure, FailingSince the first of the row.
	FailedAt     time.Time
	FailingSince time.Time
	// Err and Detail describe the last failure.
	Err    string
	Detail string
}
