// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

func jwks(t *testing.T, signers ...signer) string {
	t.Helper()
	var keys []secevent.Key
	for _, s := range signers {
		keys = append(keys, s.signer.Key())
	}
	body, err := secevent.JWKS(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func newKeys(t *testing.T, handlers ...http.HandlerFunc) (*receiver.Keys, *script) {
	t.Helper()
	s := &script{handlers: handlers}
	keys, err := receiver.NewKeys(receiver.KeysConfig{URL: "https://tr.example.com/jwks", HTTP: memoryClient(s)})
	if err != nil {
		t.Fatal(err)
	}
	return keys, s
}

// want checks how many keys there are for an id, -1 for an error, and how many
// fetches it took so far.
func wantKeys(t *testing.T, keys *receiver.Keys, server *script, id string, count, fetches int) {
	t.Helper()
	found, err := keys.Keys(t.Context(), id)
	got := len(found)
	if err != nil {
		got = -1
	}
	if got != count || len(server.requests()) != fetches {
		t.Errorf("Keys(%q) = %d keys, %v after %d fetches, want %d after %d", id, got, err, len(server.requests()), count, fetches)
	}
}

func TestKeysRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, new := newSigner(t, "old"), newSigner(t, "new")
		keys, server := newKeys(t, reply(200, jwks(t, old)), reply(200, jwks(t, old, new)), reply(200, jwks(t, new)))
		wantKeys(t, keys, server, "old", 1, 1)
		wantKeys(t, keys, server, "old", 1, 1)
		// Made-up ids do not make us ask again and again.
		for range 100 {
			wantKeys(t, keys, server, "new", 0, 1)
		}
		time.Sleep(time.Minute)
		wantKeys(t, keys, server, "new", 1, 2)
		wantKeys(t, keys, server, "", 2, 2)
		// What is no longer published is no longer accepted.
		time.Sleep(time.Hour)
		wantKeys(t, keys, server, "old", 0, 3)
		wantKeys(t, keys, server, "new", 1, 3)
	})
}

func TestKeysOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner(t, "k")
		keys, server := newKeys(t, reply(200, jwks(t, s)), reply(503, ``))
		wantKeys(t, keys, server, "k", 1, 1)
		time.Sleep(time.Hour)
		wantKeys(t, keys, server, "k", 1, 2)  // known keys serve through an outage
		wantKeys(t, keys, server, "x", -1, 2) // an unknown one is no reason to reject
		time.Sleep(24 * time.Hour)
		wantKeys(t, keys, server, "k", -1, 3) // but not for ever
	})
}

func TestKeysNeverReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys, server := newKeys(t, reply(200, `<html>`), reply(200, jwks(t, newSigner(t, "k"))))
		wantKeys(t, keys, server, "k", -1, 1)
		wantKeys(t, keys, server, "k", -1, 1)
		time.Sleep(time.Minute)
		wantKeys(t, keys, server, "k", 1, 2)
	})
}

func TestKeysCacheControl(t *testing.T) {
	for header, life := range map[string]time.Duration{
		"":                         time.Hour,
		"public, max-age=600":      10 * time.Minute,
		"Max-Age=\"600\"":          10 * time.Minute,
		"max-age=0":                time.Minute, // MinInterval
		"max-age=999999":           time.Hour,   // MaxAge
		"no-transform, max-age=xx": time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			keys, server := newKeys(t, reply(200, jwks(t, newSigner(t, "k")), "Cache-Control", header))
			wantKeys(t, keys, server, "k", 1, 1)
			time.Sleep(life - time.Second)
			wantKeys(t, keys, server, "k", 1, 1)
			time.Sleep(time.Second)
			wantKeys(t, keys, server, "k", 1, 2)
		})
	}
}

// However many SETs arrive at once, there is one fetch.
func TestKeysOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := jwks(t, newSigner(t, "k"))
		keys, server := newKeys(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			reply(200, body)(w, r)
		})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if found, err := keys.Keys(t.Context(), "k"); len(found) != 1 || err != nil {
					t.Errorf("Keys = %v, %v, want one", found, err)
				}
			})
		}
		wg.Wait()
		if n := len(server.requests()); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

func TestNewVerifier(t *testing.T) {
	s := newSigner(t, "k")
	server := &script{handlers: []http.HandlerFunc{reply(200, jwks(t, s))}}
	verifier, err := receiver.NewVerifier(metadata(), secevent.Audience{audience}, memoryClient(server))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), s.sign("j1", ssf.StreamSubject("s1"), ssf.TypeVerification, `{}`)); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
	if got := server.requests()[0].URL; got != "https://tr.example.com/jwks" {
		t.Errorf("keys were fetched from %s, want jwks_uri", got)
	}
	if _, err := receiver.NewVerifier(&ssf.Metadata{Issuer: issuer}, secevent.Audience{audience}, nil); err == nil {
		t.Error("NewVerifier without jwks_uri succeeded")
	}
	if _, err := receiver.NewVerifier(metadata(), nil, nil); err == nil {
		t.Error("NewVerifier without an audience succeeded")
	}
}
