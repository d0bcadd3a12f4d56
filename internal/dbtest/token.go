// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func (e *env) accessToken(id string, app idp.ApplicationID, user idp.UserID, sid idp.SessionID) idp.AccessToken {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		return tx.CreateAccessToken(idp.AccessToken{
			ID: id, ApplicationID: app, ClientID: "client", UserID: user, SessionID: sid,
			FamilyID: "family", ExpiresAt: tx.Now().Add(time.Minute),
		})
	})
	return read(e, idp.Tx.AccessToken, id)
}

func (e *env) refreshToken(token string, app idp.ApplicationID, user idp.UserID, sid idp.SessionID) idp.RefreshToken {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		return tx.CreateRefreshToken(idp.RefreshToken{
			Hash: idp.HashToken(token), FamilyID: "family", ApplicationID: app, ClientID: "client",
			UserID: user, SessionID: sid, ExpiresAt: tx.Now().Add(time.Hour),
		})
	})
	return read(e, idp.Tx.RefreshToken, idp.HashToken(token))
}

var tokenChecks = []check{
	{"comes back as it was made", func(e *env) {
		app, u := e.application("crm"), e.user("ada")
		at := u.CreatedAt
		access := idp.AccessToken{ID: "t", ApplicationID: app.ID, ClientID: "client", UserID: u.ID, SessionID: "sid",
			FamilyID: "f", Scopes: []string{"openid", "email"}, Audience: []string{"api"},
			CreatedAt: at, ExpiresAt: at.Add(time.Hour), RevokedAt: at.Add(time.Minute)}
		write(e, idp.Tx.CreateAccessToken, access)
		same(e, "AccessToken", read(e, idp.Tx.AccessToken, "t"), access)
		refresh := idp.RefreshToken{Hash: idp.HashToken("r"), FamilyID: "f", ApplicationID: app.ID, ClientID: "client",
			UserID: u.ID, SessionID: "sid", Scopes: []string{"openid"}, Audience: []string{"api"},
			AuthTime: at, AMR: []string{"pwd"}, ACR: "1", AccessTokenID: "t",
			CreatedAt: at, ExpiresAt: at.Add(time.Hour), UsedAt: at.Add(time.Minute), RevokedAt: at.Add(2 * time.Minute)}
		write(e, idp.Tx.CreateRefreshToken, refresh)
		same(e, "RefreshToken", read(e, idp.Tx.RefreshToken, refresh.Hash), refresh)
	}},
	{"needs no user", func(e *env) {
		app := e.application("crm")
		got := e.accessToken("t", app.ID, "", "")
		if got.UserID != "" || got.SessionID != "" {
			e.Errorf("AccessToken of client credentials has user %q and session %q", got.UserID, got.SessionID)
		}
	}},
	{"is not found when it does not exist", func(e *env) {
		missing(e, idp.Tx.AccessToken, "none")
		missing(e, idp.Tx.RefreshToken, idp.HashToken("none"))
		refuse(e, idp.ErrNotFound, idp.Tx.RevokeAccessToken, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.UseRefreshToken, idp.HashToken("none"))
	}},
	{"is revoked once", func(e *env) {
		app := e.application("crm")
		want := e.accessToken("t", app.ID, "", "")
		e.update(func(tx idp.Tx) error {
			want.RevokedAt = tx.Now()
			return tx.RevokeAccessToken("t")
		})
		write(e, idp.Tx.RevokeAccessToken, "t")
		same(e, "AccessToken", read(e, idp.Tx.AccessToken, "t"), want)
	}},
	{"is used once", func(e *env) {
		want := e.refreshToken("r", e.application("crm").ID, e.user("ada").ID, "")
		e.update(func(tx idp.Tx) error {
			want.UsedAt = tx.Now()
			return tx.UseRefreshToken(want.Hash)
		})
		// A reuse is answered by writing, so the transaction has to go on.
		e.update(func(tx idp.Tx) error {
			if err := tx.UseRefreshToken(want.Hash); !errors.Is(err, idp.ErrReused) {
				e.Errorf("second UseRefreshToken = %v, want ErrReused", err)
			}
			want.RevokedAt = tx.Now()
			_, err := tx.RevokeTokens(idp.TokenFilter{FamilyID: want.FamilyID})
			return err
		})
		same(e, "RefreshToken", read(e, idp.Tx.RefreshToken, want.Hash), want)
	}},
	{"is revoked by every member of a filter", revokeTokens},
	{"is not revoked by an empty filter", func(e *env) {
		e.accessToken("t", e.application("crm").ID, "", "")
		err := e.db.Update(e.Context(), func(tx idp.Tx) error {
			_, err := tx.RevokeTokens(idp.TokenFilter{})
			return err
		})
		if err == nil {
			e.Error("RevokeTokens with an empty filter = nil, want an error")
		}
		if got := read(e, idp.Tx.AccessToken, "t"); !got.RevokedAt.IsZero() {
			e.Error("RevokeTokens with an empty filter revoked a token")
		}
	}},
	{"tells the applications of a session", func(e *env) {
		u := e.user("ada")
		a, b, c := e.application("a"), e.application("b"), e.application("c")
		e.accessToken("1", a.ID, u.ID, "sid")
		e.accessToken("2", a.ID, u.ID, "sid")
		e.refreshToken("3", b.ID, u.ID, "sid")
		e.accessToken("4", c.ID, u.ID, "other")
		same(e, "SessionApplications", read(e, idp.Tx.SessionApplications, "sid"), []idp.ApplicationID{a.ID, b.ID})
	}},
	{"tells the applications of a session until it is erased", applicationsOfSession},
	{"is swept after it expired", sweepTokens},
}

