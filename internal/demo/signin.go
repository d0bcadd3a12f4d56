// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// relyingParty is the application's side of OpenID Connect.
type relyingParty struct {
	provider   *oidc.Provider
	oauth      oauth2.Config
	endSession string
}

func discover(ctx context.Context, cfg Config) (*relyingParty, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, cfg.HTTPClient), cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%s: OpenID discovery: %w", cfg.Name, err)
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("%s: OpenID discovery: %w", cfg.Name, err)
	}
	return &relyingParty{
		provider:   provider,
		endSession: more.EndSession,
		oauth: oauth2.Config{
			ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
			Endpoint: provider.Endpoint(), RedirectURL: cfg.URL + "/callback",
			Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"},
		},
	}, nil
}

// serveSignIn sends the browser to the identity provider. What the answer has
// to match travels in a cookie for ten minutes.
func (a *App) serveSignIn(rp *relyingParty, w http.ResponseWriter, r *http.Request) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	a.setCookie(w, "signin", url.Values{"state": {state}, "nonce": {nonce}, "verifier": {verifier}}.Encode(), 10*time.Minute)
	http.Redirect(w, r, rp.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusFound)
}

// serveCallback takes the code, checks everything, and starts a session.
func (a *App) serveCallback(rp *relyingParty, w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(a.cookieName("signin"))
	if err != nil {
		a.fail(w, http.StatusBadRequest, "This sign-in was not started here, or it took longer than ten minutes. Please start again.")
		return
	}
	a.setCookie(w, "signin", "", -time.Second)
	sent, _ := url.ParseQuery(cookie.Value)
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(sent.Get("state"))) != 1 {
		a.fail(w, http.StatusBadRequest, "The answer belongs to another sign-in. Please start again.")
		return
	}
	// Another provider's answer is not to be taken for Tocsin's (RFC 9207 §2.4).
	if q.Get("iss") != a.cfg.Issuer {
		a.fail(w, http.StatusBadRequest, "The answer is not from Tocsin. Please start again.")
		return
	}
	if e := q.Get("error"); e != "" {
		a.fail(w, http.StatusForbidden, "Tocsin did not sign you in: "+q.Get("error_description")+" ("+e+").")
		return
	}
	session, err := rp.exchange(a.withClient(r.Context()), q.Get("code"), sent.Get("nonce"), sent.Get("verifier"))
	if err != nil {
		a.cfg.Log.Warn("sign-in failed", "application", a.cfg.Slug, "error", err)
		a.fail(w, http.StatusBadGateway, "The identity provider's answer could not be verified. Please start again.")
		return
	}
	a.setCookie(w, "session", a.sessions.start(session), 12*time.Hour)
	a.feed.changed()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// exchange turns the code into a verified ID token and that into a session.
func (rp *relyingParty) exchange(ctx context.Context, code, nonce, verifier string) (Session, error) {
	token, err := rp.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Session{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := rp.provider.Verifier(&oidc.Config{ClientID: rp.oauth.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Session{}, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return Session{}, fmt.Errorf("the ID token's nonce is another one")
	}
	var claims struct {
		SID      string `json:"sid"`
		Name     string `json:"name"`
		Username string `json:"preferred_username"`
	}
	if err := id.Claims(&claims); err != nil {
		return Session{}, err
	}
	if claims.SID == "" {
		return Session{}, fmt.Errorf("the ID token has no sid, so no SET could end the session")
	}
	name := claims.Name
	if name == "" {
		name = claims.Username
	}
	return Session{SID: claims.SID, Subject: id.Subject, Name: name, Since: time.Now(), idToken: raw}, nil
}

// serveSignOut ends the own session and the one at the identity provider
// (OIDC RPL §2).
func (a *App) serveSignOut(rp *relyingParty, w http.ResponseWriter, r *http.Request) {
	session, ok := a.current(r)
	if !ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	a.sessions.end(Ending{At: time.Now(), By: "sign-out", Reason: "You signed out here.", AfterMS: -1},
		func(s Session) bool { return s.SID == session.SID })
	a.setCookie(w, "session", "", -time.Second)
	a.feed.changed()
	q := url.Values{
		"id_token_hint": {session.idToken}, "client_id": {a.cfg.ClientID},
		"post_logout_redirect_uri": {a.cfg.URL + "/"},
	}
	http.Redirect(w, r, rp.endSession+"?"+q.Encode(), http.StatusSeeOther)
}

// current returns the session of the request's cookie, if it lives.
func (a *App) current(r *http.Request) (Session, bool) {
	session, ok := a.visited(r)
	return session, ok && session.Live()
}

// visited returns the session of the request's cookie, ended or not: the page
// tells a user why they were signed out.
func (a *App) visited(r *http.Request) (Session, bool) {
	cookie, err := r.Cookie(a.cookieName("session"))
	if err != nil {
		return Session{}, false
	}
	return a.sessions.get(cookie.Value)
}

// cookieName carries the slug: browsers share cookies among the ports of a
// host. With https no other host can set the cookie.
func (a *App) cookieName(name string) string {
	if a.secure {
		return "__Host-" + a.cfg.Slug + "_" + name
	}
	return a.cfg.Slug + "_" + name
}

func (a *App) setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", MaxAge: int(lifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.secure,
	})
}
