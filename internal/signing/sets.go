// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// logoutLifetime is how long a logout token can be used, which bounds how long
// a stolen one can be (OIDC BCL §4).
const logoutLifetime = 2 * time.Minute

// logoutType is the "typ" of a logout token (OIDC BCL §2.4).
const logoutType = "logout+jwt"

// SETsConfig is what SETs needs. All members but LogoutKey are required.
type SETsConfig struct {
	Keys *Keys
	// BaseURL is the URL under which the program is reached, without a slash
	// at its end.
	BaseURL string
	// JTIKey comes from Bootstrap. With another key the jti values that
	// Receivers have seen are not understood any more.
	JTIKey idp.Secret
	// LogoutKey signs logout tokens: the key that signs ID tokens (OIDC BCL
	// §2.4). Without one SignLogout fails.
	LogoutKey idp.KeyID
}

// SETs makes Security Event Tokens of deliveries, and logout tokens. It is safe for use by
// several goroutines and does not read the database for each SET.
type SETs struct {
	keys      *Keys
	base      string
	jti       jtiCodec
	logoutKey idp.KeyID
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
	return &SETs{keys: c.Keys, base: c.BaseURL, jti: jti, logoutKey: c.LogoutKey}, nil
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

// SignLogout returns the logout token of a delivery and the "kid" that it was
// signed under. Its issuer is the OIDC issuer (OIDC BCL §2.4).
//
// A logout token is valid for two minutes and may be delivered days after the
// session ended, so unlike a SET it is issued when it is signed: "iat" and
// "exp" are of now, and only the "jti" is the same each time.
func (s *SETs) SignLogout(ctx context.Context, stream idp.Stream, d idp.Delivery) (kid, jws string, err error) {
	signer, err := s.keys.Signer(ctx, s.logoutKey)
	if err != nil {
		return "", "", err
	}
	if len(d.Payload) <= len("{}") {
		return "", "", fmt.Errorf("stream %s: delivery %d: says nothing", stream.ID, d.Seq)
	}
	now := time.Now()
	payload := strconv.AppendInt([]byte(`{"exp":`), now.Add(logoutLifetime).Unix(), 10)
	payload = append(append(payload, ','), d.Payload[1:]...)
	envelope := secevent.Envelope{
		Issuer:   s.base,
		Audience: stream.Audience,
		ID:       s.JTI(d.Stream, d.Seq),
		IssuedAt: now.Unix(),
		Payload:  payload,
	}
	jws, err = signer.SignTyped(logoutType, envelope.AppendJSON(nil))
	if err != nil {
		return "", "", fmt.Errorf("stream %s: delivery %d: %w", stream.ID, d.Seq, err)
	}
	return signer.KeyID(), jws, nil
}
