// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/demo"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// seed makes what is missing of the objects to play with. A second run of the
// same folder finds them, takes the credentials from dev.json, and adapts the
// addresses.
func (d *dev) seed(ctx context.Context, db idp.DB) (devFile, error) {
	before, err := readDevFile(d.file)
	if err != nil {
		return devFile{}, err
	}
	made := devFile{BaseURL: d.base.String()}
	for _, u := range []devUser{
		{Username: "mira", Name: "Mira Lindqvist"},
		{Username: "tomas", Name: "Tomás Okafor"},
		{Username: "june", Name: "June Castellan"},
		{Username: "admin", Name: "Administrator", Admin: true},
	} {
		if err := d.seedUser(ctx, db, before, &u); err != nil {
			return devFile{}, fmt.Errorf("user %s: %w", u.Username, err)
		}
		made.Users = append(made.Users, u)
	}
	for i, a := range d.apps {
		// The two show two algorithms; the interoperability profile asks for
		// the first (CAEP Interop §2.6).
		alg := []secevent.Algorithm{secevent.RS256, secevent.ES256}[i]
		credentials, err := d.seedApplication(ctx, db, before, &a.Config, alg)
		if err != nil {
			return devFile{}, fmt.Errorf("application %s: %w", a.Slug, err)
		}
		made.Applications = append(made.Applications, credentials)
	}
	made.AdminToken, err = seedToken(ctx, db, before.AdminToken)
	return made, err
}

// seedUser finds or creates a user. One whose password was lost gets another.
func (d *dev) seedUser(ctx context.Context, db idp.DB, before devFile, u *devUser) error {
	for _, known := range before.Users {
		if known.Username == u.Username {
			u.Password = known.Password
		}
	}
	var user idp.User
	err := db.View(ctx, func(tx idp.Tx) (err error) {
		user, err = tx.UserByLogin(u.Username)
		return err
	})
	exists := err == nil
	if err != nil && !errors.Is(err, idp.ErrNotFound) || exists && u.Password != "" {
		return err
	}
	u.Password = easyPassword()
	hash, err := d.app.passwords.Hash(ctx, u.Password)
	if err != nil {
		return err
	}
	return db.Update(ctx, func(tx idp.Tx) error {
		cause := identity.Cause{Admin: "Made for development"}
		if exists {
			return identity.ResetPassword(ctx, tx, idp.System(), user.ID, hash, cause)
		}
		_, err := identity.CreateUser(ctx, tx, idp.System(), idp.User{
			Username: u.Username, Name: u.Name, Email: u.Username + "@example.com", Admin: u.Admin,
		}, hash, cause)
		return err
	})
}

// easyPassword is random, for everybody on this machine reaches the provider,
// and can be typed.
func easyPassword() string {
	text := strings.ToLower(rand.Text())
	return text[:4] + "-" + text[4:8] + "-" + text[8:12]
}

// seedApplication finds or creates an application with its two providers.
func (d *dev) seedApplication(ctx context.Context, db idp.DB, before devFile, c *demo.Config, alg secevent.Algorithm) (devCredentials, error) {
	c.ClientID = c.Slug
	c.SSFIssuer = d.base.String() + "/ssf/" + c.Slug
	for _, known := range before.Applications {
		if known.Slug == c.Slug {
			c.ClientSecret = known.ClientSecret
		}
	}
	key, err := seedKey(ctx, db, c.Name+" signals", alg)
	if err != nil {
		return devCredentials{}, err
	}
	err = db.Update(ctx, func(tx idp.Tx) error {
		app, err := tx.ApplicationBySlug(c.Slug)
		if errors.Is(err, idp.ErrNotFound) {
			app = idp.Application{ID: idp.NewID[idp.ApplicationID](), Slug: c.Slug, Name: c.Name}
			err = tx.CreateApplication(app)
		}
		if err != nil {
			return err
		}
		app.LaunchURL, app.Icon = c.URL+"/", c.URL+"/asset/"+c.Slug+".svg"
		return errors.Join(tx.UpdateApplication(app), seedOIDC(tx, app, c), seedSSF(tx, app, c, key))
	})
	if err != nil {
		return devCredentials{}, err
	}
	c.PushToken = pushToken(c.ClientSecret)
	configuration, err := ssf.ConfigurationURL(c.SSFIssuer)
	return devCredentials{
		Slug: c.Slug, Name: c.Name, URL: c.URL, ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		SSFIssuer: c.SSFIssuer, SSFConfigurationURL: configuration, Method: c.Method,
	}, err
}

