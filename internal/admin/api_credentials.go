// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
)

type credentialJSON struct {
	ID        idp.CredentialID    `json:"id"`
	Kind      idp.CredentialKind  `json:"kind" example:"passkey"`
	Name      string              `json:"name,omitempty"`
	Type      caep.CredentialType `json:"type,omitempty" doc:"fido2-platform or fido2-roaming, of a passkey."`
	AAGUID    string              `json:"aaguid,omitempty" doc:"The model of the authenticator, of a passkey."`
	Device    string              `json:"device,omitempty" doc:"What keeps a passkey."`
	Left      *int                `json:"left,omitempty" doc:"How many recovery codes were not used."`
	CreatedAt time.Time           `json:"created_at"`
	UpdatedAt time.Time           `json:"updated_at"`
	UsedAt    time.Time           `json:"used_at,omitzero"`
}

// toCredential shows what of a credential is no secret.
func toCredential(c idp.Credential) credentialJSON {
	out := credentialJSON{ID: c.ID, Kind: c.Kind, Name: c.Name, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, UsedAt: c.UsedAt}
	switch c.Kind {
	case idp.CredentialPasskey:
		// One that cannot be read is shown too, so that it can be removed.
		if key, err := identity.PasskeyOf(c); err == nil {
			out.Type, out.AAGUID, out.Device = key.Type, key.AAGUID, key.Device
		}
	case idp.CredentialRecoveryCodes:
		left := identity.RecoveryCodesLeft(c)
		out.Left = &left
	}
	return out
}

type credentialErasure struct {
	ID          string `path:"id" maxLength:"64"`
	Credential  string `path:"credential" maxLength:"64"`
	ReasonAdmin string `query:"reason_admin" maxLength:"500"`
	ReasonUser  string `query:"reason_user" maxLength:"500"`
}

type recoveryEmailJSON struct {
	ReasonJSON
	RecoveryEmail string `json:"recovery_email" doc:"Where recovery links go. Empty uses the e-mail address."`
}

func (a *API) credentialRoutes() {
	const user, credentials = "/users/{id}", "/users/{id}/credentials"
	view(a, operation(http.MethodGet, credentials, "credentials", "List a user's credentials, oldest first", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (list[credentialJSON], error) {
			found, err := Credentials(ctx, tx, who, idp.UserID(in.ID))
			return list[credentialJSON]{convert(found, toCredential)}, err
		})
	change(a, operation(http.MethodDelete, credentials+"/{credential}", "credentials", "Remove one credential", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *credentialErasure) (nothing, error) {
			return nothing{}, RemoveCredential(ctx, tx, who, idp.UserID(in.ID), idp.CredentialID(in.Credential), Reason{in.ReasonAdmin, in.ReasonUser})
		})
	change(a, quiet(operation(http.MethodPost, credentials+"/reset-factors", "credentials", "Remove all second factors", http.StatusNotFound)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *mayHave[ReasonJSON]) (nothing, error) {
			return nothing{}, ResetFactors(ctx, tx, who, idp.UserID(in.ID), in.body().reason())
		})
	change(a, operation(http.MethodPost, user+"/require-password-change", "credentials", "Demand a new password at the next sign-in", http.StatusNotFound),
		accountVerb(RequirePasswordChange))
	change(a, operation(http.MethodPut, user+"/recovery-email", "users", "Set where recovery links go", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[recoveryEmailJSON]) (userJSON, error) {
			id := idp.UserID(in.ID)
			if err := ChangeRecoveryEmail(ctx, tx, who, id, in.Body.RecoveryEmail, in.Body.reason()); err != nil {
				return userJSON{}, err
			}
			u, err := User(ctx, tx, who, id)
			return toUser(u), err
		})
	change(a, operation(http.MethodPost, user+"/invite", "users", "Invite a user to choose their first password", http.StatusNotFound, http.StatusConflict), a.invite)
}

type inviteJSON struct {
	ReasonJSON
	ByMail *bool `json:"by_mail,omitempty" doc:"Mail the link to the user. Otherwise it is returned. The default is true where mails are on and the user has an e-mail address."`
}

type invitedJSON struct {
	MailedTo  string    `json:"mailed_to,omitempty" doc:"The address that the link is mailed to."`
	Link      string    `json:"link,omitempty" doc:"The link to pass on to the user; it is not shown again. It works once."`
	ExpiresAt time.Time `json:"expires_at"`
}

func (a *API) invite(ctx context.Context, tx idp.Tx, who idp.Actor, in *mayHave[inviteJSON]) (invitedJSON, error) {
	u, err := User(ctx, tx, who, idp.UserID(in.ID))
	if err != nil {
		return invitedJSON{}, err
	}
	byMail := a.cfg.Mails && u.Email != ""
	set(&byMail, in.body().ByMail)
	out := invitedJSON{ExpiresAt: tx.Now().Add(identity.InviteFor)}
	if !byMail {
		link, err := InviteLink(ctx, tx, who, a.cfg.Links, u.ID, in.body().reason())
		out.Link = link.Reveal()
		return out, err
	}
	if !a.cfg.Mails {
		return invitedJSON{}, idp.Invalid("by_mail", "must be false: no mail server is configured")
	}
	out.MailedTo = u.Email
	return out, Invite(ctx, tx, who, a.cfg.Links, u.ID, in.body().reason())
}
