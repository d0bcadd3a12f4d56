// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// The bounds of a client assertion: how far "exp" may lie ahead, which is also
// how long its "jti" is remembered, and how wrong the client's clock may be.
const (
	assertionLifetime = time.Hour
	clockSkew         = 30 * time.Second
)

// verifyAssertion authenticates a client by private_key_jwt (OIDC Core §9). An
// assertion works once; it must be meant for us, so that one which was sent to
// another server is of no use here.
func (p *Provider) verifyAssertion(ctx context.Context, pr proof) (client, error) {
	var claims wire.TokenClaims
	payload, err := wire.ParseToken(pr.assertion, &claims)
	if err != nil {
		return client{}, rejectAssertion(err)
	}
	if pr.clientID != "" && pr.clientID != claims.Issuer {
		return client{}, rejectAssertion(errors.New("iss is not the client_id"))
	}
	var c client
	err = p.db.View(ctx, func(tx idp.Tx) (err error) {
		c, err = findClient(tx, claims.Issuer)
		return err
	})
	if err != nil {
		return client{}, err
	}
	if c.AuthMethod != idp.AuthPrivateKeyJWT {
		return client{}, rejectAssertion(errors.New("client is not registered for private_key_jwt"))
	}
	keys, err := parseClientKeys(c.JWKS)
	if err != nil {
		return client{}, rejectAssertion(err)
	}
	if err := wire.CheckSignature(ctx, pr.assertion, payload, &claims, signingAlgorithms(), keys); err != nil {
		return client{}, rejectAssertion(err)
	}
	if err := p.checkAssertion(&claims, time.Now()); err != nil {
		return client{}, rejectAssertion(err)
	}
	return c, p.useAssertion(ctx, c, &claims)
}

// checkAssertion checks the claims of an assertion whose signature is good.
func (p *Provider) checkAssertion(claims *wire.TokenClaims, now time.Time) error {
	switch {
	case claims.Subject != claims.Issuer:
		return errors.New("sub is not iss")
	case wire.CheckAudience(claims, p.issuer) != nil && wire.CheckAudience(claims, p.issuer+pathToken) != nil:
		return errors.New("aud is neither the issuer nor the token endpoint")
	case claims.Expiration == 0 || !now.Before(claims.GetExpiration().Add(clockSkew)):
		return errors.New("exp is missing or past")
	case claims.GetExpiration().After(now.Add(assertionLifetime + clockSkew)):
		return errors.New("exp is more than an hour ahead")
	case claims.GetIssuedAt().After(now.Add(clockSkew)):
		return errors.New("iat is in the future")
	case claims.NotBefore != 0 && claims.NotBefore.AsTime().After(now.Add(clockSkew)):
		return errors.New("nbf is in the future")
	case claims.JWTID == "":
		return errors.New("jti is missing")
	}
	return nil
}

// useAssertion remembers the jti, for as long as the assertion would be good.
func (p *Provider) useAssertion(ctx context.Context, c client, claims *wire.TokenClaims) error {
	value := idp.HashToken(c.ClientID + "\x00" + claims.JWTID)
	return p.db.Update(ctx, func(tx idp.Tx) error {
		if err := tx.UseOnce("client-assertion", value, claims.GetExpiration().Add(clockSkew)); err != nil {
			return fmt.Errorf("client assertion: %w", err)
		}
		return nil
	})
}

func rejectAssertion(cause error) error {
	return fmt.Errorf("client assertion: %w: %w", idp.ErrDenied, cause)
}

// clientKeys are the public keys that a client registered.
type clientKeys []jose.JSONWebKey

func parseClientKeys(raw json.RawMessage) (clientKeys, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("jwks of the client: %w", err)
	}
	return set.Keys, nil
}

// VerifySignature finds the key by kid and algorithm, as the library asks for.
func (k clientKeys) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	kid, alg := wire.GetKeyIDAndAlg(jws)
	key, err := wire.FindMatchingKey(kid, wire.KeyUseSignature, alg, k...)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", kid, err)
	}
	return jws.Verify(&key)
}

// signingAlgorithms is what a client may sign with: public keys only, and
// never "none" (RFC 8725 §3.1).
func signingAlgorithms() []string {
	var names []string
	for _, alg := range secevent.Algorithms() {
		names = append(names, string(alg))
	}
	return names
}
