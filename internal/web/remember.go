// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// rememberFor is how long a browser is not asked for a second factor when its
// user wishes so, and rememberWords the same for people.
const (
	rememberFor   = 30 * 24 * time.Hour
	rememberWords = "30 days"
)

// deviceFor is how long a browser keeps the cookie by which it is known:
// browsers allow no more than 400 days.
const deviceFor = 400 * 24 * time.Hour

func (c cookies) deviceName() string { return c.name("tocsin-device", "tocsin_device") }

func (c cookies) device(r *http.Request) string { return c.value(r, c.deviceName()) }

// noteDevice notes that a session was begun in this browser, and returns what
// its device cookie is to hold.
func (s *Site) noteDevice(ctx context.Context, tx idp.Tx, v *visit, actor idp.Actor, session idp.Session, remember bool) (string, error) {
	var wish time.Duration
	if remember {
		wish = rememberFor
	}
	return identity.NoteDevice(ctx, tx, actor, s.risk, session, s.cookies.device(v.r), wish, identity.Cause{})
}
