// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package safehttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrTooLarge means that the body of an answer passed Config.MaxResponse. What
// was read until then is not all of it.
var ErrTooLarge = errors.New("answer is too large")

// limited is a transport that caps bodies and insists on TLS.
type limited struct {
	allowHTTP bool
	max       int64
	next      *http.Transport
}

// RoundTrip sends r unless its scheme is not allowed. It is checked here, and
// not only in CheckURL, because the setting may have changed since then.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !(l.allowHTTP && r.URL.Scheme == "http") {
		return nil, fmt.Errorf("%w: scheme %q", ErrForbidden, r.URL.Scheme)
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: l.max}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (l *limited) CloseIdleConnections() { l.next.CloseIdleConnections() }

// limitedBody fails with ErrTooLarge after left bytes. It reads one more than
// that, to tell a body of exactly that size from a longer one.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), ErrTooLarge
	}
	b.left -= int64(n)
	return n, err
}
