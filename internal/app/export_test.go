// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/url"

	"github.com/tocsin-id/tocsin/internal/identity"
)

// Passkeys opens passkeys to tests.
func Passkeys(base *url.URL) (*identity.Passkeys, error) { return passkeys(base) }
