// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"context"
	"net/http"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// DeleteStream erases a stream in any status with all that waits on it. No SET
// tells of it (SSF §8.1.1.5).
//
// The stream of logout tokens lives as long as its OIDC provider has an
// address for them; to delete it alone is an error that wraps idp.ErrConflict.
func DeleteStream(_ context.Context, tx idp.Tx, actor idp.Actor, s idp.Stream) error {
	if s.Method == idp.Logout {
		return public(idp.ErrConflict, "the stream belongs to an OIDC provider; remove the backchannel_logout_uri of that instead, or disable the stream")
	}
	return deleteStream(tx, actor, s)
}

func deleteStream(tx idp.Tx, actor idp.Actor, s idp.Stream) error {
	if err := tx.DeleteStream(s.Num); err != nil {
		return err
	}
	return audit(tx, actor, s, "stream.delete", "", "")
}

func (t *Transmitter) serveDelete(c *call) (reply, error) {
	id, err := c.requiredQueryStream()
	if err != nil {
		return reply{}, err
	}
	var s idp.Stream
	err = t.cfg.DB.Update(c.ctx, func(tx idp.Tx) error {
		if s, err = c.stream(tx, id); err != nil {
			return err
		}
		return DeleteStream(c.ctx, tx, c.actor, s)
	})
	if err != nil {
		return reply{}, err
	}
	c.seen = nil // there is nothing left to be active
	t.Wake(s.Num)
	return reply{status: http.StatusNoContent}, nil
}
