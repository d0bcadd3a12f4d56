// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/signing"
	"github.com/tocsin-id/tocsin/secevent"
)

// TestSignLogout is OIDC BCL §2.4: a logout token has these claims and no
// other, a type of its own, and is no SET.
func TestSignLogout(t *testing.T) {
	inBubble(t, func(t *testing.T, db *memoryDB, keys *signing.Keys) {
		sets, err := signing.NewSETs(signing.SETsConfig{Keys: keys, BaseURL: "https://id.example.com",
			JTIKey: jtiKey(1), LogoutKey: db.key.ID})
		if err != nil {
			t.Fatal(err)
		}
		stream := idp.Stream{Num: 7, ID: "s", Audience: secevent.Audience{"atlas-client"}, Method: idp.Logout}
		d := idp.Delivery{Stream: 7, Seq: 42, IssuedAt: 1, Txn: "a-txn",
			Payload: json.RawMessage(`{"sub":"ada","sid":"s1","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`)}
		// The second try is three days later: the token of the first has
		// expired by then, and a Receiver may refuse an old "iat".
		for range 2 {
			kid, jws, err := sets.SignLogout(t.Context(), stream, d)
			if err != nil {
				t.Fatal(err)
			}
			now := float64(time.Now().Unix())
			want := map[string]any{
				"iss": "https://id.example.com", "aud": "atlas-client", "jti": sets.JTI(7, 42),
				"iat": now, "exp": now + 120, "sub": "ada", "sid": "s1",
				"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
			}
			if diff := cmp.Diff(want, verifiedClaims(t, keys, db.key.ID, kid, jws)); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			if _, _, err := secevent.Parse(jws); err == nil {
				t.Error("Parse(logout token) = nil error, want it refused: it must not pass for a SET")
			}
			time.Sleep(72 * time.Hour)
		}
		if _, _, err := sets.SignLogout(t.Context(), stream, idp.Delivery{Stream: 7, Seq: 43}); err == nil {
			t.Error("SignLogout of a delivery without a payload = nil error")
		}
		if _, _, err := newSETs(t, keys).SignLogout(t.Context(), stream, d); err == nil {
			t.Error("SignLogout without a key = nil error")
		}
	})
}

// verifiedClaims checks header and signature with another library.
func verifiedClaims(t *testing.T, keys *signing.Keys, id idp.KeyID, kid, jws string) (claims map[string]any) {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	header := parsed.Signatures[0].Protected
	if header.ExtraHeaders["typ"] != "logout+jwt" || header.KeyID != kid {
		t.Errorf("header = %+v, want typ logout+jwt and kid %s", header, kid)
	}
	public, err := keys.PublicKeys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := parsed.Verify(public[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
