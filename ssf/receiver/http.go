// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// requestTimeout bounds a request that does not wait for events.
const requestTimeout = 30 * time.Second

// maxAnswer bounds the body of an answer that has no SETs in it.
const maxAnswer = 1 << 20

// httpClient returns a copy of c, or of a plain client if c is nil, that does
// not follow redirects: they would carry credentials elsewhere, and turn a
// POST into a GET.
func httpClient(c *http.Client) *http.Client {
	if c == nil {
		c = new(http.Client)
	}
	strict := *c
	strict.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &strict
}

// An answer is an HTTP answer whose body has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request and reads at most limit bytes of the answer.
func send(c *http.Client, r *http.Request, limit int64) (*answer, error) {
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Redacted(), err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%s %s: the answer is larger than %d bytes", r.Method, r.URL.Redacted(), limit)
	}
	return &answer{res.StatusCode, res.Header, body}, nil
}

// fetch gets a public JSON document.
func fetch(ctx context.Context, c *http.Client, url string) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	a, err := send(c, r, maxAnswer)
	if err != nil {
		return nil, err
	}
	if location := a.header.Get("Location"); a.status/100 == 3 && location != "" {
		return nil, fmt.Errorf("GET %s: %d to %s: redirects are not followed", url, a.status, location)
	}
	if a.status != http.StatusOK {
		return nil, newAPIError(r, a)
	}
	return a, nil
}

// sleep waits for d, or returns the reason why ctx ended. If both are true it
// is the end of ctx that counts.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
