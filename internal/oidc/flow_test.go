// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"net/url"
	"testing"

	rp "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/tocsin-id/tocsin/internal/oidc"
	"github.com/tocsin-id/tocsin/secevent"
)

// TestFlow is a relying party made of other people's libraries: discovery,
// authorization with PKCE, ID token, userinfo and refresh.
func TestFlow(t *testing.T) {
	for _, alg := range []secevent.Algorithm{secevent.RS256, secevent.ES256, secevent.EdDSA} {
		t.Run(string(alg), func(t *testing.T) { testFlow(t, newWorldWith(t, alg)) })
	}
}

func testFlow(t *testing.T, w *world) {
	ctx := t.Context()
	provider, err := rp.NewProvider(ctx, w.url)
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{
		ClientID: w.atlas.client.ClientID, ClientSecret: w.atlas.secret, RedirectURL: callback,
		Endpoint: provider.Endpoint(), Scopes: []string{"openid", "profile", "email", "offline_access"},
	}
	pkce := oauth2.GenerateVerifier()
	target, err := url.Parse(config.AuthCodeURL("the state", rp.Nonce("the nonce"), oauth2.S256ChallengeOption(pkce)))
	if err != nil {
		t.Fatal(err)
	}
	request := param(t, w.get(target.Path, target.Query()).location(t).String(), "request")
	next := w.resume(request, &w.session).(oidc.Continue).URL
	if got := param(t, next, "iss"); got != w.url {
		t.Errorf("iss = %q, want %q", got, w.url)
	}
	if got := param(t, next, "state"); got != "the state" {
		t.Errorf("state = %q, want %q", got, "the state")
	}

	token, err := config.Exchange(ctx, param(t, next, "code"), oauth2.VerifierOption(pkce))
	if err != nil {
		t.Fatal(err)
	}
	checkIDToken(t, w, provider, token, "the nonce")
	checkUserinfo(t, w, provider, config, token)

	expired := &oauth2.Token{RefreshToken: token.RefreshToken}
	renewed, err := config.TokenSource(ctx, expired).Token()
	if err != nil {
		t.Fatal(err)
	}
	if renewed.RefreshToken == token.RefreshToken || renewed.AccessToken == token.AccessToken {
		t.Error("refresh returned a token that was used before")
	}
	checkIDToken(t, w, provider, renewed, "")
}

func checkIDToken(t *testing.T, w *world, provider *rp.Provider, token *oauth2.Token, nonce string) {
	t.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&rp.Config{ClientID: w.atlas.client.ClientID}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	var claims struct {
		Sid      string   `json:"sid"`
		AuthTime int64    `json:"auth_time"`
		AMR      []string `json:"amr"`
		ACR      string   `json:"acr"`
		AZP      string   `json:"azp"`
		Email    string   `json:"email"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Subject != string(w.user.ID) || id.Nonce != nonce {
		t.Errorf("ID token has sub %q and nonce %q, want %q and %q", id.Subject, id.Nonce, w.user.ID, nonce)
	}
	if claims.Sid != string(w.session.ID) || claims.AuthTime != w.session.AuthTime.Unix() {
		t.Errorf("ID token has sid %q and auth_time %d, want %q and %d",
			claims.Sid, claims.AuthTime, w.session.ID, w.session.AuthTime.Unix())
	}
	if len(claims.AMR) != 1 || claims.AMR[0] != "pwd" || claims.ACR != "urn:example:acr" {
		t.Errorf("ID token has amr %q and acr %q, want those of the session", claims.AMR, claims.ACR)
	}
	if claims.AZP != w.atlas.client.ClientID || claims.Email != w.user.Email {
		t.Errorf("ID token has azp %q and email %q, want %q and %q", claims.AZP, claims.Email, w.atlas.client.ClientID, w.user.Email)
	}
}

func checkUserinfo(t *testing.T, w *world, provider *rp.Provider, config oauth2.Config, token *oauth2.Token) {
	t.Helper()
	info, err := provider.UserInfo(t.Context(), config.TokenSource(t.Context(), token))
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Name              string `json:"name"`
		PreferredUsername string `json:"preferred_username"`
	}
	if err := info.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if info.Subject != string(w.user.ID) || info.Email != w.user.Email || claims.Name != w.user.Name || claims.PreferredUsername != w.user.Username {
		t.Errorf("userinfo = %+v %+v, want %+v", info, claims, w.user)
	}
}
