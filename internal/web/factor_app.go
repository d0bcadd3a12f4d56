// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// qrPixels is the width of the picture for the app: twice what is shown, for
// fine screens.
const qrPixels = 384

// appPurpose binds the seed in the form to its user.
func appPurpose(u idp.User) string { return "authenticator app of " + string(u.ID) }

// serveAppForm shows a new seed to scan.
func (s *Site) serveAppForm(v *visit) error {
	if !v.proved() {
		return s.proveFirst(v)
	}
	return s.showAppForm(v, identity.NewTOTPSeed(), page.AppForm{})
}

// showAppForm shows a seed. It travels sealed, so that a form cannot choose
// one.
func (s *Site) showAppForm(v *visit, seed idp.Secret, p page.AppForm) error {
	key := identity.NewTOTPKey(seed, "Tocsin", v.user.Username)
	picture, err := key.PNG(qrPixels)
	if err != nil {
		return err
	}
	status, title := http.StatusOK, "Add an authenticator app"
	if p.NameError != "" || p.CodeError != "" {
		status, title = http.StatusUnprocessableEntity, "Error: "+title
	}
	p.Frame = s.frame(v, title, page.AccountFactors)
	p.Picture = "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)
	p.URL, p.Seed = key.URL.Reveal(), grouped(seed.Reveal())
	p.State = s.ceremonies.seal(appPurpose(v.user), []byte(seed.Reveal()))
	return v.show(status, p.Page())
}

// grouped is a seed in groups of four, to be read aloud.
func grouped(seed string) string {
	var b strings.Builder
	for i, r := range seed {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// addApp stores the app once it has shown its first code.
func (s *Site) addApp(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	plain, err := s.ceremonies.open(appPurpose(v.user), values.Get("state"))
	if err != nil {
		return err
	}
	seed := idp.NewSecret(string(plain))
	err = s.changeFactors(v, values, noticeApp, func(ctx context.Context, tx idp.Tx, actor idp.Actor) error {
		_, err := identity.AddTOTP(ctx, tx, actor, v.user.ID, strings.TrimSpace(values.Get("name")), seed, values.Get("code"), identity.Cause{})
		return err
	})
	if p, ok := appErrors(values, err); ok {
		return s.showAppForm(v, seed, p)
	}
	return orPage(err, idp.ErrConflict, errTooMany)
}

// appErrors says what is wrong with a field; false means that it is none.
func appErrors(values url.Values, err error) (page.AppForm, bool) {
	p := page.AppForm{Name: values.Get("name")}
	var invalid *idp.InvalidError
	switch {
	case errors.Is(err, identity.ErrCode):
		p.CodeError = "This is not the code that the app shows now. Wait for the next one; if that fails too, check the clock of the device."
	case errors.As(err, &invalid) && invalid.Field == "name":
		p.NameError = "The name " + invalid.Reason + "."
	default:
		return p, false
	}
	return p, true
}
