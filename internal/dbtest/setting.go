// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/subject"
)

var settingChecks = []check{
	{"comes back as it was put", func(e *env) {
		missing(e, idp.Tx.Setting, "jti-key")
		for _, value := range []string{"\x00first\xff", "second"} {
			e.update(func(tx idp.Tx) error { return tx.PutSetting("jti-key", idp.NewSecret(value)) })
			if got := read(e, idp.Tx.Setting, "jti-key").Reveal(); got != value {
				e.Errorf("Setting = %q, want %q", got, value)
			}
		}
		missing(e, idp.Tx.Setting, "other")
	}},
	{"knows what was used", func(e *env) {
		value := idp.HashToken("jti")
		e.update(func(tx idp.Tx) error { return tx.UseOnce("assertion", value, tx.Now().Add(time.Hour)) })
		e.update(func(tx idp.Tx) error {
			if err := tx.UseOnce("assertion", value, tx.Now()); !errors.Is(err, idp.ErrReused) {
				e.Errorf("second UseOnce = %v, want ErrReused", err)
			}
			return tx.UseOnce("other kind", value, tx.Now())
		})
	}},
}

var configChecks = []check{
	{"changes with the configuration", func(e *env) {
		staff, ops := e.group("staff"), e.group("ops")
		app := e.application("app", staff.ID, ops.ID)
		p := e.ssfProvider("p", app.ID)
		o := e.oidcProvider("o", app.ID)
		s := e.streamOf("s", p, idp.Push)
		email := subject.Email("ada@example.com")
		unassigned := idp.OIDCProvider{ID: "new", Name: "new", ClientID: "new"}
		for _, c := range []struct {
			name  string
			write func(idp.Tx) error
		}{
			{"UpdateApplication", func(tx idp.Tx) error { return tx.UpdateApplication(app) }},
			{"DeleteGroup", func(tx idp.Tx) error { return tx.DeleteGroup(ops.ID) }},
			{"UpdateSSFProvider", func(tx idp.Tx) error { return tx.UpdateSSFProvider(p) }},
			{"UpdateOIDCProvider", func(tx idp.Tx) error { return tx.UpdateOIDCProvider(o) }},
			{"UpdateStream", func(tx idp.Tx) error { return tx.UpdateStream(s) }},
			{"PutSubject", func(tx idp.Tx) error {
				return tx.PutSubject(idp.StreamSubject{Stream: s.Num, Subject: email})
			}},
			{"DeleteSubject", func(tx idp.Tx) error { return tx.DeleteSubject(s.Num, email) }},
			{"DeleteStream", func(tx idp.Tx) error { return tx.DeleteStream(s.Num) }},
			{"DeleteSSFProvider", func(tx idp.Tx) error { return tx.DeleteSSFProvider(p.ID) }},
			{"DeleteOIDCProvider", func(tx idp.Tx) error { return tx.DeleteOIDCProvider(o.ID) }},
			{"DeleteApplication", func(tx idp.Tx) error { return tx.DeleteApplication(app.ID) }},
			{"CreateApplication", func(tx idp.Tx) error {
				return tx.CreateApplication(idp.Application{ID: "new", Slug: "new", Name: "new"})
			}},
			{"CreateOIDCProvider", func(tx idp.Tx) error { return tx.CreateOIDCProvider(unassigned) }},
			{"CreateSSFProvider", func(tx idp.Tx) error {
				p.ApplicationID = "new"
				return tx.CreateSSFProvider(p)
			}},
			{"CreateStream", func(tx idp.Tx) error {
				s.ApplicationID = "new"
				_, err := tx.CreateStream(s)
				return err
			}},
		} {
			e.changesConfig(c.name, true, c.write)
		}
	}},
	{"stays when only activity is noted", func(e *env) {
		s := e.stream("s", idp.Push)
		e.changesConfig("TouchStream", false, func(tx idp.Tx) error { return tx.TouchStream(s.Num, tx.Now()) })
		e.changesConfig("View", false, func(tx idp.Tx) error { return nil })
	}},
	{"stays when the change is undone", func(e *env) {
		version, generation := get(e, idp.Tx.ConfigVersion), e.db.ConfigGeneration()
		undo := errors.New("undo")
		e.refused(undo, func(tx idp.Tx) error {
			if err := tx.CreateApplication(idp.Application{ID: "a", Slug: "a", Name: "a"}); err != nil {
				return err
			}
			return undo
		})
		if got := get(e, idp.Tx.ConfigVersion); got != version {
			e.Errorf("ConfigVersion = %d, want %d as before", got, version)
		}
		if got := e.db.ConfigGeneration(); got != generation {
			e.Errorf("ConfigGeneration = %d, want %d as before", got, generation)
		}
	}},
}

// changesConfig checks whether a write changes ConfigVersion, in its own
// transaction and after it, and ConfigGeneration.
func (e *env) changesConfig(name string, want bool, change func(idp.Tx) error) {
	e.Helper()
	version, generation := get(e, idp.Tx.ConfigVersion), e.db.ConfigGeneration()
	e.update(func(tx idp.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		inside, err := tx.ConfigVersion()
		if changed := inside != version; changed != want {
			e.Errorf("%s changed ConfigVersion in its transaction: %v, want %v", name, changed, want)
		}
		return err
	})
	if changed := get(e, idp.Tx.ConfigVersion) != version; changed != want {
		e.Errorf("%s changed ConfigVersion: %v, want %v", name, changed, want)
	}
	if changed := e.db.ConfigGeneration() != generation; changed != want {
		e.Errorf("%s changed ConfigGeneration: %v, want %v", name, changed, want)
	}
}
