// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Command verify reads a Security Event Token from its standard input,
// verifies it with the keys of a JWK Set, and prints its claims.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tocsin-id/tocsin/secevent"
)

func main() {
	issuer := flag.String("issuer", "", "the issuer that the SET has to come from")
	audience := flag.String("audience", "", "the audience that it has to be for")
	keys := flag.String("keys", "", "the file with the issuer's JWK Set")
	flag.Parse()
	if err := verify(*issuer, *audience, *keys); err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func verify(issuer, audience, path string) error {
	jwks, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	keys, err := secevent.ParseJWKS(jwks)
	if err != nil {
		return err
	}
	compact, err := io.ReadAll(io.LimitReader(os.Stdin, secevent.MaxSize))
	if err != nil {
		return err
	}
	verifier := secevent.Verifier{Issuer: issuer, Audience: secevent.Audience{audience}, Keys: keys}
	set, err := verifier.Verify(context.Background(), strings.TrimSpace(string(compact)))
	if err != nil {
		return err
	}
	claims, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("The signature is right, and so are issuer and audience.\n%s\n", claims)
	return nil
}
