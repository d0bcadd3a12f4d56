// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

type signingKeyJSON struct {
	ID        idp.KeyID          `json:"id"`
	Name      string             `json:"name"`
	Algorithm secevent.Algorithm `json:"algorithm"`
	CreatedAt time.Time          `json:"created_at"`
	Versions  []keyVersionJSON   `json:"versions" nullable:"false" doc:"Oldest first."`
}

type keyVersionJSON struct {
	KID        string    `json:"kid"`
	State      string    `json:"state" enum:"next,signing,verifying,removed" doc:"next is published and signs from active_from on; verifying is published and signs no more."`
	JWK        any       `json:"jwk" doc:"The public key."`
	CreatedAt  time.Time `json:"created_at" doc:"When it was first published."`
	ActiveFrom time.Time `json:"active_from"`
	RemovedAt  time.Time `json:"removed_at,omitzero"`
}

func toSigningKey(k idp.SigningKey, now time.Time) (signingKeyJSON, error) {
	out := signingKeyJSON{ID: k.ID, Name: k.Name, Algorithm: k.Algorithm, CreatedAt: k.CreatedAt, Versions: []keyVersionJSON{}}
	active, _ := k.Active(now)
	for _, v := range k.Versions {
		jwk, err := signing.PublicJWK(k.Algorithm, v)
		if err != nil {
			return signingKeyJSON{}, err
		}
		state := "verifying"
		switch {
		case !v.RemovedAt.IsZero():
			state = "removed"
		case v.KID == active.KID:
			state = "signing"
		case v.ActiveFrom.After(now):
			state = "next"
		}
		out.Versions = append(out.Versions, keyVersionJSON{v.KID, state, jwk, v.CreatedAt, v.ActiveFrom, v.RemovedAt})
	}
	return out, nil
}

type generateKeyJSON struct {
	Name      string             `json:"name"`
	Algorithm secevent.Algorithm `json:"algorithm,omitempty" enum:"RS256,PS256,ES256,ES384,EdDSA" default:"RS256" doc:"CAEP Interop asks for RS256."`
	RSABits   int                `json:"rsa_bits,omitempty" default:"2048" doc:"2048 or 3072, for RS256 and PS256."`
}

type importKeyJSON struct {
	Name      string             `json:"name"`
	Algorithm secevent.Algorithm `json:"algorithm,omitempty" enum:"RS256,PS256,ES256,ES384,EdDSA" doc:"The usual one for the key if absent."`
	PEM       string             `json:"pem" doc:"A private key in PKCS #8, PKCS #1 or SEC 1 form, not encrypted: RSA from 2048 bits, P-256, P-384 or Ed25519."`
}

type rotateKeyJSON struct {
	Overlap *int64 `json:"overlap_seconds,omitempty" doc:"How long the next version is published before it signs, 600 to 2592000. The default is 3600."`
}

func (a *API) signingKeyRoutes() {
	const keys, key = "/signing-keys", "/signing-keys/{id}"
	view(a, operation(http.MethodGet, keys, "signing keys", "List signing keys"), listSigningKeys)
	serve(a, creates(operation(http.MethodPost, keys, "signing keys", "Generate a signing key", http.StatusConflict)),
		func(ctx context.Context, who idp.Actor, in *withBody[generateKeyJSON]) (signingKeyJSON, error) {
			k, err := signing.GenerateRSA(in.Body.Name, in.Body.Algorithm, in.Body.RSABits)
			if err != nil {
				return signingKeyJSON{}, err
			}
			return a.addSigningKey(ctx, who, k)
		})
	serve(a, creates(operation(http.MethodPost, keys+"/import", "signing keys", "Import a signing key", http.StatusConflict)),
		func(ctx context.Context, who idp.Actor, in *withBody[importKeyJSON]) (signingKeyJSON, error) {
			k, err := signing.ImportPEM(in.Body.Name, in.Body.Algorithm, []byte(in.Body.PEM))
			if err != nil {
				return signingKeyJSON{}, err
			}
			return a.addSigningKey(ctx, who, k)
		})
	view(a, operation(http.MethodGet, key, "signing keys", "Get a signing key", http.StatusNotFound), getSigningKey)
	serve(a, operation(http.MethodPost, key+"/rotate", "signing keys", "Publish the next version of a signing key", http.StatusNotFound, http.StatusConflict), a.rotateSigningKey)
	serve(a, operation(http.MethodDelete, key, "signing keys", "Delete a signing key that no provider uses", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, who idp.Actor, in *byID) (nothing, error) {
			err := a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
				return DeleteSigningKey(ctx, tx, who, idp.KeyID(in.ID))
			})
			a.cfg.Keys.Forget(idp.KeyID(in.ID))
			return nothing{}, err
		})
}

func listSigningKeys(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[signingKeyJSON], error) {
	out := list[signingKeyJSON]{Items: []signingKeyJSON{}}
	found, err := SigningKeys(ctx, tx, who)
	if err != nil {
		return out, err
	}
	for _, k := range found {
		item, err := toSigningKey(k, tx.Now())
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func getSigningKey(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (signingKeyJSON, error) {
	k, err := SigningKey(ctx, tx, who, idp.KeyID(in.ID))
	if err != nil {
		return signingKeyJSON{}, err
	}
	return toSigningKey(k, tx.Now())
}

func (a *API) addSigningKey(ctx context.Context, who idp.Actor, k idp.SigningKey) (out signingKeyJSON, err error) {
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		if err := AddSigningKey(ctx, tx, who, k); err != nil {
			return err
		}
		out, err = toSigningKey(k, tx.Now())
		return err
	})
	return out, err
}

// rotateSigningKey makes the next version between two transactions. Should
// the key be rotated by somebody else meanwhile, the second one says so.
func (a *API) rotateSigningKey(ctx context.Context, who idp.Actor, in *mayHave[rotateKeyJSON]) (out signingKeyJSON, err error) {
	id := idp.KeyID(in.ID)
	var overlap time.Duration
	if err := setSeconds("overlap", &overlap, in.body().Overlap); err != nil {
		return out, err
	}
	var key idp.SigningKey
	err = a.cfg.DB.View(ctx, func(tx idp.Tx) (err error) {
		key, err = SigningKey(ctx, tx, who, id)
		return err
	})
	if err != nil {
		return out, err
	}
	next, err := signing.Next(key)
	if err != nil {
		return out, err
	}
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		if err := RotateSigningKey(ctx, tx, who, id, next, overlap); err != nil {
			return err
		}
		out, err = getSigningKey(ctx, tx, who, &byID{in.ID})
		return err
	})
	a.cfg.Keys.Forget(id)
	return out, err
}
