// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/signing"
)

// serveJWKS publishes the verification keys of a provider, the next one
// included (SSF §7.1). Receivers may keep it for a few minutes, which is far
// below the time that a new key is published before it signs.
func (t *Transmitter) serveJWKS(w http.ResponseWriter, r *http.Request) {
	provider, err := t.publicProvider(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		t.writePublicError(w, r, err)
		return
	}
	keys, err := t.cfg.Keys.JWKS(r.Context(), provider.SigningKeyID)
	if err != nil {
		t.writePublicError(w, r, fmt.Errorf("provider %s: %w", provider.ID, err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(signing.JWKSMaxAge.Seconds())))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(keys) // the Receiver is gone; there is nobody to tell
}
