// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package secevent

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the digest of RS256, PS256 and ES256
	_ "crypto/sha512" // the digest of ES384
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// TokenType is the "typ" of a SET (RFC 8417 §2.3, SSF §4.1.1).
const TokenType = "secevent+jwt"

// MediaType is the media type of a SET in transit (RFC 8935 §2.1).
const MediaType = "application/" + TokenType

// Signer signs with one key and one algorithm. It may be used by several
// goroutines if its key may be.
type Signer struct {
	key    crypto.Signer
	keyID  string
	alg    Algorithm
	header string // of a SET, encoded, with the dot that follows
}

// NewSigner returns a signer. The key can be one in memory or in a key store;
// it must fit the algorithm, and the key id must not be empty, because a
// Receiver finds the key by it.
func NewSigner(key crypto.Signer, keyID string, alg Algorithm) (*Signer, error) {
	if key == nil {
		return nil, errors.New("signing key: is nil")
	}
	if keyID == "" {
		return nil, errors.New("signing key: the key id is empty")
	}
	if err := alg.fits(key.Public()); err != nil {
		return nil, fmt.Errorf("signing key %q: %w", keyID, err)
	}
	s := &Signer{key: key, keyID: keyID, alg: alg}
	s.header = s.encodeHeader(TokenType)
	return s, nil
}

// KeyID returns the "kid" of the signatures.
func (s *Signer) KeyID() string { return s.keyID }

// Algorithm returns the "alg" of the signatures.
func (s *Signer) Algorithm() Algorithm { return s.alg }

// Public returns the public key.
func (s *Signer) Public() crypto.PublicKey { return s.key.Public() }

// Key returns what a Receiver needs to verify the signatures, for [JWKS].
func (s *Signer) Key() Key { return Key{ID: s.keyID, Algorithm: s.alg, Public: s.Public()} }

// Sign returns the claims as a signed SET in compact form. It does not look at
// the claims: see [Token.Sign] and [Envelope].
func (s *Signer) Sign(claims []byte) (string, error) {
	return s.sign(s.header, claims)
}

// SignTyped returns the claims as a signed JWT of another type than a SET,
// such as "logout+jwt" or "at+jwt". The type keeps one kind of token from
// being taken for another (RFC 8725 §3.11).
func (s *Signer) SignTyped(typ string, claims []byte) (string, error) {
	return s.sign(s.encodeHeader(typ), claims)
}

func (s *Signer) encodeHeader(typ string) string {
	dst := appendString([]byte(`{"alg":`), string(s.alg))
	dst = appendString(append(dst, `,"kid":`...), s.keyID)
	dst = appendString(append(dst, `,"typ":`...), typ)
	return base64.RawURLEncoding.EncodeToString(append(dst, '}')) + "."
}

func (s *Signer) sign(header string, claims []byte) (string, error) {
	const signature = 344 // of RSA-2048, encoded with its dot
	size := len(header) + base64.RawURLEncoding.EncodedLen(len(claims)) + signature
	token := append(make([]byte, 0, size), header...)
	token = base64.RawURLEncoding.AppendEncode(token, claims)
	sig, err := s.signature(token)
	if err != nil {
		return "", fmt.Errorf("signing key %q: %w", s.keyID, err)
	}
	token = append(token, '.')
	return string(base64.RawURLEncoding.AppendEncode(token, sig)), nil
}

// signature signs the input. JOSE wants ECDSA signatures in another form than
// crypto.Signer makes them.
func (s *Signer) signature(input []byte) ([]byte, error) {
	opts := crypto.SignerOpts(s.alg.hash())
	if h := s.alg.hash(); h != 0 {
		digest := h.New()
		digest.Write(input)
		input = digest.Sum(nil)
		if s.alg == PS256 {
			opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
		}
	}
	sig, err := s.key.Sign(rand.Reader, input, opts)
	if err != nil {
		return nil, err
	}
	if public, ok := s.key.Public().(*ecdsa.PublicKey); ok {
		return joinECDSA(sig, (public.Curve.Params().BitSize+7)/8)
	}
	return sig, nil
}

// joinECDSA turns the ASN.1 form of a signature, which a crypto.Signer makes,
// into the two numbers of the given size that a JWS has.
func joinECDSA(sig []byte, size int) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(sig, &numbers); err != nil || len(rest) > 0 {
		return nil, errors.New("the key made a malformed ECDSA signature")
	}
	if numbers.R.Sign() < 0 || numbers.S.Sign() < 0 ||
		numbers.R.BitLen() > 8*size || numbers.S.BitLen() > 8*size {
		return nil, errors.New("the key made an ECDSA signature out of range")
	}
	joined := make([]byte, 2*size)
	numbers.R.FillBytes(joined[:size])
	numbers.S.FillBytes(joined[size:])
	return joined, nil
}
