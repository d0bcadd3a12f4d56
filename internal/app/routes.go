// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tocsin-id/tocsin/internal/httpd"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
)

// Handler serves everything.
func (a *App) Handler() http.Handler {
	r := chi.NewRouter()
	headers := httpd.HeadersConfig{}
	if a.cfg.Base.Scheme == "https" && !a.cfg.Development {
		headers.HSTS = 365 * 24 * time.Hour
	}
	r.Use(
		httpd.RequestID,
		httpd.Clients(a.cfg.TrustedProxies),
		httpd.AccessLog(a.log),
		httpd.SecurityHeaders(headers),
		httpd.Recover(a.log),
		middleware.GetHead,
	)
	r.Get("/healthz", serveHealthz)
	r.Get("/readyz", a.serveReadyz)
	r.Get("/metrics", a.serveMetrics)
	a.oidc.Mount(r)
	a.transmitter.Mount(r)
	r.Mount("/api/v1", a.api)
	if a.outbox != nil {
		r.Method(http.MethodGet, mail.OutboxPath, a.outbox)
	}
	a.site.Mount(r)
	r.NotFound(a.site.NotFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) { refuseMethod(w, req, r) })
	return r
}

// refuseMethod answers a method that a route does not have, for those roles
// that leave it to the router. The header and the text name those that it has
// (RFC 9110 §15.5.6).
func refuseMethod(w http.ResponseWriter, r *http.Request, routes chi.Routes) {
	var allow []string
	for _, method := range []string{"DELETE", "GET", "PATCH", "POST", "PUT"} {
		if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allow = append(allow, method)
		}
		if method == "GET" && slices.Contains(allow, "GET") {
			allow = append(allow, "HEAD")
		}
	}
	names := strings.Join(allow, ", ")
	w.Header().Set("Allow", names)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusMethodNotAllowed)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"error": "method_not_allowed", "error_description": "this endpoint understands " + names,
	})
}

// serveHealthz says that the process answers.
func serveHealthz(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "ok")
}

// serveReadyz says whether the program can do its work: whether the database
// answers.
func (a *App) serveReadyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.cfg.DB.Ping(ctx); err != nil {
		a.log.Error("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	plain(w, http.StatusOK, "ok")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n"))
}

// serveMetrics asks for an API token, for the figures tell how much happens.
func (a *App) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if !a.cfg.PublicMetrics && !a.hasAPIToken(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin"`)
		plain(w, http.StatusUnauthorized, "send an API token, or set metrics.public")
		return
	}
	a.metrics.handler().ServeHTTP(w, r)
}

func (a *App) hasAPIToken(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	err := a.cfg.DB.View(r.Context(), func(tx idp.Tx) error {
		t, err := tx.APITokenByHash(idp.HashToken(token))
		if err != nil {
			return err
		}
		if !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && !tx.Now().Before(t.ExpiresAt) {
			return idp.ErrExpired
		}
		return nil
	})
	return err == nil
}
