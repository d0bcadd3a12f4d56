// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

const consentPath = "/consent"

// serveConsent asks whether an application may have what it asked for.
func (s *Site) serveConsent(v *visit) error {
	return s.continueRequest(v, signInForm{request: v.r.URL.Query().Get("request")})
}

func (s *Site) showConsent(v *visit, request string, step oidc.Consent) error {
	host, err := s.returnHost(v, request)
	if err != nil {
		return requestError(err)
	}
	p := page.Consent{
		Frame:   s.frame(v, "Let "+step.Application.Name+" use your account?", ""),
		Request: request, Application: applicationView(step.Application), ReturnTo: host,
	}
	for _, scope := range step.Scopes {
		p.Scopes = append(p.Scopes, sentence(scope))
	}
	return v.show(http.StatusOK, p.Page())
}

// sentence is a scope as an entry of a list. One without a description is
// shown by its name rather than left out: nobody should agree to what they do
// not see.
func sentence(scope oidc.Scope) string {
	if scope.Description == "" {
		return scope.Name
	}
	first, size := utf8.DecodeRuneInString(scope.Description)
	return string(unicode.ToUpper(first)) + scope.Description[size:]
}

// returnHost is where the answer goes. People who know an application by its
// address can tell that it is the one.
func (s *Site) returnHost(v *visit, request string) (string, error) {
	var host string
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		r, err := tx.AuthRequest(request)
		if err != nil {
			return err
		}
		u, err := url.Parse(r.RedirectURI)
		if err != nil {
			return err
		}
		host = u.Host
		return nil
	})
	return host, err
}

// answerConsent takes the answer to the application.
func (s *Site) answerConsent(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx, request := v.r.Context(), values.Get("request")
	switch answer := values.Get("answer"); answer {
	case "allow":
		step, err := s.oidc.Consent(ctx, request, &v.session)
		if err != nil {
			return requestError(err)
		}
		s.logConsent(v, "consent given")
		return s.follow(v, signInForm{request: request}, step)
	case "deny":
		target, err := s.oidc.Deny(ctx, request)
		if err != nil {
			return requestError(err)
		}
		s.logConsent(v, "consent denied")
		return s.leave(v, target)
	default:
		return badForm("Choose Allow or Deny.")
	}
}

func (s *Site) logConsent(v *visit, outcome string) {
	s.log.LogAttrs(v.r.Context(), slog.LevelInfo, outcome, slog.Any("user", v.user), slog.Any("session", v.session))
}
