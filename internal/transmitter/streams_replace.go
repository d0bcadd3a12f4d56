// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/ssf"
)

// serveReplace replaces all that the Receiver sets: what it leaves out is
// deleted (SSF §8.1.1.4). It neither creates a stream nor changes its status.
func (t *Transmitter) serveReplace(c *call) (reply, error) {
	req, err := ssf.ParseReplace(c.body)
	if err != nil {
		return reply{}, err
	}
	change := StreamChange{
		EventsRequested: &req.EventsRequested,
		Delivery:        &req.Delivery,
		Description:     &req.Description,
	}
	return t.change(c, idp.StreamID(req.StreamID), change, req.Check)
}
