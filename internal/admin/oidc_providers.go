// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
)

// OIDCProviders returns all OIDC providers.
func OIDCProviders(_ context.Context, tx idp.Tx, actor idp.Actor) ([]idp.OIDCProvider, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.OIDCProviders()
}

// OIDCProvider returns one OIDC provider.
func OIDCProvider(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ProviderID) (idp.OIDCProvider, error) {
	if err := authorize(tx, actor); err != nil {
		return idp.OIDCProvider{}, err
	}
	return tx.OIDCProvider(id)
}

// CreateOIDCProvider stores a new OIDC provider with a fresh ID and, if it has
// none, a fresh client id. It returns the client secret, which only its hash
// is kept of; it is zero for private_key_jwt.
func CreateOIDCProvider(ctx context.Context, tx idp.Tx, actor idp.Actor, p idp.OIDCProvider) (idp.OIDCProvider, idp.Secret, error) {
	p.ID = idp.NewID[idp.ProviderID]()
	p.CreatedAt, p.UpdatedAt = tx.Now(), tx.Now()
	if p.ClientID == "" {
		p.ClientID = idp.NewID[string]()
	}
	o := created("oidc_provider", p.ID, p.Name)
	if err := allow(tx, actor, "oidc_provider.create", o, identity.Cause{}); err != nil {
		return idp.OIDCProvider{}, idp.Secret{}, err
	}
	if err := checkOIDCProvider(tx, p); err != nil {
		return idp.OIDCProvider{}, idp.Secret{}, err
	}
	secret := newClientSecret(&p)
	if err := tx.CreateOIDCProvider(p); err != nil {
		return idp.OIDCProvider{}, idp.Secret{}, err
	}
	return p, secret, transmitter.SyncLogoutStream(ctx, tx, actor, p)
}

// UpdateOIDCProvider replaces the data of the OIDC provider with p.ID. Its
// client id and secret stay; a provider that changes to private_key_jwt loses
// its secret, and one that changes from it gets one by RotateClientSecret.
func UpdateOIDCProvider(ctx context.Context, tx idp.Tx, actor idp.Actor, p idp.OIDCProvider) (idp.OIDCProvider, error) {
	o := object{kind: "oidc_provider", id: string(p.ID)}
	if err := allow(tx, actor, "oidc_provider.update", o, identity.Cause{}); err != nil {
		return idp.OIDCProvider{}, err
	}
	old, err := tx.OIDCProvider(p.ID)
	if err != nil {
		return idp.OIDCProvider{}, err
	}
	p.ClientID, p.SecretHash, p.UpdatedAt = old.ClientID, old.SecretHash, tx.Now()
	if p.AuthMethod == idp.AuthPrivateKeyJWT {
		p.SecretHash = idp.Hash{}
	} else {
		p.JWKS = nil
	}
	if err := checkOIDCProvider(tx, p); err != nil {
		return idp.OIDCProvider{}, err
	}
	if err := tx.UpdateOIDCProvider(p); err != nil {
		return idp.OIDCProvider{}, err
	}
	return p, transmitter.SyncLogoutStream(ctx, tx, actor, p)
}

// RotateClientSecret gives a client another secret. The old one stops working
// at once.
func RotateClientSecret(_ context.Context, tx idp.Tx, actor idp.Actor, id idp.ProviderID) (idp.OIDCProvider, idp.Secret, error) {
	o := object{kind: "oidc_provider", id: string(id)}
	if err := allow(tx, actor, "oidc_provider.rotate_secret", o, identity.Cause{}); err != nil {
		return idp.OIDCProvider{}, idp.Secret{}, err
	}
	p, err := tx.OIDCProvider(id)
	if err != nil {
		return idp.OIDCProvider{}, idp.Secret{}, err
	}
	if p.AuthMethod == idp.AuthPrivateKeyJWT {
		return idp.OIDCProvider{}, idp.Secret{}, idp.Invalid("auth_method", "is private_key_jwt, which has no secret; change jwks instead")
	}
	secret := newClientSecret(&p)
	return p, secret, tx.UpdateOIDCProvider(p)
}

// DeleteOIDCProvider erases an OIDC provider: its application cannot sign
// anybody in any more.
func DeleteOIDCProvider(ctx context.Context, tx idp.Tx, actor idp.Actor, id idp.ProviderID) error {
	o := object{kind: "oidc_provider", id: string(id)}
	if err := allow(tx, actor, "oidc_provider.delete", o, identity.Cause{}); err != nil {
		return err
	}
	if err := tx.DeleteOIDCProvider(id); err != nil {
		return err
	}
	return transmitter.SyncLogoutStream(ctx, tx, actor, idp.OIDCProvider{ID: id})
}

// newClientSecret makes a secret and puts its hash into p, or nothing for a
// client that signs assertions.
func newClientSecret(p *idp.OIDCProvider) idp.Secret {
	if p.AuthMethod == idp.AuthPrivateKeyJWT {
		return idp.Secret{}
	}
	token := idp.NewToken()
	p.SecretHash = idp.HashToken(token)
	return idp.NewSecret(token)
}

func checkOIDCProvider(tx idp.Tx, p idp.OIDCProvider) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if p.AuthMethod == idp.AuthPrivateKeyJWT {
		if err := checkClientJWKS(p.JWKS); err != nil {
			return err
		}
	}
	return assignable(tx, p.ApplicationID)
}

// checkClientJWKS refuses a set in which we would find no key, and one with
// private keys: those have to stay with the client.
func checkClientJWKS(raw json.RawMessage) error {
	var set struct {
		Keys []map[string]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return idp.Invalid("jwks", "must be a JWK Set: an object with an array \"keys\"")
	}
	for _, key := range set.Keys {
		for _, secret := range []string{"d", "k"} {
			if _, ok := key[secret]; ok {
				return idp.Invalid("jwks", "must hold public keys only; one of them has the private member %q", secret)
			}
		}
	}
	keys, err := secevent.ParseJWKS(raw)
	if err != nil || len(keys) == 0 {
		return idp.Invalid("jwks", "must hold at least one public key: RSA from 2048 bits, P-256, P-384 or Ed25519")
	}
	return nil
}
