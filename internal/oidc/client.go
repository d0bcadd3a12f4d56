// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// client is an application with its main provider: the OAuth 2.0 party.
type client struct {
	idp.OIDCProvider
	App idp.Application
}

// findClient returns the client, or ErrNotFound also when its provider is not
// assigned to an application.
func findClient(tx idp.Tx, id string) (client, error) {
	if len(id) > 128 { // as idp.OIDCProvider has it; do not repeat it in errors
		return client{}, fmt.Errorf("client: id is too long: %w", idp.ErrNotFound)
	}
	provider, err := tx.OIDCProviderByClient(id)
	if err != nil {
		return client{}, err
	}
	if provider.ApplicationID == "" {
		return client{}, fmt.Errorf("client %q: provider is not assigned: %w", id, idp.ErrNotFound)
	}
	app, err := tx.Application(provider.ApplicationID)
	if err != nil {
		return client{}, err
	}
	return client{provider, app}, nil
}

// proof is how a request says which client it is from, and proves it.
type proof struct {
	clientID  string
	secret    string
	assertion string
}

// assertionType is the value of client_assertion_type for private_key_jwt
// (OIDC Core §9).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// readProof finds the client's proof in the Authorization header or in the
// form. A client must not send more than one (RFC 6749 §2.3).
func readProof(r *http.Request, form url.Values) (proof, error) {
	pr := proof{clientID: form.Get("client_id")}
	proofs := 0
	if form.Has("client_assertion") || form.Has("client_assertion_type") {
		if form.Get("client_assertion_type") != assertionType {
			return proof{}, refuse(InvalidClient, "client_assertion_type must be "+assertionType)
		}
		pr.assertion = form.Get("client_assertion")
		proofs++
	}
	if form.Get("client_secret") != "" {
		pr.secret = form.Get("client_secret")
		proofs++
	}
	if r.Header.Get("Authorization") != "" {
		id, secret, err := readBasic(r)
		if err != nil {
			return proof{}, err
		}
		if pr.clientID != "" && pr.clientID != id {
			return proof{}, refuse(InvalidRequest, "client_id is not the one of the Authorization header")
		}
		pr.clientID, pr.secret = id, secret
		proofs++
	}
	switch {
	case proofs > 1:
		return proof{}, refuse(InvalidRequest, "authenticate the client in one way only")
	case proofs == 0 || pr.secret == "" && pr.assertion == "":
		return proof{}, refuse(InvalidClient, "the client did not authenticate")
	}
	return pr, nil
}

// readBasic decodes id and secret, which are form-encoded before they are put
// together (RFC 6749 §2.3.1).
func readBasic(r *http.Request) (id, secret string, err error) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", refuse(InvalidClient, "the Authorization header must use the Basic scheme")
	}
	id, errID := url.QueryUnescape(user)
	secret, errSecret := url.QueryUnescape(password)
	if err := errors.Join(errID, errSecret); err != nil {
		return "", "", refuse(InvalidClient, "client id and secret must be form-encoded in the Authorization header").because(err)
	}
	return id, secret, nil
}

// authenticate returns the client that a request is from. Every failure is the
// same answer: it does not say which clients exist.
func (p *Provider) authenticate(r *http.Request, form url.Values) (client, error) {
	pr, err := readProof(r, form)
	if err != nil {
		return client{}, err
	}
	var c client
	if pr.assertion != "" {
		c, err = p.verifyAssertion(r.Context(), pr)
	} else {
		c, err = p.verifySecret(r, pr)
	}
	if isRefusal(err) {
		return client{}, refuse(InvalidClient, "client authentication failed").because(err)
	}
	if err != nil {
		return client{}, err
	}
	return c, nil
}

func (p *Provider) verifySecret(r *http.Request, pr proof) (client, error) {
	var c client
	err := p.db.View(r.Context(), func(tx idp.Tx) (err error) {
		c, err = findClient(tx, pr.clientID)
		return err
	})
	if err != nil {
		return client{}, err
	}
	if c.AuthMethod == idp.AuthPrivateKeyJWT || c.SecretHash == (idp.Hash{}) {
		return client{}, fmt.Errorf("client %q does not use a secret: %w", c.ClientID, idp.ErrDenied)
	}
	got := idp.HashToken(pr.secret)
	if subtle.ConstantTimeCompare(got[:], c.SecretHash[:]) != 1 {
		return client{}, fmt.Errorf("client %q: wrong secret: %w", c.ClientID, idp.ErrDenied)
	}
	return c, nil
}

// isRefusal reports whether err is about what was asked, rather than about a
// database that could not answer.
func isRefusal(err error) bool {
	for _, target := range []error{idp.ErrNotFound, idp.ErrExpired, idp.ErrDenied, idp.ErrDisabled, idp.ErrReused} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
