// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// MaxBody answers 413 to a request whose body is longer than limit bytes, so
// that no handler ever sees one. A body of unknown length is read up to the
// limit before the handler runs; limit is therefore also the most memory that
// such a request takes.
func MaxBody(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tooLarge := r.ContentLength > limit
			if r.ContentLength < 0 {
				body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
				if err != nil {
					writeError(w, r, http.StatusBadRequest, "The body could not be read.")
					return
				}
				tooLarge = int64(len(body)) > limit
				r.Body = replaced{bytes.NewReader(body), r.Body}
			}
			if tooLarge {
				w.Header().Set("Connection", "close") // the rest is not read
				writeError(w, r, http.StatusRequestEntityTooLarge,
					fmt.Sprintf("The body is longer than %d bytes.", limit))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// replaced reads one thing and closes another.
type replaced struct {
	io.Reader
	io.Closer
}
