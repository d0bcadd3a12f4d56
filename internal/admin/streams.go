// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
)

// Streams returns the streams that match the filter.
func Streams(_ context.Context, tx idp.Tx, actor idp.Actor, f idp.StreamFilter) ([]idp.Stream, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.Streams(f)
}

// StreamReport is a stream with what became of its deliveries.
type StreamReport struct {
	Stream idp.Stream
	// LastSeq is its last delivery, Pending how many are not settled.
	LastSeq, Pending int64
	Position         idp.Position
	Health           idp.StreamHealth
	// Attempts are the newest 20; Retries and DeadLetters are the SETs that
	// the Receiver rejected.
	Attempts    []idp.Attempt
	Retries     []idp.Exception
	DeadLetters []idp.Exception
}

// Stream returns one stream with its position, health and last attempts.
func Stream(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.StreamID) (StreamReport, error) {
	if err := authorize(tx, actor); err != nil {
		return StreamReport{}, err
	}
	s, err := tx.Stream(id)
	if err != nil {
		return StreamReport{}, err
	}
	r := StreamReport{Stream: s}
	for _, read := range []func() error{
		func() (err error) { r.LastSeq, err = tx.LastSeq(s.Num); return },
		func() (err error) { r.Position, err = tx.Position(s.Num); return },
		func() (err error) { r.Health, err = tx.Health(s.Num); return },
		func() (err error) { r.Attempts, err = tx.Attempts(s.Num, 20); return },
		func() (err error) { r.Retries, err = tx.Exceptions(s.Num, idp.Retry); return },
		func() (err error) { r.DeadLetters, err = tx.Exceptions(s.Num, idp.DeadLetter); return },
	} {
		if err := read(); err != nil {
			return StreamReport{}, err
		}
	}
	r.Pending = r.LastSeq - r.Position.Floor - int64(len(r.Position.Above))
	return r, nil
}

// SetStreamStatus enables, pauses or disables a stream and tells its Receiver;
// see transmitter.SetStatus. What an admin stopped only an admin can enable.
func SetStreamStatus(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.StreamID, status idp.StreamStatus, reason string) (idp.Stream, error) {
	entry, err := permit(tx, actor, "stream.set_status", streamObject(id))
	if err != nil {
		return idp.Stream{}, err
	}
	s, err := tx.Stream(id)
	if err != nil {
		return idp.Stream{}, err
	}
	s, txn, err := transmitter.SetStatus(ctx, tx, actor, s, status, reason)
	if err != nil {
		return idp.Stream{}, err
	}
	entry.Action, entry.Reason, entry.Txn = "stream."+statusVerb(status), reason, txn
	return s, enterStream(tx, entry)
}

// statusVerb is the action that leads to a status.
func statusVerb(status idp.StreamStatus) string {
	switch status {
	case idp.StreamPaused:
		return "pause"
	case idp.StreamDisabled:
		return "disable"
	default:
		return "enable"
	}
}

// VerifyStream sends a verification SET to a stream's Receiver; see
// transmitter.RequestVerification.
func VerifyStream(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.StreamID) (idp.Stream, error) {
	entry, err := permit(tx, actor, "stream.verify", streamObject(id))
	if err != nil {
		return idp.Stream{}, err
	}
	s, err := tx.Stream(id)
	if err != nil {
		return idp.Stream{}, err
	}
	var p idp.SSFProvider
	if s.Method != idp.Logout { // that of logout tokens is refused below
		if p, err = tx.SSFProvider(s.ProviderID); err != nil {
			return idp.Stream{}, err
		}
	}
	if entry.Txn, err = transmitter.RequestVerification(ctx, tx, actor, p, s, nil); err != nil {
		return idp.Stream{}, err
	}
	return s, enterStream(tx, entry)
}

// DeleteStream erases a stream with all that waits on it; see
// transmitter.DeleteStream.
func DeleteStream(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.StreamID) (idp.Stream, error) {
	entry, err := permit(tx, actor, "stream.delete", streamObject(id))
	if err != nil {
		return idp.Stream{}, err
	}
	s, err := tx.Stream(id)
	if err != nil {
		return idp.Stream{}, err
	}
	if err := transmitter.DeleteStream(ctx, tx, actor, s); err != nil {
		return idp.Stream{}, err
	}
	return s, enterStream(tx, entry)
}

// enterStream writes the entry of a change to a stream. The transmitter enters
// for itself what anybody but an admin does, the program included.
func enterStream(tx idp.Tx, entry idp.AuditEntry) error {
	if entry.Actor.InitiatingEntity() != string(idp.ActorAdmin) {
		return nil
	}
	return tx.AppendAudit(entry)
}

func streamObject(id idp.StreamID) object { return object{kind: "stream", id: string(id)} }
