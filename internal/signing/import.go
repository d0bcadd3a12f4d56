// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// maxPEM is how much PEM is read, in bytes. An RSA key of 8192 bits with its
// certificates is a tenth of it.
const maxPEM = 64 << 10

// ImportPEM makes a signing key of a private key that exists already. Text
// holds one private key in PKCS #8, PKCS #1 or SEC 1 form, at most 64 KiB;
// certificates and EC parameters beside it are skipped. An empty alg takes the
// usual one for the key: RS256, ES256, ES384 or EdDSA.
//
// The errors are *idp.InvalidError: they name "pem" or "algorithm" with the
// cause and what to do about it, and never hold a part of the key.
func ImportPEM(name string, alg secevent.Algorithm, text []byte) (idp.SigningKey, error) {
	private, err := parsePEM(text)
	if err != nil {
		return idp.SigningKey{}, err
	}
	usual, fits, err := algorithmsOf(private)
	if err != nil {
		return idp.SigningKey{}, err
	}
	if alg == "" {
		alg = usual
	}
	if !slices.Contains(strings.Fields(fits), string(alg)) {
		return idp.SigningKey{}, idp.Invalid("algorithm", "%q does not fit the key; it can sign with %s", alg, fits)
	}
	key := idp.SigningKey{ID: idp.NewID[idp.KeyID](), Name: name, Algorithm: alg}
	if err := key.Validate(); err != nil {
		return idp.SigningKey{}, err
	}
	return withFirstVersion(key, private)
}

// parsePEM finds the one private key in text.
func parsePEM(text []byte) (crypto.Signer, error) {
	if len(text) > maxPEM {
		return nil, idp.Invalid("pem", "must be at most %d KiB", maxPEM>>10)
	}
	var found *pem.Block
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" || block.Type == "EC PARAMETERS" {
			continue
		}
		if found != nil {
			return nil, idp.Invalid("pem", "holds more than one key; import them one by one")
		}
		found = block
	}
	if found == nil {
		return nil, idp.Invalid("pem", `holds no private key; it must begin with a line such as "-----BEGIN PRIVATE KEY-----"`)
	}
	return parseBlock(found)
}

// parseBlock tells the forms apart by their label. What it refuses it names,
// with the command that makes something it takes.
func parseBlock(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, idp.Invalid("pem", "is encrypted; decrypt it first: openssl pkey -in key.pem -out plain.pem")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, idp.Invalid("pem", "is a public key; signing needs the private key that belongs to it")
	case "OPENSSH PRIVATE KEY":
		return nil, idp.Invalid("pem", "is in OpenSSH form; convert a copy of it: ssh-keygen -p -m PKCS8 -f key")
	default:
		return nil, idp.Invalid("pem", "holds a %.40q; it must be a PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY", block.Type)
	}
	if err != nil {
		// The parser's text can tell a wrong curve from damage; it quotes
		// lengths and identifiers, never the key.
		return nil, idp.Invalid("pem", "cannot be read as a %s that signs here: %s", block.Type, strings.TrimPrefix(err.Error(), "x509: "))
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, idp.Invalid("pem", "is a key for key agreement, which cannot sign; use RSA, P-256, P-384 or Ed25519")
	}
	return private, nil
}

// algorithmsOf returns the usual algorithm of a key and all that it can sign
// with, separated by spaces.
func algorithmsOf(private crypto.Signer) (usual secevent.Algorithm, fits string, err error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		bits := key.N.BitLen()
		if bits < MinRSABits || bits > MaxRSABits {
			return "", "", idp.Invalid("pem", "is an RSA key of %d bits; use one of %d to %d bits", bits, MinRSABits, MaxRSABits)
		}
		return secevent.RS256, "RS256 PS256", nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256():
			return secevent.ES256, "ES256", nil
		case elliptic.P384():
			return secevent.ES384, "ES384", nil
		}
		return "", "", idp.Invalid("pem", "is a key on the curve %s; use P-256 or P-384", key.Curve.Params().Name)
	case ed25519.PrivateKey:
		return secevent.EdDSA, "EdDSA", nil
	}
	return "", "", idp.Invalid("pem", "is of a kind that cannot sign here; use RSA, P-256, P-384 or Ed25519")
}
