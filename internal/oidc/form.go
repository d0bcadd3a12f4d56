// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
)

// The longest query and body that we read, in bytes. A client assertion with a
// large RSA key is the longest honest parameter, about 1.5 KiB.
const (
	maxQuery = 8 << 10
	maxBody  = 64 << 10
)

// readForm returns the parameters of a POST. They come from the body alone:
// a URL is written to logs, and a secret must not be (RFC 6749 §2.3.1). No
// parameter may be sent twice (RFC 6749 §3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, refuse(InvalidRequest, "send the parameters in the body, not in the URL")
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, refuse(InvalidRequest, "the Content-Type must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, &Error{Code: InvalidRequest, Description: "the body is longer than 64 KiB",
				status: http.StatusRequestEntityTooLarge}
		}
		return nil, refuse(InvalidRequest, "the body is not a form").because(err)
	}
	return r.PostForm, once(r.PostForm)
}

// readQueryOrForm returns the parameters of a request that a browser sends, by
// GET or by POST (OIDC Core §3.1.2.1, OIDC RPL §2).
func readQueryOrForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost {
		return readForm(w, r)
	}
	if len(r.URL.RawQuery) > maxQuery {
		return nil, &Error{Code: InvalidRequest, Description: "the query is longer than 8 KiB; send the parameters with POST",
			status: http.StatusRequestURITooLong}
	}
	if err := r.ParseForm(); err != nil {
		return nil, refuse(InvalidRequest, "the query is malformed").because(err)
	}
	return r.Form, once(r.Form)
}

func once(values url.Values) error {
	for _, v := range values {
		if len(v) > 1 {
			return refuse(InvalidRequest, "a parameter must not be sent more than once")
		}
	}
	return nil
}
