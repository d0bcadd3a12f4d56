// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// codeLifetime is how long a code can be exchanged. It travels at once, so a
// minute is enough (RFC 6749 §4.1.2).
const codeLifetime = time.Minute

// Resume says what has to happen next with an authorization request, given the
// session of the browser that asks, or nil. Call it when the browser arrives,
// and again after each thing that the user did.
//
// The code is made here, for the browser that holds the session, and not for
// whoever knows the id of the request: otherwise one could lay out a request
// for somebody else to sign in to, and collect their code.
//
// The error wraps idp.ErrNotFound or idp.ErrExpired when the request is unknown
// or too old, and idp.ErrReused when its code was made already. The user then
// has to begin again at the application.
func (p *Provider) Resume(ctx context.Context, requestID string, session *idp.Session) (Step, error) {
	return p.advance(ctx, requestID, session, false)
}

// Consent is Resume after the user said yes: it remembers the grant.
func (p *Provider) Consent(ctx context.Context, requestID string, session *idp.Session) (Step, error) {
	return p.advance(ctx, requestID, session, true)
}

// Deny ends a request because the user said no, and returns where to send the
// browser: to the application, with the error access_denied. Errors are those
// of Resume.
func (p *Provider) Deny(ctx context.Context, requestID string) (string, error) {
	var target string
	err := p.db.Update(ctx, func(tx idp.Tx) error {
		request, _, err := openRequest(tx, requestID)
		if err != nil {
			return err
		}
		target = p.errorURL(request.RedirectURI, request.State, refuse(AccessDenied, "the user did not allow it"))
		return tx.DeleteAuthRequest(requestID)
	})
	return target, err
}

