// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// totpPeriod is how long one code is shown. Codes of the step before and after
// are taken too, for clocks that are off.
const totpPeriod = 30

// NewTOTPSeed returns the seed of a new authenticator app: 160 random bits in
// base32, as apps take it typed.
func NewTOTPSeed() idp.Secret {
	var b [20]byte
	rand.Read(b[:])
	return idp.NewSecret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// TOTPKey is how an authenticator app learns a seed.
type TOTPKey struct {
	// Seed is for typing.
	Seed idp.Secret
	// URL is for a link on the device itself, and what the picture says.
	URL idp.Secret
}

// NewTOTPKey returns the key of a seed. The issuer and the account are what the
// app shows.
func NewTOTPKey(seed idp.Secret, issuer, account string) TOTPKey {
	values := url.Values{"secret": {seed.Reveal()}, "issuer": {issuer}}
	u := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account,
		// Some apps show a plus as it is.
		RawQuery: strings.ReplaceAll(values.Encode(), "+", "%20"),
	}
	return TOTPKey{Seed: seed, URL: idp.NewSecret(u.String())}
}

// PNG returns the QR code of the key, size pixels wide and high.
func (k TOTPKey) PNG(size int) ([]byte, error) {
	key, err := otp.NewKeyFromURL(k.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("authenticator key: %w", err)
	}
	picture, err := key.Image(size, size)
	if err != nil {
		return nil, fmt.Errorf("authenticator key: picture: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("authenticator key: picture: %w", err)
	}
	return b.Bytes(), nil
}

// totpStep returns the step whose code was typed, the newest first, or false.
// The code may have spaces.
func totpStep(seed idp.Secret, code string, now time.Time) (int64, bool, error) {
	code = strings.Join(strings.Fields(code), "")
	current := now.Unix() / totpPeriod
	var found int64
	ok := false
	for step := current - 1; step <= current+1; step++ {
		want, err := totp.GenerateCodeCustom(seed.Reveal(), time.Unix(step*totpPeriod, 0),
			totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("authenticator seed: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok, nil
}
