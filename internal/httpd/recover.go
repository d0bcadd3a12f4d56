// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// Recover answers 500 where a handler panics, and logs the panic with its
// stack. If the answer had begun, the connection is cut instead, because a
// client must not take half an answer for a whole one.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{ResponseWriter: w}
			defer func() {
				reason := recover()
				if reason == nil {
					return
				}
				if reason == http.ErrAbortHandler {
					panic(reason)
				}
				log.LogAttrs(r.Context(), slog.LevelError, "handler panicked",
					slog.String("method", r.Method),
					slog.String("path", r.URL.Path),
					slog.String("panic", fmt.Sprint(reason)),
					slog.String("request_id", RequestIDFrom(r.Context())),
					slog.String("stack", string(debug.Stack())),
				)
				if rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				writeError(w, r, http.StatusInternalServerError, "The server failed to answer this request.")
			}()
			next.ServeHTTP(rec, r)
		})
	}
}
