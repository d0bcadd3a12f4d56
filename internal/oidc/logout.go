// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// SignOutPath is the page that asks the user whether to sign out. A request
// that does not prove which session it means ends there: it may have been sent
// by any site (OIDC RPL §6).
const SignOutPath = "/sign-out"

// serveLogout ends the session that an ID token names, and sends the browser
// back to the application (OIDC RPL §2).
func (p *Provider) serveLogout(w http.ResponseWriter, r *http.Request) {
	params, err := readQueryOrForm(w, r)
	if err != nil {
		p.showError(w, r, err)
		return
	}
	claims, err := p.verifyHint(r.Context(), params.Get("id_token_hint"))
	if err != nil || claims.SessionID == "" {
		http.Redirect(w, r, SignOutPath, http.StatusSeeOther)
		return
	}
	if id := params.Get("client_id"); id != "" && id != claims.AuthorizedParty {
		p.showError(w, r, refuse(InvalidRequest, "The application asked to sign you out with an ID token of another application."))
		return
	}
	target, err := p.signOut(r, claims, params)
	if err != nil {
		p.showError(w, r, err)
		return
	}
	p.log.LogAttrs(r.Context(), slog.LevelInfo, "signed out by application",
		slog.String("client", claims.AuthorizedParty), slog.String("sid", claims.SessionID))
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// signOut ends the session, if it is still there, and returns where to go. A
// redirect URI that is not registered is not used, but the session ends all
// the same (OIDC RPL §3, OIDC RPL §4).
func (p *Provider) signOut(r *http.Request, claims *wire.IDTokenClaims, params url.Values) (string, error) {
	target := SignInPath
	err := p.db.Update(r.Context(), func(tx idp.Tx) error {
		c, err := findClient(tx, claims.AuthorizedParty)
		switch {
		case errors.Is(err, idp.ErrNotFound):
		case err != nil:
			return err
		case slices.Contains(c.PostLogoutRedirectURIs, params.Get("post_logout_redirect_uri")):
			target = withState(params.Get("post_logout_redirect_uri"), params.Get("state"))
		}
		return endSession(r.Context(), tx, r, claims)
	})
	return target, err
}

// endSession signs the user out as if they had done it here.
func endSession(ctx context.Context, tx idp.Tx, r *http.Request, claims *wire.IDTokenClaims) error {
	s, err := tx.Session(idp.SessionID(claims.SessionID))
	if errors.Is(err, idp.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := tx.User(s.UserID)
	if err != nil {
		return err
	}
	return identity.SignOut(ctx, tx, idp.Actor{
		Kind: idp.ActorUser, ID: string(u.ID), Name: u.Username, Session: s.ID,
		Address: peerAddress(r), UserAgent: userAgent(r),
	}, s.ID, identity.Cause{})
}

// withState adds the state that the application wants back (OIDC RPL §3).
func withState(registered, state string) string {
	if state == "" {
		return registered
	}
	u, err := url.Parse(registered)
	if err != nil {
		panic(err) // it was parsed when it was registered
	}
	query := u.Query()
	query.Set("state", state)
	u.RawQuery = query.Encode()
	return u.String()
}