func revokeTokens(e *env) {
	crm, wiki := e.application("crm"), e.application("wiki")
	ada, bob := e.user("ada"), e.user("bob")
	fill := func(tx idp.Tx) error {
		for _, a := range []idp.AccessToken{
			{ID: "ada crm", UserID: ada.ID, ApplicationID: crm.ID, SessionID: "s1", FamilyID: "f1"},
			{ID: "ada wiki", UserID: ada.ID, ApplicationID: wiki.ID, SessionID: "s1", FamilyID: "f2"},
			{ID: "bob crm", UserID: bob.ID, ApplicationID: crm.ID, SessionID: "s2", FamilyID: "f3"},
			{ID: "client", ApplicationID: crm.ID},
		} {
			a.ExpiresAt = tx.Now().Add(time.Hour)
			if err := tx.CreateAccessToken(a); err != nil {
				return err
			}
		}
		return tx.CreateRefreshToken(idp.RefreshToken{Hash: idp.HashToken("r"), UserID: ada.ID, ApplicationID: crm.ID,
			SessionID: "s1", FamilyID: "f1", ExpiresAt: tx.Now().Add(time.Hour)})
	}
	rollback := errors.New("undo")
	for _, c := range []struct {
		filter idp.TokenFilter
		want   int
	}{
		{idp.TokenFilter{UserID: ada.ID}, 3},
		{idp.TokenFilter{SessionID: "s2"}, 1},
		{idp.TokenFilter{ApplicationID: crm.ID}, 4},
		{idp.TokenFilter{FamilyID: "f1"}, 2},
		{idp.TokenFilter{UserID: ada.ID, ApplicationID: crm.ID}, 2},
		{idp.TokenFilter{UserID: bob.ID, FamilyID: "f1"}, 0},
	} {
		e.refused(rollback, func(tx idp.Tx) error {
			if err := fill(tx); err != nil {
				return err
			}
			for _, want := range []int{c.want, 0} { // the second time all are
				if n, err := tx.RevokeTokens(c.filter); n != want || err != nil {
					e.Errorf("RevokeTokens(%+v) = %d, %v, want %d", c.filter, n, err, want)
				}
			}
			return rollback
		})
	}
}

