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
	// EndedAt is zero while the session lives; EndedBy says why it ended.
	EndedAt time.Time `json:"ended_at,omitzero"`
	EndedBy string    `json:"ended_by,omitempty"`

	idToken string
}

// Live reports whether the session lives.
func (s Session) Live() bool { return s.EndedAt.IsZero() }

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

// end ends the live sessions that match and returns how many there were.
func (s *sessions) end(by string, matches func(Session) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, session := range s.byToken {
		if session.Live() && matches(*session) {
			session.EndedAt, session.EndedBy = time.Now(), by
			n++
		}
	}
	return n
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
