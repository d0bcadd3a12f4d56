// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ClientCredentialsConfig configures ClientCredentials.
type ClientCredentialsConfig struct {
	// TokenURL is the token endpoint of the authorization server. Required.
	TokenURL string

	// ClientID is the Receiver's name at the server. Required.
	ClientID string

	// ClientSecret is sent with HTTP Basic authentication. Required.
	ClientSecret string

	// Scopes are asked for; none leaves the choice to the server. CAEP
	// Interop has ssf.read and ssf.manage.
	Scopes []string

	// HTTP is the client to ask with; nil is a plain one.
	HTTP *http.Client
}

// Tokens are renewed earlier than they expire by skew, or by a quarter of
// their life if that is less. A token without a stated life gets assumedLife.
const (
	skew        = 30 * time.Second
	assumedLife = 5 * time.Minute
)

// ClientCredentials is a TokenSource for the client credentials grant (RFC
// 6749 §4.4). It keeps a token until shortly before it expires and has at most
// one request under way at a time.
type ClientCredentials struct {
	cfg  ClientCredentialsConfig
	http *http.Client

	// turn holds one token, which guards the fields below and is held during
	// a request. A channel and not a mutex, so that waiting ends with the
	// caller's context.
	turn  chan struct{}
	token string
	renew time.Time
}

// NewClientCredentials returns a token source. It asks for nothing yet.
func NewClientCredentials(cfg ClientCredentialsConfig) (*ClientCredentials, error) {
	if err := require("client credentials", map[string]bool{
		"TokenURL": cfg.TokenURL == "", "ClientID": cfg.ClientID == "", "ClientSecret": cfg.ClientSecret == "",
	}); err != nil {
		return nil, err
	}
	return &ClientCredentials{cfg: cfg, http: httpClient(cfg.HTTP), turn: make(chan struct{}, 1)}, nil
}

// Token returns the token in use, or a new one. An answer of the server that
// is not a success is an *APIError.
func (c *ClientCredentials) Token(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { <-c.turn }()
	if c.token != "" && time.Now().Before(c.renew) {
		return c.token, nil
	}
	token, life, err := c.request(ctx)
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	c.token, c.renew = token, time.Now().Add(life-min(skew, life/4))
	return token, nil
}

// Reject drops the token if it is still the one in use.
func (c *ClientCredentials) Reject(token string) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.token == token {
		c.token = ""
	}
}

// request asks the token endpoint (RFC 6749 §4.4.2).
func (c *ClientCredentials) request(ctx context.Context) (token string, life time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(c.cfg.Scopes) > 0 {
		form.Set("scope", strings.Join(c.cfg.Scopes, " "))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
	r.SetBasicAuth(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(c.cfg.ClientSecret))
	a, err := send(c.http, r, maxAnswer)
	if err != nil {
		return "", 0, err
	}
	if a.status != http.StatusOK {
		return "", 0, newAPIError(r, a)
	}
	return parseToken(a.body)
}

// parseToken reads a successful answer (RFC 6749 §5.1).
func parseToken(body []byte) (token string, life time.Duration, err error) {
	var answer struct {
		AccessToken string   `json:"access_token"`
		TokenType   string   `json:"token_type"`
		ExpiresIn   *float64 `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", 0, fmt.Errorf("the token endpoint's answer is not what OAuth 2.0 defines: %w", err)
	}
	if answer.AccessToken == "" {
		return "", 0, fmt.Errorf("the token endpoint's answer has no access_token")
	}
	if !strings.EqualFold(answer.TokenType, "Bearer") {
		return "", 0, fmt.Errorf("the token has the type %.40q, want Bearer", answer.TokenType)
	}
	if answer.ExpiresIn == nil {
		return answer.AccessToken, assumedLife, nil
	}
	const longest = 24 * time.Hour
	seconds := max(0, min(*answer.ExpiresIn, longest.Seconds()))
	return answer.AccessToken, time.Duration(seconds * float64(time.Second)), nil
}
