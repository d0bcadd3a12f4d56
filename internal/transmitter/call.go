// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// call is a request whose token was accepted, on a provider that exists.
type call struct {
	ctx      context.Context
	provider idp.SSFProvider
	// application is whose token it is, which need not be the provider's.
	application idp.ApplicationID
	actor       idp.Actor
	query       url.Values
	// pathStream is the stream that a poll URL names.
	pathStream idp.StreamID
	body       []byte
	// seen is the streams that the request referred to and may see. They
	// count as active, even if the request is refused (SSF §8.1.1).
	seen []idp.Stream
	// answer writes anything but JSON, as a poll does. Most calls do not use
	// it.
	w http.ResponseWriter
	r *http.Request
}

// reply is what a call that succeeded answers with; a nil body is empty.
type reply struct {
	status int
	body   any
}

// admit authorizes a request and reads what every handler needs. The order of
// the checks is 401, 403, 404 for the provider, then the body: 413 and 400.
func (t *Transmitter) admit(w http.ResponseWriter, r *http.Request, route route) (*call, *wireError) {
	slug := chi.URLParam(r, "slug")
	token, wire := t.authorize(r, slug, route.Scope)
	if wire != nil {
		return nil, wire
	}
	c := &call{ctx: r.Context(), application: token.ApplicationID, actor: t.actorOf(r, token),
		query: r.URL.Query(), pathStream: idp.StreamID(chi.URLParam(r, "stream_id")), w: w, r: r}
	err := t.cfg.DB.View(c.ctx, func(tx idp.Tx) (err error) {
		c.provider, err = assignedProvider(tx, slug)
		return err
	})
	if err != nil {
		return nil, toWire(err)
	}
	if route.maxBody > 0 {
		if c.body, wire = readBody(w, r, route.maxBody); wire != nil {
			return nil, wire
		}
	}
	return c, nil
}

// assignedProvider returns the provider of an issuer. One without an
// application has no Receiver and no streams, so it does not exist on the
// wire.
func assignedProvider(tx idp.Tx, slug string) (idp.SSFProvider, error) {
	provider, err := tx.SSFProviderBySlug(slug)
	if errors.Is(err, idp.ErrNotFound) || err == nil && provider.ApplicationID == "" {
		return idp.SSFProvider{}, public(idp.ErrNotFound, "there is no issuer at this address")
	}
	return provider, err
}

// readBody reads at most limit bytes. The connection of a longer body is
// closed, for the rest of it would be taken for the next request.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *wireError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &wireError{Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge,
			Description: "the body is longer than " + sizeText(limit)}
	case err != nil:
		return nil, &wireError{Status: http.StatusBadRequest, Code: codeInvalidRequest,
			Description: "the body could not be read to its end", Cause: err}
	}
	return body, nil
}

func sizeText(limit int64) string {
	if limit >= 1<<20 {
		return "1 MiB"
	}
	return "64 KiB"
}

// allowed is nil when the token belongs to the application that the provider
// serves. Somebody else may not create or list streams here.
func (c *call) allowed() error {
	if c.application != c.provider.ApplicationID {
		return public(idp.ErrDenied, "the access token belongs to an application that this issuer does not serve")
	}
	return nil
}

// stream returns a stream of the caller. One of another Receiver is as good as
// none (SSF §8).
func (c *call) stream(tx idp.Tx, id idp.StreamID) (idp.Stream, error) {
	if id == "" || c.allowed() != nil {
		return idp.Stream{}, noStream()
	}
	s, err := tx.Stream(id)
	if errors.Is(err, idp.ErrNotFound) ||
		err == nil && (s.ProviderID != c.provider.ID || s.ApplicationID != c.application) {
		return idp.Stream{}, noStream()
	}
	if err != nil {
		return idp.Stream{}, err
	}
	c.seen = append(c.seen[:0], s)
	return s, nil
}

// queryStream is the stream_id parameter. Without one, ok is false.
func (c *call) queryStream() (id idp.StreamID, ok bool, err error) {
	switch values := c.query["stream_id"]; len(values) {
	case 0:
		return "", false, nil
	case 1:
		return idp.StreamID(values[0]), true, nil
	}
	return "", false, idp.Invalid("stream_id", "must be given once in the query")
}

// requiredQueryStream is the stream_id of an endpoint that needs one.
//
// SPEC: SSF §8.1.1.5 and SSF §8.1.2.1 do not say what a missing parameter is;
// it is a malformed request here, so nothing is ever deleted by accident.
func (c *call) requiredQueryStream() (idp.StreamID, error) {
	id, ok, err := c.queryStream()
	if err == nil && !ok {
		return "", idp.Invalid("stream_id", "must be given in the query")
	}
	return id, err
}
