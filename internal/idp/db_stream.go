// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"time"

	"github.com/tocsin-id/tocsin/subject"
)

// StreamTx reads and writes streams and their subjects.
type StreamTx interface {
	// CreateStream stores a new stream and returns it with its Num;
	// ErrConflict when its ID is taken, or when its method is Logout and its
	// OIDC provider has a stream.
	CreateStream(Stream) (Stream, error)
	Stream(StreamID) (Stream, error)
	StreamByNum(StreamNum) (Stream, error)
	Streams(StreamFilter) ([]Stream, error)
	// UpdateStream replaces what a Receiver or an admin can change: the
	// events requested, description, delivery, status with its reason, owner
	// and FromSignal. UpdatedAt becomes Now.
	UpdateStream(Stream) error
	// TouchStream sets ActiveAt to Now and, unless zero, VerificationAt. It
	// does not change the ConfigVersion.
	TouchStream(num StreamNum, verification time.Time) error
	// DeleteStream erases the stream with its subjects, deliveries and all
	// that hangs on them.
	DeleteStream(StreamNum) error
	// InactiveStreams returns enabled streams of providers with an inactivity
	// timeout whose ActiveAt is longer ago than that.
	InactiveStreams(limit int) ([]Stream, error)

	// PutSubject adds or removes a subject; the newest word counts, and puts
	// the subject at the end of the list.
	PutSubject(StreamSubject) error
	// DeleteSubject forgets a subject; it may be unknown.
	DeleteSubject(StreamNum, subject.Identifier) error
	// Subjects returns a stream's subjects, oldest first, at most limit (zero
	// means all).
	Subjects(num StreamNum, limit int) ([]StreamSubject, error)
	// CountSubjects counts a stream's subjects, removed ones included.
	CountSubjects(StreamNum) (int, error)
	// SubjectCandidates returns those of a stream's subjects that are
	// identical to one of the given ones, share a member with one of them, or
	// are a member of one of them or the other way round. It may return more;
	// the caller decides by subject.Match.
	SubjectCandidates(num StreamNum, about []subject.Identifier) ([]StreamSubject, error)
}

// SignalTx appends and reads signals.
type SignalTx interface {
	// AppendSignal stores a signal with ID and At set, in this transaction.
	AppendSignal(*Signal) error
	// LastSignal is the greatest signal ID so far, 0 when there is none.
	LastSignal() (int64, error)
	// SignalsAfter returns up to limit signals with greater IDs, in order.
	SignalsAfter(id int64, limit int) ([]Signal, error)
	// SignalsAbout returns a user's signals, newest first.
	SignalsAbout(user UserID, limit int) ([]Signal, error)
	// SignalsOf returns the signals of one change, in order.
	SignalsOf(txn string) ([]Signal, error)
	// Receipts returns what became of a signal at each application that it
	// was fanned out to, by application and stream, as long as its deliveries
	// are kept.
	Receipts(signalID int64) ([]Receipt, error)
	// FanOutPosition is the ID of the last signal that was fanned out.
	FanOutPosition() (int64, error)
	// SetFanOutPosition moves it; ErrConflict beyond the last signal.
	SetFanOutPosition(id int64) error
}

// DeliveryTx appends and reads deliveries and keeps the streams' positions.
type DeliveryTx interface {
	// AppendDeliveries stores deliveries in the given order and sets their
	// Seq. Equal payloads of one signal are stored once. Type, At and Txn are
	// not stored but read from the signal.
	AppendDeliveries([]Delivery) error
	Delivery(num StreamNum, seq int64) (Delivery, error)
	// DeliveriesAfter returns up to limit deliveries with a greater Seq, in
	// order; only control ones when asked.
	DeliveriesAfter(num StreamNum, seq int64, limit int, controlOnly bool) ([]Delivery, error)
	// LastSeq is the greatest Seq that the stream ever had, 0 when none.
	LastSeq(StreamNum) (int64, error)
	// Backlogged returns the streams of one method that have deliveries
	// beyond their Floor.
	Backlogged(DeliveryMethod) ([]StreamNum, error)
	Position(StreamNum) (Position, error)
	// SetPosition is ErrConflict beyond LastSeq.
	SetPosition(StreamNum, Position) error
	AppendAttempts([]Attempt) error
	// Attempts returns a stream's attempts, newest first.
	Attempts(num StreamNum, limit int) ([]Attempt, error)
	// ExtendDeliveries moves the expiration of deliveries that could not be
	// sent to until, unless it is later already.
	ExtendDeliveries(num StreamNum, seqs []int64, until time.Time) error
	// ExpiredDeliveries returns the Seq of up to limit deliveries whose
	// expiration has come, in order, settled or not: if there are more, those
	// that expired first.
	ExpiredDeliveries(num StreamNum, limit int) ([]int64, error)
	// DeleteDeliveries erases deliveries with their exceptions and handouts;
	// some of them may be gone already.
	DeleteDeliveries(num StreamNum, seqs []int64) error
	// SweepSignals erases signals that were fanned out and have no delivery
	// left, and attempts, both older than the given time, at most limit of
	// each.
	SweepSignals(before time.Time, limit int) (int, error)

	// Handouts returns the SETs of a poll stream that were handed out and not
	// settled, by Seq.
	Handouts(StreamNum) ([]Handout, error)
	PutHandouts([]Handout) error
	// DeleteHandouts forgets handouts; some of them may be gone already.
	DeleteHandouts(num StreamNum, seqs []int64) error
}

// ExceptionTx keeps rejected deliveries and the health of streams.
type ExceptionTx interface {
	// PutException creates or replaces the exception of its delivery.
	PutException(Exception) error
	// DeleteException forgets an exception; there may be none.
	DeleteException(num StreamNum, seq int64) error
	// Exceptions returns a stream's exceptions of one kind, by Seq.
	Exceptions(num StreamNum, kind ExceptionKind) ([]Exception, error)
	// DueExceptions returns up to limit exceptions of kind Retry of streams
	// of one method whose NextAt has come.
	DueExceptions(method DeliveryMethod, limit int) ([]Exception, error)
	// Health returns a stream's health; the zero value when nothing is known.
	Health(StreamNum) (StreamHealth, error)
	PutHealth(StreamHealth) error
}
