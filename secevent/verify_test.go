// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
)

// keysFunc is a KeySource made of a function.
type keysFunc func(ctx context.Context, keyID string) ([]secevent.Key, error)

func (f keysFunc) Keys(ctx context.Context, keyID string) ([]secevent.Key, error) {
	return f(ctx, keyID)
}

func TestVerify(t *testing.T) {
	set, err := token().Sign(signer(t, secevent.RS256))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("does not judge a SET without its configuration", func(t *testing.T) {
		for name, spoil := range map[string]func(*secevent.Verifier){
			"issuer":   func(v *secevent.Verifier) { v.Issuer = "" },
			"audience": func(v *secevent.Verifier) { v.Audience = nil },
			"keys":     func(v *secevent.Verifier) { v.Keys = nil },
		} {
			v := verifier(t)
			spoil(v)
			checkNoVerdict(t, "a Verifier without "+name, v, set)
		}
	})
	t.Run("does not blame the SET when keys cannot be had", func(t *testing.T) {
		down := errors.New("connection refused")
		v := verifier(t)
		v.Keys = keysFunc(func(context.Context, string) ([]secevent.Key, error) { return nil, down })
		if err := checkNoVerdict(t, "no keys", v, set); !errors.Is(err, down) {
			t.Errorf("Verify = %v, want it to wrap %v", err, down)
		}
	})
	t.Run("asks for keys only for its issuer", func(t *testing.T) {
		v := verifier(t)
		v.Issuer += "/other"
		v.Keys = keysFunc(func(_ context.Context, keyID string) ([]secevent.Key, error) {
			t.Errorf("Keys(%q) is called for a SET of another issuer", keyID)
			return nil, nil
		})
		_, err := v.Verify(t.Context(), set)
		checkCode(t, "another issuer", nil, err, secevent.InvalidIssuer)
	})
	t.Run("an empty list accepts no algorithm", func(t *testing.T) {
		v := verifier(t)
		v.Algorithms = []secevent.Algorithm{}
		got, err := v.Verify(t.Context(), set)
		checkCode(t, "no algorithm", got, err, secevent.InvalidRequest)
	})
	t.Run("refuses a short RSA key", func(t *testing.T) {
		v := verifier(t)
		v.Keys = secevent.KeySet{{ID: "rs256", Public: privateKey(t, "small").Public()}}
		got, err := v.Verify(t.Context(), set)
		checkCode(t, "1024 bits", got, err, secevent.InvalidKey)
	})
	t.Run("tries the keys that share an id", func(t *testing.T) {
		v := verifier(t)
		v.Keys = secevent.KeySet{
			{ID: "rs256", Public: privateKey(t, "other").Public()},
			{ID: "rs256", Public: privateKey(t, "es256").Public()},
			{ID: "rs256", Public: privateKey(t, "rs256").Public()},
		}
		if _, err := v.Verify(t.Context(), set); err != nil {
			t.Errorf("Verify = %v, want the third key to do", err)
		}
	})
	t.Run("tries a key that has no id", func(t *testing.T) {
		v := verifier(t)
		v.Keys = secevent.KeySet{{Public: privateKey(t, "rs256").Public()}}
		if _, err := v.Verify(t.Context(), set); err != nil {
			t.Errorf("Verify = %v, want nil", err)
		}
	})
	t.Run("tries sixteen keys and no more", func(t *testing.T) {
		v := verifier(t)
		var keys secevent.KeySet
		for range 16 {
			keys = append(keys, secevent.Key{ID: "rs256", Public: privateKey(t, "other").Public()})
		}
		v.Keys = append(keys, secevent.Key{ID: "rs256", Public: privateKey(t, "rs256").Public()})
		got, err := v.Verify(t.Context(), set)
		checkCode(t, "the key is the seventeenth", got, err, secevent.AuthenticationFailed)
	})
	t.Run("does not change the keys of its source", func(t *testing.T) {
		v := verifier(t)
		keys := []secevent.Key{
			{ID: "rs256", Public: privateKey(t, "es256").Public()},
			{ID: "rs256", Public: privateKey(t, "rs256").Public()},
		}
		v.Keys = keysFunc(func(context.Context, string) ([]secevent.Key, error) { return keys, nil })
		for range 2 {
			if _, err := v.Verify(t.Context(), set); err != nil {
				t.Fatalf("Verify = %v, want nil", err)
			}
		}
	})
	t.Run("refuses a SET that is too long", func(t *testing.T) {
		got, err := verifier(t).Verify(t.Context(), strings.Repeat("A", secevent.MaxSize+1))
		checkCode(t, "too long", got, err, secevent.InvalidRequest)
	})
}

func checkNoVerdict(t *testing.T, name string, v *secevent.Verifier, set string) error {
	t.Helper()
	got, err := v.Verify(t.Context(), set)
	var e *secevent.Error
	if err == nil || errors.As(err, &e) {
		t.Errorf("Verify(%s) = %v, %v, want an error that does not blame the SET", name, got, err)
	}
	return err
}