func (p *Provider) advance(ctx context.Context, requestID string, session *idp.Session, consented bool) (Step, error) {
	var step Step
	var c client
	err := p.db.Update(ctx, func(tx idp.Tx) error {
		request, found, err := openRequest(tx, requestID)
		if err != nil {
			return err
		}
		c = found
		turn := turn{tx: tx, client: c, request: request, consented: consented}
		step, err = p.next(ctx, turn, session)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.log.LogAttrs(ctx, slog.LevelDebug, "authorization advanced",
		slog.Any("client", c.OIDCProvider), slog.String("step", fmt.Sprintf("%T", step)))
	return step, nil
}

// openRequest returns a request that waits for its user.
func openRequest(tx idp.Tx, id string) (idp.AuthRequest, client, error) {
	request, err := tx.AuthRequest(id)
	if err != nil {
		return idp.AuthRequest{}, client{}, err
	}
	if request.Done {
		return idp.AuthRequest{}, client{}, fmt.Errorf("authorization request: %w", idp.ErrReused)
	}
	if !tx.Now().Before(request.ExpiresAt) {
		return idp.AuthRequest{}, client{}, fmt.Errorf("authorization request: %w", idp.ErrExpired)
	}
	c, err := findClient(tx, request.ClientID)
	if err != nil {
		return idp.AuthRequest{}, client{}, err
	}
	// The client may have been changed since the request was checked.
	if c.App.ID != request.ApplicationID || !slices.Contains(c.RedirectURIs, request.RedirectURI) {
		return idp.AuthRequest{}, client{}, fmt.Errorf("authorization request: client %q changed: %w", c.ClientID, idp.ErrNotFound)
	}
	return request, c, nil
}

// turn is one look at an authorization request.
type turn struct {
	tx        idp.Tx
	client    client
	request   idp.AuthRequest
	consented bool
}

// next decides. The order is that of OIDC Core §3.1.2.2 to §3.1.2.4: who is it,
// may they, do they agree.
func (p *Provider) next(ctx context.Context, t turn, session *idp.Session) (Step, error) {
	silent := slices.Contains(t.request.Prompt, wire.PromptNone)
	user, s, err := t.identify(session)
	switch {
	case errors.Is(err, idp.ErrDenied) && !silent:
		return Denied{t.client.App, "Your account is not allowed to use " + t.client.App.Name + "."}, nil
	case errors.Is(err, idp.ErrDenied):
		return p.fail(t, refuse(AccessDenied, "the user may not use this application"))
	case isRefusal(err) && silent:
		return p.fail(t, refuse(LoginRequired, "the user has to sign in"))
	case isRefusal(err):
		return t.signIn(session != nil), nil
	case err != nil:
		return nil, err
	}
	lacking, lacks, err := t.lacks(user, s)
	switch {
	case err != nil:
		return nil, err
	case lacks && !silent:
		return lacking, nil
	case lacks && !lacking.Wished:
		return p.fail(t, refuse(LoginRequired, "the user has to prove more than they did when they signed in"))
	}
	missing, err := t.missingScopes(user.ID)
	switch {
	case err != nil:
		return nil, err
	case len(missing) > 0 && silent:
		return p.fail(t, refuse(ConsentRequired, "the user has to consent"))
	case len(missing) > 0 && !t.consented:
		return Consent{t.client.App, missing}, nil
	}
	if t.consented {
		if err := t.remember(user.ID); err != nil {
			return nil, err
		}
	}
	return p.issueCode(ctx, t, user, s)
}

// signIn asks for a whole sign-in.
func (t turn) signIn(again bool) SignIn {
	step := SignIn{Application: t.client.App, LoginHint: t.request.LoginHint, Again: again}
	step.Need, step.Wished = t.need()
	return step
}

// identify returns the user whose session fits the request: the person it
// asks for, who signed in recently enough.
func (t turn) identify(session *idp.Session) (idp.User, idp.Session, error) {
	if session == nil {
		return idp.User{}, idp.Session{}, fmt.Errorf("session: %w", idp.ErrNotFound)
	}
	if hinted := t.request.UserID; hinted != "" && hinted != session.UserID {
		return idp.User{}, idp.Session{}, fmt.Errorf("session %s: is not of the user that is asked for: %w", session.ID, idp.ErrExpired)
	}
	user, s, err := admit(t.tx, t.client.App, session.UserID, session.ID)
	if (err == nil || errors.Is(err, idp.ErrDenied)) && !t.fresh(s.AuthTime) {
		err = fmt.Errorf("session %s: sign-in is too old: %w", s.ID, idp.ErrExpired)
	}
	return user, s, err
}

// fresh reports whether a sign-in is recent enough. One that came after the
// request always is; otherwise prompt and max_age decide (OIDC Core §3.1.2.1).
// Choosing an account is done by signing in to it.
func (t turn) fresh(authTime time.Time) bool {
	if authTime.After(t.request.CreatedAt) {
		return true
	}
	if slices.Contains(t.request.Prompt, wire.PromptLogin) || slices.Contains(t.request.Prompt, wire.PromptSelectAccount) {
		return false
	}
	limit := t.request.MaxAge
	return limit == nil || *limit > 0 && t.tx.Now().Sub(authTime) <= *limit
}

// missingScopes returns what the user has still to agree to.
func (t turn) missingScopes(user idp.UserID) ([]Scope, error) {
	again := slices.Contains(t.request.Prompt, wire.PromptConsent)
	if t.client.SkipConsent && !again {
		return nil, nil
	}
	grant, err := t.tx.Grant(user, t.client.App.ID)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return nil, err
	}
	var missing []Scope
	for _, name := range t.request.Scopes {
		if again || !slices.Contains(grant.Scopes, name) {
			missing = append(missing, DescribeScope(name))
		}
	}
	return missing, nil
}

// remember adds the scopes of the request to what the user has granted.
func (t turn) remember(user idp.UserID) error {
	grant, err := t.tx.Grant(user, t.client.App.ID)
	if errors.Is(err, idp.ErrNotFound) {
		grant = idp.Grant{ID: idp.NewID[idp.GrantID](), UserID: user, ApplicationID: t.client.App.ID, CreatedAt: t.tx.Now()}
	} else if err != nil {
		return err
	}
	for _, name := range t.request.Scopes {
		if !slices.Contains(grant.Scopes, name) {
			grant.Scopes = append(grant.Scopes, name)
		}
	}
	grant.UpdatedAt = t.tx.Now()
	return t.tx.PutGrant(grant)
}

// fail ends the request with an answer to the application.
func (p *Provider) fail(t turn, e *Error) (Step, error) {
	if err := t.tx.DeleteAuthRequest(t.request.ID); err != nil {
		return nil, err
	}
	return Continue{p.errorURL(t.request.RedirectURI, t.request.State, e)}, nil
}

// issueCode binds the request to the user and the session, and makes its code.
// It is here that the session is used at the application, by the browser that
// holds it.
func (p *Provider) issueCode(ctx context.Context, t turn, user idp.User, s idp.Session) (Step, error) {
	actor := idp.Actor{
		Kind: idp.ActorUser, ID: string(user.ID), Name: user.Username,
		Address: s.Address, UserAgent: s.UserAgent, Session: s.ID,
	}
	if err := identity.PresentSession(ctx, t.tx, actor, s.ID, t.client.App.ID, identity.Cause{}); err != nil {
		return nil, err
	}
	code := idp.NewToken()
	request := t.request
	request.UserID, request.SessionID = s.UserID, s.ID
	request.AuthTime, request.AMR, request.ACR = s.AuthTime, s.AMR, s.ACR
	request.Done = true
	request.CodeHash = idp.HashToken(code)
	request.ExpiresAt = t.tx.Now().Add(codeLifetime)
	if err := t.tx.UpdateAuthRequest(request); err != nil {
		return nil, err
	}
	return Continue{p.codeURL(request.RedirectURI, request.State, code)}, nil
}
