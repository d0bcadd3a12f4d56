// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestFactorDisable disables a user through the admin API: both applications
// end the session, the refresh token is dead, and neither password nor an
// enabled account brings it back.
func TestFactorDisable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	v := w.signedIn("tomas")
	first := v.offlineTokens("atlas")
	tokens, problem := w.refresh("atlas", first.Refresh)
	if problem != "" || tokens.Refresh == "" {
		t.Fatalf("refresh = %+v %s, want new tokens while the user is enabled", tokens, problem)
	}
	if got := w.userInfo(tokens.Access); got != http.StatusOK {
		t.Errorf("userinfo = %d, want 200 while the user is enabled", got)
	}

	user := "/users/" + w.userID("tomas")
	w.api(http.MethodPost, user+"/disable", map[string]string{
		"reason_admin": "Left the company", "reason_user": "Your account was closed",
	}, nil)
	if _, problem := w.refresh("atlas", tokens.Refresh); problem != "invalid_grant" {
		t.Errorf("refresh of a disabled user: error %q, want invalid_grant", problem)
	}
	if got := w.userInfo(tokens.Access); got != http.StatusUnauthorized {
		t.Errorf("userinfo of a disabled user = %d, want 401", got)
	}
	v.wantEnded("Your account was closed.")
	v.atlas.Press("Sign in again")
	v.enterPassword(v.atlas)
	v.atlas.AwaitText("main", "That user name and password do not match")

	w.api(http.MethodPost, user+"/enable", map[string]string{"reason_admin": "Came back"}, nil)
	if _, problem := w.refresh("atlas", tokens.Refresh); problem != "invalid_grant" {
		t.Errorf("refresh after the user is enabled again: error %q, want invalid_grant", problem)
	}
	v.enterPassword(v.atlas)
	v.continueSession()
	v.wantGolden("disable")
}

// tokens are what the token endpoint gives.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Problem string `json:"error"`
}

// offlineTokens lets the visitor give an application tokens for later, beside
// those of its own sign-in. The application does not know the state, so it
// leaves the code in the address.
func (v *visitor) offlineTokens(slug string) tokens {
	v.w.t.Helper()
	a := v.w.application(slug)
	v.provider.Open(v.w.BaseURL + "/oauth2/authorize?" + url.Values{
		"client_id": {a.ClientID}, "response_type": {"code"}, "scope": {"openid offline_access"},
		"redirect_uri": {a.URL + "/callback"}, "state": {"another"},
		"code_challenge": {codeChallenge}, "code_challenge_method": {"S256"},
	}.Encode())
	v.provider.AwaitText("h1", "Let "+a.Name+" use your account?")
	v.provider.Press("Allow")
	v.provider.AwaitURL(a.URL + "/callback")
	var code string
	v.provider.Eval(`new URL(location.href).searchParams.get("code")`, &code)
	got := v.w.tokenRequest(a, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.URL + "/callback"}, "code_verifier": {codeVerifier},
	})
	if got.Refresh == "" {
		v.w.t.Fatalf("tokens = %+v, want a refresh token", got)
	}
	return got
}

// refresh uses a refresh token. The problem is the error of RFC 6749 §5.2.
func (w *world) refresh(slug, token string) (fresh tokens, problem string) {
	w.t.Helper()
	fresh = w.tokenRequest(w.application(slug), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	return fresh, fresh.Problem
}

func (w *world) tokenRequest(a application, form url.Values) (answer tokens) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.BaseURL+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.ClientID, a.ClientSecret)
	resp, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatalf("token endpoint: %d, %v", resp.StatusCode, err)
	}
	return answer
}

// userInfo is the status of what an access token opens.
func (w *world) userInfo(token string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.BaseURL+"/oidc/userinfo", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
