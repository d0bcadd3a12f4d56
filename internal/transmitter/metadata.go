// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// The names under "/.well-known/" (RFC 8615 §3).
const (
	ssfConfiguration = "ssf-configuration"
	resourceMetadata = "oauth-protected-resource"
)

// wellKnown is a well-known URL of an issuer: the name stands between the host
// and the path (SSF §7.2.1).
func (t *Transmitter) wellKnown(name, slug string) string {
	u, err := url.Parse(t.issuer(slug))
	if err != nil {
		// New parsed BaseURL, and a slug has nothing that could break it.
		panic("transmitter: " + err.Error())
	}
	u.Path = "/.well-known/" + name + u.Path
	return u.String()
}

// Metadata describes a provider (SSF §7.1). What each Receiver can have may
// differ, so the event types stand in each stream and not here.
func (t *Transmitter) Metadata(p idp.SSFProvider) ssf.Metadata {
	issuer := t.issuer(p.Slug)
	return ssf.Metadata{
		SpecVersion:              ssf.SpecVersion,
		Issuer:                   issuer,
		JWKSURI:                  issuer + "/jwks.json",
		DeliveryMethodsSupported: []ssf.DeliveryMethod{ssf.Push, ssf.Poll},
		ConfigurationEndpoint:    issuer + "/streams",
		StatusEndpoint:           issuer + "/status",
		AddSubjectEndpoint:       issuer + "/subjects/add",
		RemoveSubjectEndpoint:    issuer + "/subjects/remove",
		VerificationEndpoint:     issuer + "/verify",
		AuthorizationSchemes:     []ssf.AuthorizationScheme{{SpecURN: ssf.SchemeOAuth2}},
		DefaultSubjects:          ssf.DefaultSubjects(p.DefaultSubjects),
	}
}

func (t *Transmitter) serveMetadata(w http.ResponseWriter, r *http.Request) {
	provider, err := t.publicProvider(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		t.writePublicError(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeJSON(w, http.StatusOK, t.Metadata(provider))
}

// protectedResource says where a token for a provider comes from (RFC 9728
// §2).
type protectedResource struct {
	Resource               string   `json:"resource"`
	AuthorizationServers   []string `json:"authorization_servers"`
	ScopesSupported        []string `json:"scopes_supported"`
	BearerMethodsSupported []string `json:"bearer_methods_supported"`
	ResourceName           string   `json:"resource_name"`
}

func (t *Transmitter) serveResource(w http.ResponseWriter, r *http.Request) {
	provider, err := t.publicProvider(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		t.writePublicError(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeJSON(w, http.StatusOK, protectedResource{
		Resource:               t.issuer(provider.Slug),
		AuthorizationServers:   []string{t.cfg.BaseURL},
		ScopesSupported:        []string{ScopeManage, ScopeRead},
		BearerMethodsSupported: []string{"header"},
		ResourceName:           "Shared Signals",
	})
}

// publicProvider returns a provider for a route that anybody may ask.
func (t *Transmitter) publicProvider(ctx context.Context, slug string) (p idp.SSFProvider, err error) {
	err = t.cfg.DB.View(ctx, func(tx idp.Tx) error {
		p, err = assignedProvider(tx, slug)
		return err
	})
	return p, err
}

func (t *Transmitter) writePublicError(w http.ResponseWriter, r *http.Request, err error) {
	wire := toWire(err)
	t.logError(r, wire)
	writeError(w, wire)
}
