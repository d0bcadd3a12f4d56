// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"strings"
	"testing"
)

// TestLogoutStream: an admin sees the stream of logout tokens that an OIDC
// provider's address makes, and can stop it, but it goes with the address
// alone.
func TestLogoutStream(t *testing.T) {
	f := newFixture(t)
	call := func(method, path, body string, status int) answer {
		t.Helper()
		a := f.call(t, method, f.expand("/api/v1"+path), f.token, body)
		if a.status != status {
			t.Fatalf("%s %s = %d %s, want %d", method, path, a.status, a.raw, status)
		}
		return a
	}
	find := func() (stream map[string]any) {
		t.Helper()
		for _, item := range call("GET", "/streams", "", 200).body["items"].([]any) {
			if s := item.(map[string]any); s["method"] == "openid-backchannel-logout" {
				stream = s
			}
		}
		return stream
	}
	if s := find(); s != nil {
		t.Fatalf("stream = %v before there is an address", s)
	}
	const uri = "https://atlas.example.com/logout"
	call("PATCH", "/oidc-providers/{oidc}", `{"backchannel_logout_uri":"`+uri+`"}`, 200)
	s := find()
	if s["endpoint_url"] != uri || s["status"] != "enabled" || s["provider_id"] != f.ids["oidc"] {
		t.Fatalf("stream = %v, want one of provider %s to %s", s, f.ids["oidc"], uri)
	}
	path := "/streams/" + s["id"].(string)
	call("GET", path, "", 200)
	if a := call("POST", path+"/verify", "", 422); !strings.Contains(a.raw, "logout tokens") {
		t.Errorf("verify = %s, want it to say why not", a.raw)
	}
	if a := call("DELETE", path, "", 409); !strings.Contains(a.raw, "backchannel_logout_uri") {
		t.Errorf("delete = %s, want it to say what to do instead", a.raw)
	}
	call("PUT", path+"/status", `{"status":"paused","reason":"maintenance"}`, 200)
	if s := find(); s["status"] != "paused" {
		t.Errorf("stream = %v, want it paused", s)
	}
	call("PATCH", "/oidc-providers/{oidc}", `{"backchannel_logout_uri":""}`, 200)
	if s := find(); s != nil {
		t.Errorf("stream = %v without an address, want none", s)
	}
}
