// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"

	"github.com/tocsin-id/tocsin/secevent"
)

// StartSession signs somebody in without a browser, and returns the cookie.
func (a *App) StartSession(s Session) (name, value string) {
	return a.cookieName("session"), a.sessions.start(s)
}

// Handle acts on a SET as if it had arrived and was verified.
func (a *App) Handle(set *secevent.Token) error { return a.handle(context.Background(), set) }
