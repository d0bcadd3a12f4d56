// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/url"
	"testing"

	"github.com/tocsin-id/tocsin/internal/app"
)

// TestPasskeys checks where passkeys can belong: to names, and to addresses
// they are left out rather than refused by every browser.
func TestPasskeys(t *testing.T) {
	for base, want := range map[string]bool{
		"https://id.example.com": true,
		"http://localhost:8080":  true,
		"http://127.0.0.1:8080":  false,
		"https://[2001:db8::1]":  false,
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := app.Passkeys(u)
		if err != nil || (keys != nil) != want {
			t.Errorf("passkeys of %s = %v, %v; want some: %v", base, keys, err, want)
		}
	}
}
