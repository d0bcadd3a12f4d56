// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// DeliveryMethod is the URI of a way to deliver SETs (SSF §6.1).
type DeliveryMethod string

// The delivery methods of SSF §6.1.1 and §6.1.2.
const (
	Push DeliveryMethod = "urn:ietf:rfc:8935" // the Transmitter POSTs each SET
	Poll DeliveryMethod = "urn:ietf:rfc:8936" // the Receiver asks for SETs
)

// Delivery says how the SETs of a stream reach the Receiver (SSF §6.1).
type Delivery struct {
	// Method is how. Required.
	Method DeliveryMethod `json:"method"`

	// EndpointURL is where: for Push the Receiver's URL that takes SETs
	// (SSF §6.1.1), for Poll the Transmitter's URL that gives them, which only
	// the Transmitter sets (SSF §6.1.2).
	EndpointURL string `json:"endpoint_url,omitempty"`

	// AuthorizationHeader is the whole value of the Authorization header that
	// the Transmitter sends with every push (SSF §6.1.1). It is a secret:
	// String and LogValue leave it out.
	AuthorizationHeader string `json:"authorization_header,omitempty"`
}

// String describes the delivery without its secret.
func (d Delivery) String() string {
	secret := ""
	if d.AuthorizationHeader != "" {
		secret = " with [redacted]"
	}
	return fmt.Sprintf("%s %s%s", d.Method, d.EndpointURL, secret)
}

// GoString is String, so that %#v does not show the secret either.
func (d Delivery) GoString() string { return "ssf.Delivery{" + d.String() + "}" }

// LogValue describes the delivery without its secret.
func (d Delivery) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", string(d.Method)),
		slog.String("endpoint_url", d.EndpointURL),
		slog.Bool("authorization_header", d.AuthorizationHeader != ""),
	)
}

// delivery reads a delivery as a Receiver sends it. For Push the URL has to be
// there and be one that can be requested; whether it may be requested is a
// policy of the Transmitter, as is which methods it supports. For Poll the
// authorization header has no meaning and is dropped.
func (o *object) delivery(name string) *Delivery {
	inner := o.object(name)
	if inner == nil {
		return nil
	}
	d := &Delivery{
		Method:              DeliveryMethod(inner.requiredText("method")),
		EndpointURL:         inner.optionalText("endpoint_url"),
		AuthorizationHeader: inner.optionalText("authorization_header"),
	}
	switch d.Method {
	case Push:
		inner.requiredText("endpoint_url")
		if reason := checkPushURL(d.EndpointURL); reason != "" {
			inner.fail("endpoint_url", reason)
		}
	case Poll:
		d.AuthorizationHeader = ""
	}
	if !isFieldValue(d.AuthorizationHeader) {
		inner.fail("authorization_header", "must be a header value: visible ASCII characters, with spaces only between them")
	}
	return d
}

func checkPushURL(text string) (reason string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "must be an absolute https URL"
	case u.User != nil:
		return "must not hold a user name or password; use authorization_header"
	case strings.Contains(text, "#"):
		return "must not have a fragment"
	}
	return ""
}

// isFieldValue reports whether a text can be sent as a header as it is: a line
// break in it would let the Receiver write headers of its own into our
// requests (RFC 9110 §5.5).
func isFieldValue(text string) bool {
	if strings.TrimSpace(text) != text {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c != '\t' && (c < 0x20 || c > 0x7e) {
			return false
		}
	}
	return true
}
