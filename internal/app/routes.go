// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/httpd"
	"github.com/tocsin-id/tocsin/internal/idp"
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
	)
	r.Get("/healthz", serveHealthz)
	r.Get("/readyz", a.serveReadyz)
	r.Get("/metrics", a.serveMetrics)
	a.oidc.Mount(r)
	a.transmitter.Mount(r)
	r.Mount("/api/v1", a.api)
	a.site.Mount(r)
	r.NotFound(a.site.NotFound)
	return r
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
