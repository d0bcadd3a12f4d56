// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/subject"
)

// AddSubject adds a subject to a stream (SSF §8.1.3.2). Adding it again takes
// the newest word on whether it is verified.
//
// On a stream that begins with all subjects it takes back a removal of the
// same subject. Whether such a user exists is neither checked nor told: an
// answer would let a Receiver find out who has an account (SSF §9.1).
//
// Beyond MaxSubjects the error wraps idp.ErrDenied.
func AddSubject(_ context.Context, tx idp.Tx, _ idp.Actor, s idp.Stream, id subject.Identifier, verified bool) error {
	if isStreamItself(s, id) {
		return nil
	}
	if s.DefaultSubjects == idp.SubjectsAll {
		return forgetSubject(tx, s.Num, id)
	}
	return putSubject(tx, idp.StreamSubject{Stream: s.Num, Subject: id, Verified: verified, At: tx.Now()})
}

// RemoveSubject removes a subject from a stream (SSF §8.1.3.3): on one that
// begins with all subjects it excludes it, otherwise it forgets it. Removing
// what was never added is accepted. It works from the next signal that is
// fanned out; there is no grace period.
//
// Beyond MaxSubjects the error wraps idp.ErrDenied.
func RemoveSubject(_ context.Context, tx idp.Tx, _ idp.Actor, s idp.Stream, id subject.Identifier) error {
	if isStreamItself(s, id) {
		return nil
	}
	if s.DefaultSubjects == idp.SubjectsAll {
		return putSubject(tx, idp.StreamSubject{Stream: s.Num, Subject: id, Removed: true, Verified: true, At: tx.Now()})
	}
	return forgetSubject(tx, s.Num, id)
}

// isStreamItself reports whether id is the subject of verification and
// stream-updated, which is always part of the stream and cannot be removed
// (SSF §8.1.4.1, SSF §8.1.5). Such requests succeed and do nothing.
func isStreamItself(s idp.Stream, id subject.Identifier) bool {
	return subject.Equal(id, ssf.StreamSubject(string(s.ID)))
}

func putSubject(tx idp.Tx, sub idp.StreamSubject) error {
	count, err := tx.CountSubjects(sub.Stream)
	if err != nil {
		return err
	}
	if count >= MaxSubjects {
		return public(idp.ErrDenied, "a stream can have at most %d subjects", MaxSubjects)
	}
	return tx.PutSubject(sub)
}

func forgetSubject(tx idp.Tx, num idp.StreamNum, id subject.Identifier) error {
	if err := tx.DeleteSubject(num, id); !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	return nil
}

// serveAddSubject answers 200 with an empty body (SSF §8.1.3.2).
func (t *Transmitter) serveAddSubject(c *call) (reply, error) {
	req, err := ssf.ParseAddSubject(c.body)
	if err != nil {
		return reply{}, err
	}
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		s, err := c.stream(tx, idp.StreamID(req.StreamID))
		if err != nil {
			return err
		}
		return AddSubject(c.ctx, tx, c.actor, s, req.Subject, req.IsVerified())
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK}, nil
}

// serveRemoveSubject answers 204 (SSF §8.1.3.3).
func (t *Transmitter) serveRemoveSubject(c *call) (reply, error) {
	req, err := ssf.ParseRemoveSubject(c.body)
	if err != nil {
		return reply{}, err
	}
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		s, err := c.stream(tx, idp.StreamID(req.StreamID))
		if err != nil {
			return err
		}
		return RemoveSubject(c.ctx, tx, c.actor, s, req.Subject)
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}
