// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// serveRead returns one stream, or all streams of the caller as an array
// (SSF §8.1.1.2).
//
// SPEC: an empty stream_id names no stream, so it is 404 and not the list.
// Reading the list counts as activity on every stream in it.
func (t *Transmitter) serveRead(c *call) (reply, error) {
	id, one, err := c.queryStream()
	if err != nil {
		return reply{}, err
	}
	if one {
		return t.readOne(c, id)
	}
	if err := c.allowed(); err != nil {
		return reply{}, err
	}
	err = t.cfg.DB.View(c.ctx, func(tx idp.Tx) error {
		c.seen, err = tx.Streams(idp.StreamFilter{ProviderID: c.provider.ID, ApplicationID: c.application})
		return err
	})
	if err != nil {
		return reply{}, err
	}
	all := make([]ssf.Stream, 0, len(c.seen))
	for _, s := range c.seen {
		all = append(all, t.Configuration(c.provider, s))
	}
	return reply{http.StatusOK, all}, nil
}

func (t *Transmitter) readOne(c *call, id idp.StreamID) (reply, error) {
	s, err := t.viewStream(c, id)
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, t.Configuration(c.provider, s)}, nil
}

// viewStream reads a stream of the caller in a transaction of its own.
func (t *Transmitter) viewStream(c *call, id idp.StreamID) (s idp.Stream, err error) {
	err = t.cfg.DB.View(c.ctx, func(tx idp.Tx) error {
		s, err = c.stream(tx, id)
		return err
	})
	return s, err
}
