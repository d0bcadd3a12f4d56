// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tocsin-id/tocsin/ssf"
)

// Discover fetches and validates the metadata of the Transmitter with the
// given issuer (SSF §7.2). The issuer has to come from a trusted source, such
// as configuration, and never from a SET. A nil client is a plain one.
//
// On any error nothing of the document is returned (SSF §7.2.4).
func Discover(ctx context.Context, client *http.Client, issuer string) (*ssf.Metadata, error) {
	url, err := ssf.ConfigurationURL(issuer)
	if err != nil {
		return nil, err
	}
	a, err := fetch(ctx, httpClient(client), url)
	if statusOf(err) == http.StatusNotFound {
		return nil, fmt.Errorf("issuer %s has no metadata at %s; check its spelling, including the slash at the end: %w", issuer, url, err)
	}
	if err != nil {
		return nil, fmt.Errorf("metadata of %s: %w", issuer, err)
	}
	m := new(ssf.Metadata)
	if err := json.Unmarshal(a.body, m); err != nil {
		return nil, fmt.Errorf("metadata of %s at %s is not what SSF defines: %w", issuer, url, err)
	}
	if err := m.Validate(issuer); err != nil {
		return nil, err
	}
	return m, nil
}
