// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
)

// Signal is a fact recorded with the change that caused it, before any stream
// is considered. Signals are append-only and ordered by ID.
type Signal struct {
	// ID is given by AppendSignal; later signals have greater ones.
	ID int64
	// At is the instant of the transaction.
	At time.Time
	// Txn is shared by all signals of one change (SSF §4.1.9).
	Txn string
	// Type is the event type; Event its payload, a JSON object.
	Type  secevent.EventType
	Event json.RawMessage
	// Cause is what kind of change it came from, for the rules of providers.
	Cause SignalCause
	// Principal is whom it is about, as they were when it happened.
	Principal Principal
	// ApplicationID restricts the signal to streams of one application; empty
	// reaches all.
	ApplicationID ApplicationID
	// Stream addresses the signal to one stream, whatever that stream asked
	// for: verification and stream-updated. Such a signal is delivered even
	// while the stream is paused or disabled. Zero otherwise.
	Stream StreamNum
}

// LogValue shows id, type and txn.
func (s Signal) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("id", s.ID), slog.String("type", string(s.Type)), slog.String("txn", s.Txn))
}

// Principal is the subject principal of a signal. It is a copy, so that it can
// still be told after the user was renamed or deleted.
type Principal struct {
	UserID UserID `json:"user,omitempty"`
	// Email is the address at the time; for identifier-changed the old one.
	Email string `json:"email,omitempty"`
	// SessionID names one session; empty means the user as a whole.
	SessionID SessionID `json:"session,omitempty"`
	// Groups are the user's groups at the time: they decide which
	// applications may learn of it.
	Groups []GroupID `json:"groups,omitempty"`
}

// SignalCause says from what kind of change a signal came. Providers can hold
// back signals by it; the event itself says it in CAEP's words.
type SignalCause string

// The causes.
const (
	// CauseSignOut is a user's own sign-out of one session.
	CauseSignOut SignalCause = "sign_out"
	// CauseRevoked is a session that a user or an admin revoked, or all.
	CauseRevoked SignalCause = "revoked"
	// CauseTimeout is a session whose idle or absolute time was up. Only
	// providers with TellTimeouts learn of it.
	CauseTimeout SignalCause = "timeout"
	// CauseSignIn is a sign-in, and a session used at another application.
	CauseSignIn SignalCause = "sign_in"
	// CauseCredential is a change of a credential, with the sessions that it
	// ends.
	CauseCredential SignalCause = "credential"
	// CauseAccount is a change of the account itself.
	CauseAccount SignalCause = "account"
	// CauseRecovery is a recovery of the account.
	CauseRecovery SignalCause = "recovery"
	// CauseRisk is a level of risk, with the sessions that a rule ended.
	CauseRisk SignalCause = "risk"
)

// SignalCauses returns all causes.
func SignalCauses() []SignalCause {
	return []SignalCause{CauseSignOut, CauseRevoked, CauseTimeout, CauseSignIn,
		CauseCredential, CauseAccount, CauseRecovery, CauseRisk}
}
