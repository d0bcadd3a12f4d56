// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// actorKey is where withToken leaves the actor.
type actorKey struct{}

func actorOf(ctx context.Context) idp.Actor {
	who, _ := ctx.Value(actorKey{}).(idp.Actor)
	return who
}

// withToken lets requests with a live API token pass (RFC 6750 §2.1), and
// whoever asks for the OpenAPI document. A token is found by its hash, so the
// time of the search tells nothing about it.
func (a *API) withToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == openAPIPath {
			next.ServeHTTP(w, r)
			return
		}
		token, ok := bearer(r)
		if !ok {
			// No error code: the client may not know that it needs a token
			// (RFC 6750 §3.1).
			w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin"`)
			writeProblem(w, http.StatusUnauthorized, "send an API token: Authorization: Bearer TOKEN")
			return
		}
		who, err := a.authenticate(r, token)
		if errors.Is(err, idp.ErrNotFound) || errors.Is(err, idp.ErrExpired) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin", error="invalid_token"`)
			writeProblem(w, http.StatusUnauthorized, "the API token is unknown, expired or revoked")
			return
		}
		if err != nil {
			a.log.ErrorContext(r.Context(), "admin API token", "err", err)
			writeProblem(w, http.StatusInternalServerError, "the token could not be checked; the log says why")
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, who)))
	})
}

// bearer returns the token of the one Authorization header. The name of the
// scheme is compared regardless of case (RFC 9110 §11.1).
func bearer(r *http.Request) (token string, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

func (a *API) authenticate(r *http.Request, token string) (idp.Actor, error) {
	var who idp.Actor
	err := a.cfg.DB.View(r.Context(), func(tx idp.Tx) error {
		t, err := tx.APITokenByHash(idp.HashToken(token))
		if err != nil {
			return err
		}
		if !liveToken(t, tx.Now()) {
			return fmt.Errorf("API token %s: %w", t.ID, idp.ErrExpired)
		}
		who = idp.Actor{Kind: idp.ActorToken, ID: t.ID, Name: t.Name, Address: a.cfg.ClientAddress(r), UserAgent: r.UserAgent()}
		return nil
	})
	who.UserAgent = strings.ToValidUTF8(who.UserAgent[:min(len(who.UserAgent), 512)], "")
	return who, err
}
