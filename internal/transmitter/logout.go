// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// logoutEvent is the event of a logout token (OIDC BCL §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutClaims is what a logout token says beyond its envelope: the user, and
// the session unless all of them ended (OIDC BCL §2.4).
func logoutClaims(p idp.Principal) (json.RawMessage, error) {
	return json.Marshal(struct {
		Subject   idp.UserID          `json:"sub"`
		SessionID idp.SessionID       `json:"sid,omitempty"`
		Events    map[string]struct{} `json:"events"`
	}{p.UserID, p.SessionID, map[string]struct{}{logoutEvent: {}}})
}

// logoutUsers tells which applications the end of a session concerns: those
// that the user signed in to through it (OIDC BCL §2.3). It looks them up when
// the first application asks.
type logoutUsers struct {
	tx  idp.Tx
	sig idp.Signal
	// asked says that the members below are known.
	asked bool
	// applications got tokens; gone says that the user was deleted, so that
	// nobody knows any more which did.
	applications []idp.ApplicationID
	gone         bool
}

// include reports whether an application gets a logout token. Sessions that end
// by themselves are not told, as they are not to an SSF provider unless its
// admin says so. When the user was deleted every application that they might
// use is told: one without a session of theirs has nothing to do.
func (l *logoutUsers) include(app idp.Application) (bool, error) {
	if l.sig.Cause == idp.CauseTimeout {
		return false, nil
	}
	if !l.asked {
		if err := l.ask(); err != nil {
			return false, err
		}
		l.asked = true
	}
	return slices.Contains(l.applications, app.ID) || l.gone && app.Admits(l.sig.Principal.Groups), nil
}

func (l *logoutUsers) ask() error {
	p := l.sig.Principal
	switch _, err := l.tx.User(p.UserID); {
	case errors.Is(err, idp.ErrNotFound):
		l.gone = true
		return nil
	case err != nil:
		return err
	}
	ended := []idp.Session{{ID: p.SessionID}}
	if p.SessionID == "" {
		var err error
		if ended, err = l.tx.SessionsOf(p.UserID, false); err != nil {
			return err
		}
	}
	for _, s := range ended {
		applications, err := l.tx.SessionApplications(s.ID)
		if err != nil {
			return err
		}
		l.applications = append(l.applications, applications...)
	}
	return nil
}
