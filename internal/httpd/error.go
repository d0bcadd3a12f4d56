// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// writeError answers with JSON to a program and with text to a browser. The
// members are those of our other endpoints' errors, so that a client has one
// kind to read.
func writeError(w http.ResponseWriter, r *http.Request, status int, description string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, description+" Request "+RequestIDFrom(r.Context())+".\n")
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"err":         strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"),
		"description": description,
		"request_id":  RequestIDFrom(r.Context()),
	})
}
