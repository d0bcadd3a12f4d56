// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// mostSessions bounds the memory of the demonstration.
const mostSessions = 1000

// Session is somebody who signed in to the application.
type Session struct {
	// SID and Subject are the "sid" and "sub" of the ID token.
	SID     string    `json:"sid"`
	Subject string    `json:"sub"`
	Name    string    `json:"name"`
	Since   time.Time `json:"since"`
	// Ended is nil while the session lives.
	Ended *Ending `json:"ended,omitempty"`

	idToken string
}

// Ending is when and why a session was over.
type Ending struct {
	At time.Time `json:"at"`
	// By is "session-revoked" or "sign-out".
	By string `json:"by"`
	// Reason is a sentence for the user.
	Reason string `json:"reason"`
	// AfterMS is the time from the change at the identity provider to here, in
	// milliseconds; negative when that is not known.
	AfterMS int64 `json:"after_ms"`
}

// Live reports whether the session lives.
func (s Session) Live() bool { return s.Ended == nil }

// sessions is the application's own session store: what a SET has to reach.
type sessions struct {
	// mu guards the map, for the moments of reading and changing it.
	mu      sync.Mutex
	byToken map[string]*Session
}

// start stores a session and returns its cookie.
func (s *sessions) start(session Session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byToken == nil {
		s.byToken = make(map[string]*Session)
	}
	for len(s.byToken) >= mostSessions {
		s.forgetOldest()
	}
	token := rand.Text()
	s.byToken[token] = &session
	return token
}

func (s *sessions) forgetOldest() {
	var oldest string
	for token, session := range s.byToken {
		if oldest == "" || session.Since.Before(s.byToken[oldest].Since) {
			oldest = token
		}
	}
	delete(s.byToken, oldest)
}

// get returns the session of a cookie, ended or not.
func (s *sessions) get(token string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok := s.byToken[token]
	if !ok {
		return Session{}, false
	}
	return *session, true
}

// end ends the live sessions that match. It returns how many these were, and
// how many match at all.
func (s *sessions) end(e Ending, matches func(Session) bool) (ended, known int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.byToken {
		if !matches(*session) {
			continue
		}
		known++
		if session.Live() {
			session.Ended = &e
			ended++
		}
	}
	return ended, known
}

// nameOf returns the name of a user who has or had a session here.
func (s *sessions) nameOf(user string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.byToken {
		if session.Subject == user {
			return session.Name, true
		}
	}
	return "", false
}

// all returns every session, newest first.
func (s *sessions) all() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Session, 0, len(s.byToken))
	for _, session := range s.byToken {
		list = append(list, *session)
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.SID, b.SID))
	})
	return list
}
