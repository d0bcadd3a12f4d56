// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// SETsConfig is what SETs needs. All members are required.
type SETsConfig struct {
	Keys *Keys
	// BaseURL is the URL under which the program is reached, without a slash
	// at its end.
	BaseURL string
	// JTIKey comes from Bootstrap. With another key the jti values that
	// Receivers have seen are not understood any more.
	JTIKey idp.Secret
}

// SETs makes Security Event Tokens of deliveries. It is safe for use by
// several goroutines and does not read the database for each SET.
type SETs struct {
	keys *Keys
	base string
	jti  jtiCodec
}

// NewSETs returns SETs, or an error that names every bad member.
func NewSETs(c SETsConfig) (*SETs, error) {
	jti, err := newJTICodec(c.JTIKey)
	if c.Keys == nil {
		err = errors.Join(err, errors.New("keys: required"))
	}
	if c.BaseURL == "" {
		err = errors.Join(err, errors.New("base URL: required"))
	}
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return &SETs{keys: c.Keys, base: c.BaseURL, jti: jti}, nil
}

// Issuer is the "iss" of a provider's SETs and the issuer of its metadata.
func (s *SETs) Issuer(slug string) string { return s.base + "/ssf/" + slug }

// JTI is the "jti" of a delivery: 22 characters, unique, the same each time.
func (s *SETs) JTI(num idp.StreamNum, seq int64) string { return s.jti.encode(num, seq) }

// ParseJTI is the inverse of JTI. A value that JTI never returned gives a
// place where, but for a chance of 2⁻⁶⁴, there is no stream; so the caller
// compares num with the stream that the Receiver speaks for.
func (s *SETs) ParseJTI(jti string) (num idp.StreamNum, seq int64, ok bool) {
	return s.jti.decode(jti)
}

// Sign returns the SET of a delivery and the "kid" that it was signed under.
// Apart from the signature the bytes depend on the arguments alone, so a later
// try says the same.
func (s *SETs) Sign(ctx context.Context, provider idp.SSFProvider, stream idp.Stream, d idp.Delivery) (kid, jws string, err error) {
	signer, err := s.keys.Signer(ctx, provider.SigningKeyID)
	if err != nil {
		return "", "", err
	}
	envelope := secevent.Envelope{
		Issuer:   s.Issuer(provider.Slug),
		Audience: stream.Audience,
		ID:       s.JTI(d.Stream, d.Seq),
		IssuedAt: d.IssuedAt,
		Txn:      d.Txn,
		Payload:  d.Payload,
	}
	jws, err = signer.Sign(envelope.AppendJSON(nil))
	if err != nil {
		return "", "", fmt.Errorf("stream %s: delivery %d: %w", stream.ID, d.Seq, err)
	}
	return signer.KeyID(), jws, nil
}
