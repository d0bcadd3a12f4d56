// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/idp"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// serveToken is the token endpoint (RFC 6749 §3.2).
func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	form, c, err := p.readClient(w, r)
	if err != nil {
		p.refuseClient(w, r, c, err)
		return
	}
	response, err := p.exchange(r, c, form)
	if err != nil {
		p.refuseClient(w, r, c, err)
		return
	}
	p.log.LogAttrs(r.Context(), slog.LevelInfo, "tokens issued",
		slog.Any("client", c.OIDCProvider), slog.String("grant", form.Get("grant_type")), slog.Any("scope", response.Scope))
	writeJSON(w, http.StatusOK, response)
}

// readClient reads a form and authenticates the client that sent it.
func (p *Provider) readClient(w http.ResponseWriter, r *http.Request) (url.Values, client, error) {
	form, err := readForm(w, r)
	if err != nil {
		return nil, client{}, err
	}
	c, err := p.authenticate(r, form)
	return form, c, err
}

// refuseClient answers a client with an error. A client that tried HTTP Basic
// is told so in the way of HTTP (RFC 6749 §5.2).
func (p *Provider) refuseClient(w http.ResponseWriter, r *http.Request, c client, err error) {
	e := p.refused(r, c, err)
	if e.Status() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+p.issuer+`"`)
	}
	writeError(w, e)
}

// exchange makes tokens from a grant. The records are committed before
// anything is signed or sent: a token that a client holds is on record, and one
// that was lost on the way costs a new sign-in.
func (p *Provider) exchange(r *http.Request, c client, form url.Values) (*wire.AccessTokenResponse, error) {
	grant := form.Get("grant_type")
	if grant == "" {
		return nil, refuse(InvalidRequest, "grant_type is missing")
	}
	redeem, err := p.redeemer(r, grant)
	if err != nil {
		return nil, err
	}
	if !c.Allows(grant) {
		return nil, refuse(UnauthorizedClient, "the application is not allowed to use this grant_type")
	}
	var out issued
	err = p.update(r.Context(), func(tx idp.Tx) (err error) {
		out, err = redeem(tx, c, form)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.respond(r.Context(), c, out)
}

// redeemer is what a grant type does in its transaction.
func (p *Provider) redeemer(r *http.Request, grant string) (func(idp.Tx, client, url.Values) (issued, error), error) {
	switch grant {
	case idp.GrantAuthorizationCode:
		return redeemCode, nil
	case idp.GrantRefreshToken:
		return func(tx idp.Tx, c client, form url.Values) (issued, error) {
			return rotate(r.Context(), tx, c, clientActor(c, r), form)
		}, nil
	case idp.GrantClientCredentials:
		return p.issueToClient, nil
	}
	return nil, refuse(UnsupportedGrantType, "grant_type must be authorization_code, refresh_token or client_credentials")
}

// respond tells the client what it got (RFC 6749 §5.1, OIDC Core §3.1.3.3).
func (p *Provider) respond(ctx context.Context, c client, out issued) (*wire.AccessTokenResponse, error) {
	response := &wire.AccessTokenResponse{
		AccessToken:  out.access,
		TokenType:    wire.BearerToken,
		RefreshToken: out.refresh,
		ExpiresIn:    uint64(out.record.ExpiresAt.Sub(out.record.CreatedAt).Seconds()),
		Scope:        out.record.Scopes,
	}
	if out.claims == nil {
		return response, nil
	}
	signer, err := p.keys.Signer(ctx, p.signingKey)
	if err != nil {
		return nil, err
	}
	response.IDToken, err = p.signIDToken(signer, c, out.claims, out.access, out.record.CreatedAt)
	return response, err
}

// clientActor is the application at the address that it called from.
func clientActor(c client, r *http.Request) idp.Actor {
	return idp.Actor{
		Kind: idp.ActorApplication, ID: string(c.App.ID), Name: c.App.Name,
		Address: peerAddress(r), UserAgent: userAgent(r),
	}
}

func peerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// userAgent is the User-Agent in the 512 bytes that an actor keeps of it.
func userAgent(r *http.Request) string {
	s := r.UserAgent()
	return s[:min(len(s), 512)]
}
