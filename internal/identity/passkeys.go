// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// ErrPasskey says that a passkey was not accepted. It is all that the person
// may learn: show its own text. What wraps it says why, for the log.
var ErrPasskey = errors.New("the passkey was not accepted")

const (
	// ceremonyFor is how long the browser has from a challenge to its answer.
	ceremonyFor = 5 * time.Minute
	// maxCeremony is how long an answer may be, in bytes.
	maxCeremony = 64 << 10
)

// PasskeysConfig says to whom passkeys belong. All members are required.
type PasskeysConfig struct {
	// RPID is the host name of the base URL. Passkeys are bound to it: with
	// another one they stop working.
	RPID string
	// Origins are scheme, host and port of the pages that may use them, such
	// as https://id.example.com.
	Origins []string
	// DisplayName is what the browser may show.
	DisplayName string
}

// Passkeys runs the ceremonies of passkeys and security keys (WebAuthn). Each
// takes two requests: Begin gives the options for the browser and a state,
// which the caller keeps encrypted or on the server until Finish. A challenge
// works once and for five minutes. It is safe for use by several goroutines.
type Passkeys struct{ rp *webauthn.WebAuthn }

// NewPasskeys returns Passkeys, or an error for a configuration that no browser
// would take.
func NewPasskeys(c PasskeysConfig) (*Passkeys, error) {
	timeout := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyFor, TimeoutUVD: ceremonyFor}
	rp, err := webauthn.New(&webauthn.Config{
		RPID: c.RPID, RPDisplayName: c.DisplayName, RPOrigins: c.Origins,
		// Attestation would name the maker for certain, and make browsers ask
		// people whether they want to be told apart.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationPreferred,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Passkeys{rp}, nil
}

// passkeyUser is a user with their passkeys, as the library asks for them. The
// user handle is the user's ID.
type passkeyUser struct {
	idp.User
	credentials []idp.Credential
	keys        []webauthn.Credential
}

func (u passkeyUser) WebAuthnID() []byte                         { return []byte(u.ID) }
func (u passkeyUser) WebAuthnName() string                       { return u.Username }
func (u passkeyUser) WebAuthnDisplayName() string                { return u.DisplayName() }
func (u passkeyUser) WebAuthnCredentials() []webauthn.Credential { return u.keys }

// passkeyUserOf reads a user with their passkeys.
func passkeyUserOf(tx idp.Tx, id idp.UserID) (passkeyUser, error) {
	u := passkeyUser{}
	var err error
	if u.User, err = tx.User(id); err != nil {
		return u, err
	}
	credentials, err := tx.Credentials(id)
	if err != nil {
		return u, err
	}
	for _, c := range credentials {
		if c.Kind != idp.CredentialPasskey {
			continue
		}
		var d passkeyData
		if err := json.Unmarshal(c.Data, &d); err != nil {
			return u, fmt.Errorf("credential %s: %w", c.ID, err)
		}
		u.credentials, u.keys = append(u.credentials, c), append(u.keys, d.credential())
	}
	return u, nil
}

func (p *Passkeys) user(ctx context.Context, db idp.DB, id idp.UserID) (u passkeyUser, err error) {
	err = db.View(ctx, func(tx idp.Tx) (err error) {
		u, err = passkeyUserOf(tx, id)
		return err
	})
	return u, err
}

// BeginRegistration returns the options for navigator.credentials.create, as
// PublicKeyCredential.parseCreationOptionsFromJSON takes them, and the state
// for the end of the ceremony. Authenticators that have a passkey of the user
// already are excluded.
func (p *Passkeys) BeginRegistration(ctx context.Context, db idp.DB, user idp.UserID) (options, state []byte, err error) {
	u, err := p.user(ctx, db, user)
	if err != nil {
		return nil, nil, err
	}
	var exclude []protocol.CredentialDescriptor
	for _, key := range u.keys {
		exclude = append(exclude, key.Descriptor())
	}
	creation, session, err := p.rp.BeginRegistration(u, webauthn.WithExclusions(exclude))
	if err != nil {
		return nil, nil, fmt.Errorf("passkey of user %s: %w", user, err)
	}
	return ceremony(creation.Response, session)
}

// VerifyRegistration checks the browser's answer, the JSON of
// PublicKeyCredential.toJSON, against the state. ErrPasskey when it is not for
// this user, came too late or does not verify.
func (p *Passkeys) VerifyRegistration(ctx context.Context, db idp.DB, user idp.UserID, state, response []byte) (VerifiedPasskey, error) {
	session, err := readCeremony(state, response)
	if err != nil {
		return VerifiedPasskey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return VerifiedPasskey{}, refused(err)
	}
	u, err := p.user(ctx, db, user)
	if err != nil {
		return VerifiedPasskey{}, err
	}
	key, err := p.rp.CreateCredential(u, session, parsed)
	if err != nil {
		return VerifiedPasskey{}, refused(err)
	}
	return VerifiedPasskey{user: user, challenge: session.Challenge, data: newPasskeyData(key)}, nil
}

// FinishRegistration is VerifyRegistration and AddPasskey in an Update of its
// own.
func (p *Passkeys) FinishRegistration(ctx context.Context, db idp.DB, actor idp.Actor, user idp.UserID, state []byte, name string, response []byte) (idp.Credential, error) {
	verified, err := p.VerifyRegistration(ctx, db, user, state, response)
	if err != nil {
		return idp.Credential{}, err
	}
	var c idp.Credential
	err = db.Update(ctx, func(tx idp.Tx) (err error) {
		c, err = AddPasskey(ctx, tx, actor, user, verified, name, Cause{})
		return err
	})
	return c, err
}

// ceremony returns what begins one: options for the browser and the state.
func ceremony(options any, session *webauthn.SessionData) (forBrowser, state []byte, err error) {
	if forBrowser, err = json.Marshal(options); err != nil {
		return nil, nil, err
	}
	state, err = json.Marshal(session)
	return forBrowser, state, err
}

// readCeremony reads the state and caps the answer.
func readCeremony(state, response []byte) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil || session.Challenge == "" || session.Expires.IsZero() {
		return session, fmt.Errorf("%w: the state of the ceremony cannot be read", ErrPasskey)
	}
	if len(response) > maxCeremony {
		return session, fmt.Errorf("%w: the answer is longer than %d bytes", ErrPasskey, maxCeremony)
	}
	return session, nil
}

// refused is ErrPasskey with what the library found.
func refused(err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) && detail.DevInfo != "" {
		return fmt.Errorf("%w: %w: %s", ErrPasskey, err, detail.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrPasskey, err)
}