// pushToken is the same in the next run of the folder: SETs that wait from this
// one are then pushed with a token that the application knows.
func pushToken(clientSecret string) string {
	hash := sha256.Sum256([]byte("push " + clientSecret))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

func seedOIDC(tx idp.Tx, app idp.Application, c *demo.Config) error {
	p, err := tx.OIDCProviderOf(app.ID)
	fresh := errors.Is(err, idp.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if fresh {
		p = idp.OIDCProvider{
			ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: c.Name + " sign-in",
			ClientID: c.ClientID, AuthMethod: idp.AuthClientSecretBasic,
			Grants:              []string{idp.GrantAuthorizationCode, idp.GrantRefreshToken, idp.GrantClientCredentials},
			AccessTokenLifetime: 15 * time.Minute, IDTokenLifetime: time.Hour, RefreshTokenLifetime: 30 * 24 * time.Hour,
		}
	}
	if fresh || c.ClientSecret == "" {
		c.ClientSecret = idp.NewToken()
		p.SecretHash = idp.HashToken(c.ClientSecret)
	}
	p.RedirectURIs = []string{c.URL + "/callback"}
	p.PostLogoutRedirectURIs = []string{c.URL + "/"}
	if fresh {
		return tx.CreateOIDCProvider(p)
	}
	return tx.UpdateOIDCProvider(p)
}

func seedSSF(tx idp.Tx, app idp.Application, c *demo.Config, key idp.KeyID) error {
	if _, err := tx.SSFProviderBySlug(c.Slug); !errors.Is(err, idp.ErrNotFound) {
		return err
	}
	return tx.CreateSSFProvider(idp.SSFProvider{
		ID: idp.NewID[idp.ProviderID](), ApplicationID: app.ID, Name: c.Name + " signals", Slug: c.Slug,
		SigningKeyID: key, EventRetention: 7 * 24 * time.Hour, VerifyTLS: true,
		EventTypes: identity.EventTypes(), DefaultSubjects: idp.SubjectsAll,
	})
}

// seedKey finds or generates a signing key. Generating takes a moment and
// happens outside of a transaction.
func seedKey(ctx context.Context, db idp.DB, name string, alg secevent.Algorithm) (idp.KeyID, error) {
	var keys []idp.SigningKey
	err := db.View(ctx, func(tx idp.Tx) (err error) {
		keys, err = tx.SigningKeys()
		return err
	})
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.Name == name {
			return k.ID, nil
		}
	}
	key, err := signing.Generate(name, alg)
	if err != nil {
		return "", err
	}
	return key.ID, db.Update(ctx, func(tx idp.Tx) error { return tx.CreateSigningKey(key) })
}

// seedToken keeps the API token of an earlier run, if it still works.
func seedToken(ctx context.Context, db idp.DB, before string) (string, error) {
	token := before
	err := db.Update(ctx, func(tx idp.Tx) error {
		known, err := tx.APITokenByHash(idp.HashToken(before))
		if err == nil && known.RevokedAt.IsZero() {
			return nil
		}
		if err != nil && !errors.Is(err, idp.ErrNotFound) {
			return err
		}
		token = idp.NewToken()
		return tx.CreateAPIToken(idp.APIToken{
			ID: idp.NewID[string](), Name: "development", Hash: idp.HashToken(token), CreatedAt: tx.Now(),
		})
	})
	return token, err
}
