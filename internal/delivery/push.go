// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// mostAnswer bounds what is read of a Receiver's answer.
const mostAnswer = 64 << 10

// form is how the tokens of a delivery method travel. All else is the same for
// each of them.
type form struct {
	contentType string
	// body makes the request's body of a token.
	body func(token string) string
	// judge understands the answer.
	judge func(status int, header http.Header, body []byte, now time.Time) verdict
}

func formOf(m idp.DeliveryMethod) form {
	if m == idp.Logout {
		// OIDC BCL §2.5.
		return form{"application/x-www-form-urlencoded", func(token string) string {
			return url.Values{"logout_token": {token}}.Encode()
		}, judgeLogout}
	}
	// RFC 8935 §2.1.
	return form{secevent.MediaType, func(token string) string { return token }, judge}
}

// push posts one token in its method's form and understands the answer. The
// client bounds the time and refuses redirects.
func push(ctx context.Context, client *http.Client, s idp.Stream, token string) verdict {
	form := formOf(s.Method)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.EndpointURL, strings.NewReader(form.body(token)))
	if err != nil {
		return verdict{class: endpoint, err: "invalid_url", detail: clip(err.Error(), 1000)}
	}
	req.Header.Set("Content-Type", form.contentType)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Tocsin")
	if !s.Authorization.IsZero() {
		// The value is sent as it was given, with every request (SSF §6.1.1).
		req.Header["Authorization"] = []string{s.Authorization.Reveal()}
	}
	resp, err := client.Do(req)
	if err != nil {
		return noAnswer(err)
	}
	defer resp.Body.Close()
	// Reading to the end lets the connection be used again.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	return form.judge(resp.StatusCode, resp.Header, body, time.Now())
}

// noAnswer names the kind of failure, in a fixed set of words that metrics can
// use as a label.
func noAnswer(err error) verdict {
	v := verdict{class: endpoint, err: "connection", detail: clip(err.Error(), 1000)}
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		network   net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		v.class = aborted
	case errors.As(err, &dns):
		v.err = "dns"
	case errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &verify):
		v.err = "certificate"
	case errors.As(err, &record):
		v.err = "tls"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		v.err = "timeout"
	}
	return v
}

// clip cuts s to at most limit bytes of valid UTF-8.
func clip(s string, limit int) string {
	return strings.ToValidUTF8(s[:min(len(s), limit)], "")
}

// excerpt shows the beginning of a foreign body on one line.
func excerpt(body []byte, limit int) string {
	return clip(string(bytes.Join(bytes.Fields(body[:min(len(body), 4*limit)]), []byte(" "))), limit)
}