// applicationsOfSession: a session outlives its tokens, and whoever got them
// has to be told of its end.
func applicationsOfSession(e *env) {
	app, other, u := e.application("crm"), e.application("wiki"), e.user("ada")
	var now time.Time
	e.update(func(tx idp.Tx) error {
		now = tx.Now()
		return errors.Join(
			tx.CreateSession(idp.Session{ID: "sid", UserID: u.ID, TokenHash: idp.HashToken("sid"), AuthTime: now,
				LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}),
			tx.CreateAccessToken(idp.AccessToken{ID: "a", ApplicationID: app.ID, UserID: u.ID, SessionID: "sid", ExpiresAt: now}),
			tx.CreateRefreshToken(idp.RefreshToken{Hash: idp.HashToken("r"), ApplicationID: other.ID, UserID: u.ID,
				SessionID: "sid", ExpiresAt: now}))
	})
	e.update(func(tx idp.Tx) error {
		n, err := tx.SweepTokens(now.Add(time.Minute), 10)
		if n != 2 {
			e.Errorf("SweepTokens = %d, want 2", n)
		}
		return err
	})
	both := []idp.ApplicationID{app.ID, other.ID}
	slices.Sort(both)
	same(e, "SessionApplications after the tokens were swept", read(e, idp.Tx.SessionApplications, "sid"), both)
	write(e, idp.Tx.DeleteApplication, other.ID)
	same(e, "SessionApplications after one was deleted", read(e, idp.Tx.SessionApplications, "sid"), []idp.ApplicationID{app.ID})
	write(e, idp.Tx.DeleteUser, u.ID)
	same(e, "SessionApplications after the session was erased", read(e, idp.Tx.SessionApplications, "sid"), []idp.ApplicationID(nil))
}

func sweepTokens(e *env) {
	app, u := e.application("crm"), e.user("ada")
	var before time.Time
	e.update(func(tx idp.Tx) error {
		before = tx.Now()
		for name, at := range map[string]time.Time{"new": before, "old": before.Add(-time.Millisecond)} {
			err := errors.Join(
				tx.CreateAccessToken(idp.AccessToken{ID: name, ApplicationID: app.ID, ExpiresAt: at}),
				tx.CreateRefreshToken(idp.RefreshToken{Hash: idp.HashToken(name), ApplicationID: app.ID, UserID: u.ID,
					ExpiresAt: at}),
				tx.CreateTicket(idp.Ticket{Hash: idp.HashToken(name), Kind: idp.TicketInvite, UserID: u.ID, ExpiresAt: at}),
				tx.CreateAuthRequest(idp.AuthRequest{ID: name, ApplicationID: app.ID, ExpiresAt: at}),
				tx.UseOnce("jti", idp.HashToken(name), at))
			if err != nil {
				return err
			}
		}
		return tx.CreateAccessToken(idp.AccessToken{ID: "old too", ApplicationID: app.ID,
			ExpiresAt: before.Add(-time.Hour)})
	})
	for _, want := range []int{5, 1, 0} {
		e.update(func(tx idp.Tx) error {
			n, err := tx.SweepTokens(before, 1)
			if n != want {
				e.Errorf("SweepTokens of at most 1 of each = %d, want %d", n, want)
			}
			return err
		})
	}
	missing(e, idp.Tx.AccessToken, "old")
	missing(e, idp.Tx.RefreshToken, idp.HashToken("old"))
	missing(e, idp.Tx.Ticket, idp.HashToken("old"))
	missing(e, idp.Tx.AuthRequest, "old")
	read(e, idp.Tx.AccessToken, "new")
	read(e, idp.Tx.RefreshToken, idp.HashToken("new"))
	read(e, idp.Tx.Ticket, idp.HashToken("new"))
	read(e, idp.Tx.AuthRequest, "new")
	e.update(func(tx idp.Tx) error { return tx.UseOnce("jti", idp.HashToken("old"), before) })
	e.refused(idp.ErrReused, func(tx idp.Tx) error { return tx.UseOnce("jti", idp.HashToken("new"), before) })
}
