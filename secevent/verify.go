// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// maxCandidates bounds the keys that are tried for one SET, and so what an
// unauthenticated body can cost.
const maxCandidates = 16

// Verifier decides whether to believe a SET. Its fields must not change while
// it is in use; it may be used by several goroutines.
type Verifier struct {
	// Issuer is the only issuer that is accepted, compared exactly: that of
	// the stream and of the metadata (SSF §4.1.6). Required.
	Issuer string

	// Audience is the names of the Receiver. A SET must be meant for one of
	// them at least (SSF §4.1.8). Required.
	Audience Audience

	// Algorithms is the algorithms that are accepted; nil means all that this
	// package has.
	Algorithms []Algorithm

	// Keys finds the keys of the issuer. Required.
	Keys KeySource

	// AllowLegacySubject takes the subject from the member "subject" of the
	// event if there is no "sub_id", as transmitters older than SSF do.
	AllowLegacySubject bool

	// AllowSeveralEvents accepts a SET with more than one event type, which
	// SSF allows as other names of the same event (SSF §4.2.1) and CAEP
	// Interop forbids.
	AllowSeveralEvents bool
}

// Verify checks a SET in compact form and returns its claims.
//
// The error is an [*Error] if the SET is to blame, with the code that RFC 8935
// §2.4 has for it. Any other error means that the SET could not be judged, as
// when the keys cannot be had; then it should be delivered again.
//
// The values of the subject and of the events are left to the caller. So are
// the claims that only a receiver with a memory can check: a repeated "jti",
// and the state of a verification.
func (v *Verifier) Verify(ctx context.Context, compact string) (*Token, error) {
	if v.Issuer == "" || len(v.Audience) == 0 || v.Keys == nil {
		return nil, errors.New("secevent: a Verifier needs an Issuer, an Audience and Keys")
	}
	raw, err := split(compact)
	if err != nil {
		return nil, err
	}
	if err := v.checkAlgorithm(raw.header.Algorithm); err != nil {
		return nil, err
	}
	if err := v.checkIssuer(raw); err != nil {
		return nil, err
	}
	if err := v.checkSignature(ctx, compact, raw.header); err != nil {
		return nil, err
	}
	if err := v.checkAudience(raw); err != nil {
		return nil, err
	}
	return v.checkClaims(raw)
}

func (v *Verifier) algorithms() []Algorithm {
	if v.Algorithms == nil {
		return Algorithms()
	}
	return v.Algorithms
}

// checkAlgorithm refuses what is not on the list, and what is on the list by
// mistake.
func (v *Verifier) checkAlgorithm(alg Algorithm) error {
	if !slices.Contains(v.algorithms(), alg) || !slices.Contains(Algorithms(), alg) {
		return invalidRequest("algorithm %.60q is not accepted", alg)
	}
	return nil
}

func (v *Verifier) checkIssuer(raw *unverified) error {
	iss, err := raw.issuer()
	if err != nil {
		return err
	}
	if iss != v.Issuer {
		return &Error{Code: InvalidIssuer, Description: fmt.Sprintf("issuer %.200q is not accepted", iss)}
	}
	return nil
}

// checkSignature tries the keys that the header may mean. The header chooses
// among the keys of the issuer, never the key itself.
func (v *Verifier) checkSignature(ctx context.Context, compact string, h Header) error {
	keys, err := v.Keys.Keys(ctx, h.KeyID)
	if err != nil {
		return fmt.Errorf("keys of %s: %w", v.Issuer, err)
	}
	keys = slices.DeleteFunc(slices.Clone(keys), func(k Key) bool {
		return k.accepts(h.Algorithm) != nil
	})
	if len(keys) == 0 {
		return &Error{
			Code:        InvalidKey,
			Description: fmt.Sprintf("the issuer has no key %.100q for %s", h.KeyID, h.Algorithm),
		}
	}
	allowed := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(h.Algorithm)}
	jws, err := jose.ParseSignedCompact(compact, allowed)
	if err != nil {
		return &Error{InvalidRequest, "the SET is not a signed JWT", err}
	}
	for _, key := range keys[:min(len(keys), maxCandidates)] {
		if _, err = jws.Verify(key.Public); err == nil {
			return nil
		}
	}
	return &Error{AuthenticationFailed, "the signature does not verify", err}
}

func (v *Verifier) checkAudience(raw *unverified) error {
	aud, err := raw.audience()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Audience, aud.Contains) {
		return &Error{Code: InvalidAudience, Description: "the SET is not meant for this Receiver"}
	}
	return nil
}

func (v *Verifier) checkClaims(raw *unverified) (*Token, error) {
	t, err := raw.token()
	if err != nil {
		return nil, err
	}
	if t.Subject == nil && v.AllowLegacySubject {
		if t.Subject, err = legacySubject(t.Events); err != nil {
			return nil, err
		}
	}
	if err := t.checkProfile(); err != nil {
		return nil, invalidRequest("%v", err)
	}
	if len(t.Events) > 1 && !v.AllowSeveralEvents {
		return nil, invalidRequest("the SET has %d events, must have one", len(t.Events))
	}
	return t, nil
}
