// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"regexp"
	"strconv"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// hashKind is a kind of password hash that we can verify.
type hashKind struct {
	form *regexp.Regexp
	// affordable says whether to verify costs what a sign-in may cost, by the
	// numbers that form captured.
	affordable func(n []int) bool
	decode     func(string) (algorithm.Digest, error)
}

// A hash of the right form for each kind. The numbers are what it costs: a
// sign-in should take neither gigabytes nor minutes, whatever was imported.
var (
	argon2Form = regexp.MustCompile(`^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,171}$`)
	bcryptForm = regexp.MustCompile(`^\$2[aby]?\$(\d{2})\$[./A-Za-z0-9]{53}$`)
	pbkdf2Form = regexp.MustCompile(`^\$pbkdf2(?:-sha(?:1|224|256|384|512))?\$(\d{1,8})\$[A-Za-z0-9./]{11,171}\$[A-Za-z0-9./]{16,171}$`)
	scryptForm = regexp.MustCompile(`^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,171}\$[A-Za-z0-9+/]{16,171}$`)
)

func hashKinds() []hashKind {
	return []hashKind{
		{argon2Form, func(n []int) bool {
			memory, passes, lanes := n[0], n[1], n[2]
			return lanes >= 1 && lanes <= 16 && memory >= 8*lanes && memory <= 1<<18 && passes >= 1 && memory*passes <= 1<<20
		}, argon2.Decode},
		{bcryptForm, func(n []int) bool { return n[0] >= 4 && n[0] <= 15 }, bcrypt.Decode},
		{pbkdf2Form, func(n []int) bool { return n[0] >= 1000 && n[0] <= 5_000_000 }, pbkdf2.Decode},
		{scryptForm, func(n []int) bool {
			ln, r, p := n[0], n[1], n[2]
			// Each of the p passes fills 128*r*2^ln bytes.
			return ln >= 1 && ln <= 20 && r >= 1 && p >= 1 && p <= 16 && r<<ln <= 1<<21 && p*r<<ln <= 1<<23
		}, scrypt.Decode},
	}
}

// ImportedHash returns a password hash that another program made, for a
// password credential: argon2, bcrypt, pbkdf2 or scrypt in PHC or crypt form,
// such as $2b$12$... An *idp.InvalidError says what is wrong with it and never
// what it was.
func ImportedHash(encoded string) (idp.Secret, error) {
	if _, err := decodeHash(encoded); err != nil {
		return idp.Secret{}, err
	}
	return idp.NewSecret(encoded), nil
}

// decodeHash reads a hash of any kind.
func decodeHash(encoded string) (algorithm.Digest, error) {
	for _, kind := range hashKinds() {
		captured := kind.form.FindStringSubmatch(encoded)
		if captured == nil {
			continue
		}
		var costs []int
		for _, c := range captured[1:] {
			n, err := strconv.Atoi(c)
			if err != nil {
				return nil, idp.Invalid("password_hash", "holds a number that cannot be read")
			}
			costs = append(costs, n)
		}
		if !kind.affordable(costs) {
			return nil, idp.Invalid("password_hash", "costs too much or too little: argon2 takes at most 256 MiB, bcrypt a cost of 4 to 15, pbkdf2 1,000 to 5,000,000 rounds, scrypt at most 256 MiB")
		}
		digest, err := kind.decode(encoded)
		if err != nil {
			break // the text of a decoder quotes what it read
		}
		return digest, nil
	}
	return nil, idp.Invalid("password_hash", "must be a hash of argon2, bcrypt, pbkdf2 or scrypt in PHC or crypt form, such as $2b$12$...")
}
