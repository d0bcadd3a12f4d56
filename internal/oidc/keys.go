// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// serveKeys publishes the keys that verify ID tokens (RFC 7517 §5). They may be
// kept for a while: the next key is here before it signs.
func (p *Provider) serveKeys(w http.ResponseWriter, r *http.Request) {
	set, err := p.keys.JWKS(r.Context(), p.signingKey)
	if err != nil {
		p.refuseClient(w, r, client{}, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	allowCaching(w.Header())
	w.Write(set)
}

// allowCaching lets a public document be kept as long as a JWK Set.
func allowCaching(h http.Header) {
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(signing.JWKSMaxAge.Seconds())))
	h.Del("Pragma")
}

func wireAlgorithm(s *secevent.Signer) jose.SignatureAlgorithm {
	return jose.SignatureAlgorithm(s.Algorithm())
}
