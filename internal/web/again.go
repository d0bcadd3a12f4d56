// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

const againPath = "/account/again"

// sensitively runs a change that needs a recent proof. Where there is none it
// asks for one on a page that carries what was typed, and whose form comes back
// to the same route; then the change goes on.
func (s *Site) sensitively(v *visit, values url.Values, change func() error) error {
	if values.Get("again") != "" {
		if failure, err := s.answerAgain(v, values); err != nil || failure != "" {
			return s.refuseAgain(v, values, failure, err)
		}
	}
	err := change()
	if errors.Is(err, identity.ErrProveAgain) {
		return s.askAgain(v, http.StatusOK, v.r.URL.Path, values, "")
	}
	return err
}

// proved reports whether the user proved recently who they are.
func (v *visit) proved() bool { return identity.RecentlyProved(v.session, time.Now()) }

// proveFirst asks for a proof before a page that is good for nothing without,
// and then opens it.
func (s *Site) proveFirst(v *visit) error {
	return s.askAgain(v, http.StatusOK, againPath, url.Values{"next": {v.r.URL.RequestURI()}}, "")
}

// goAgain is where proveFirst's form goes.
func (s *Site) goAgain(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	if failure, err := s.answerAgain(v, values); err != nil || failure != "" {
		return s.refuseAgain(v, values, failure, err)
	}
	next := localPath(values.Get("next"))
	if next == "" {
		next = string(page.AccountProfile)
	}
	return v.redirect(next)
}

// answerAgain checks the proof in a form and renews the session. The text says
// why it was not accepted.
func (s *Site) answerAgain(v *visit, values url.Values) (string, error) {
	ctx := v.r.Context()
	proof, err := s.proofAgain(v, values)
	if err == nil {
		err = s.renew(v, proof)
	}
	switch {
	case err == nil:
		s.log.LogAttrs(ctx, slog.LevelInfo, "proved again", slog.Any("user", v.user), slog.Any("session", v.session))
		return "", nil
	case errors.Is(err, identity.ErrFactorNeeded) && values.Get("again") == "passkey":
		return "Your key did not check who holds it. Give your password too.", nil
	case errors.Is(err, identity.ErrFactorNeeded):
		return "Your password alone is not enough. Give a code too, or use a passkey.", nil
	case errors.Is(err, identity.ErrCredentials), errors.Is(err, identity.ErrStale), errors.Is(err, identity.ErrCode):
		s.logFailure(v, err)
		return "That does not match. Check it and try again.", nil
	case errors.Is(err, identity.ErrPasskey):
		s.logFailure(v, err)
		return "That passkey was not accepted. Try again.", nil
	default:
		return "", err
	}
}

// renew makes the session of this browser recently proved.
func (s *Site) renew(v *visit, proof identity.Proof) error {
	ctx := v.r.Context()
	var session idp.Session
	var token string
	err := s.db.Update(ctx, func(tx idp.Tx) (err error) {
		session, token, err = identity.Reauthenticate(ctx, tx, s.actor(v, v.user), v.session.ID, proof)
		return err
	})
	if err != nil {
		return err
	}
	v.session = session
	s.cookies.setSession(v.w, token)
	return nil
}

// proofAgain is what the form proves.
func (s *Site) proofAgain(v *visit, values url.Values) (identity.Proof, error) {
	passkey, password := values.Get("again") == "passkey", values.Get("again_password")
	if passkey && password == "" {
		return s.provePasskey(v, values.Get("response"), nil)
	}
	var proof identity.Proof
	err := s.try(v, v.user.Username, false, func() (err error) {
		proof, err = s.passwords.Prove(v.r.Context(), s.db, v.user.ID, password)
		return err
	})
	if err != nil {
		return proof, err
	}
	if passkey {
		return s.provePasskey(v, values.Get("response"), &proof)
	}
	if code := values.Get("again_code"); code != "" {
		err = s.try(v, v.user.Username, true, func() (err error) {
			proof, err = s.proveCode(v, proof, code)
			return err
		})
	}
	return proof, err
}

// proveCode adds a code of an app or a recovery code, which look different.
func (s *Site) proveCode(v *visit, proof identity.Proof, code string) (identity.Proof, error) {
	ctx := v.r.Context()
	prove := func(tx idp.Tx) (identity.Proof, error) { return identity.ProveTOTP(ctx, tx, proof, code) }
	if strings.ContainsFunc(code, func(r rune) bool { return r != ' ' && (r < '0' || r > '9') }) {
		prove = func(tx idp.Tx) (identity.Proof, error) {
			return identity.ProveRecoveryCode(ctx, tx, s.actor(v, v.user), proof, code, identity.Cause{})
		}
	}
	err := s.db.Update(ctx, func(tx idp.Tx) (err error) {
		proof, err = prove(tx)
		return err
	})
	return proof, err
}

func (s *Site) refuseAgain(v *visit, values url.Values, failure string, err error) error {
	if err != nil {
		return s.orSlow(err, string(page.AccountProfile))
	}
	return s.askAgain(v, http.StatusUnprocessableEntity, v.r.URL.Path, values, failure)
}

// askAgain shows the page that asks, with the ways that the user has.
func (s *Site) askAgain(v *visit, status int, action string, values url.Values, failure string) error {
	p := page.Again{Action: action, Values: carried(values), Failure: failure}
	var factors identity.Factors
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		credentials, err := tx.Credentials(v.user.ID)
		if err != nil {
			return err
		}
		p.Password = slices.ContainsFunc(credentials, func(c idp.Credential) bool { return c.Kind == idp.CredentialPassword })
		factors, err = identity.FactorsOf(tx, v.user.ID)
		return err
	})
	if err != nil {
		return err
	}
	if factors.Passkeys > 0 {
		if p.Passkey, err = s.askPasskey(v, &v.user.ID); err != nil {
			return err
		}
		p.PasskeyAndPassword = p.Password && values.Get("again") == "passkey" && failure != ""
	}
	p.Code = factors.Any()
	if p.Code && factors.TOTP+factors.RecoveryCodes == 0 {
		p.Password = false // it is not enough, and there is no code
	}
	title := "Is it still you?"
	if failure != "" {
		title = "Error: " + title
	}
	p.Frame = s.frame(v, title, againPlace(action))
	return v.show(status, p.Page())
}

// carried is what was typed, without the proof.
func carried(values url.Values) []page.Value {
	var list []page.Value
	for name, all := range values {
		if name != "response" && !strings.HasPrefix(name, "again") {
			list = append(list, page.Value{Name: name, Value: all[0]})
		}
	}
	slices.SortFunc(list, func(a, b page.Value) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// againPlace is the entry of the navigation under which an action stands.
func againPlace(action string) page.Place {
	if strings.HasPrefix(action, "/account/profile") {
		return page.AccountProfile
	}
	return page.AccountFactors
}
