// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// verifyHint returns the claims of an ID token that we issued and a client
// sends back. It may have expired: it says whom it was about, not that they
// are still signed in (OIDC RPL §4).
func (p *Provider) verifyHint(ctx context.Context, hint string) (*wire.IDTokenClaims, error) {
	verifier := op.NewIDTokenHintVerifier(p.issuer, ourKeys{p},
		op.WithSupportedIDTokenHintSigningAlgorithms(signingAlgorithms()...))
	claims, err := op.VerifyIDTokenHint[*wire.IDTokenClaims](ctx, hint, verifier)
	if expired := (op.IDTokenHintExpiredError{}); err != nil && !errors.As(err, &expired) {
		return nil, fmt.Errorf("id_token_hint: %w", err)
	}
	return claims, nil
}

// ourKeys verifies what our signing key signed, by any version of it that is
// still published.
type ourKeys struct{ *Provider }

// VerifySignature finds the version by kid.
func (k ourKeys) VerifySignature(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	keys, err := k.keys.PublicKeys(ctx, k.signingKey)
	if err != nil {
		return nil, err
	}
	kid, alg := wire.GetKeyIDAndAlg(jws)
	key, err := wire.FindMatchingKey(kid, wire.KeyUseSignature, alg, keys...)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", kid, err)
	}
	return jws.Verify(&key)
}
