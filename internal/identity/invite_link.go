// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// InviteLink is Invite without a mail: it returns the link, for whoever invites
// to pass on. The user may do without an e-mail address.
//
// It records nothing: the password will be a change.
func InviteLink(_ context.Context, tx idp.Tx, actor idp.Actor, links Links, user idp.UserID, cause Cause) (idp.Secret, error) {
	u, err := tx.User(user)
	if err != nil {
		return idp.Secret{}, err
	}
	if u.Disabled() {
		return idp.Secret{}, fmt.Errorf("user %s: %w", user, idp.ErrDisabled)
	}
	c, err := begin(tx, actor, cause, idp.CauseAccount, "A link to invite the user was made", "")
	if err != nil {
		return idp.Secret{}, err
	}
	token, err := c.ticket(u, idp.TicketInvite, u.Email, InviteFor)
	if err != nil {
		return idp.Secret{}, err
	}
	return idp.NewSecret(links.Invite(token)), c.enter("user.invite", u)
}
