// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// passkeyData is the Data of a passkey credential: what its registration told,
// and the counter and flags of its last use.
type passkeyData struct {
	// ID is the WebAuthn credential ID; Key the public key in COSE.
	ID  []byte `json:"id"`
	Key []byte `json:"key"`
	// Count is the signature counter, zero for keys that have none.
	Count uint32 `json:"count"`
	// Flags are the authenticator's: whether the key can be, and is, backed up.
	Flags      byte     `json:"flags"`
	Transports []string `json:"transports,omitempty"`
	// Attachment is "platform" or "cross-platform", or empty if the browser
	// did not say.
	Attachment string `json:"attachment,omitempty"`
	// AAGUID is the model of the authenticator as 16 bytes, zeros if unsaid.
	AAGUID []byte `json:"aaguid,omitempty"`
}

func newPasskeyData(c *webauthn.Credential) passkeyData {
	d := passkeyData{
		ID: c.ID, Key: c.PublicKey, Count: c.Authenticator.SignCount, Flags: c.Flags.MsgpByte(),
		Attachment: string(c.Authenticator.Attachment), AAGUID: c.Authenticator.AAGUID,
	}
	for _, t := range c.Transport {
		d.Transports = append(d.Transports, string(t))
	}
	return d
}

// credential is the passkey as the library has it.
func (d passkeyData) credential() webauthn.Credential {
	c := webauthn.Credential{
		ID: d.ID, PublicKey: d.Key, Flags: webauthn.CredentialFlagsFromMsgpByte(d.Flags),
		Authenticator: webauthn.Authenticator{
			AAGUID: d.AAGUID, SignCount: d.Count, Attachment: protocol.AuthenticatorAttachment(d.Attachment),
		},
	}
	for _, t := range d.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

// roaming reports whether the authenticator is apart from the computer that it
// was registered with, such as a security key or a phone. The browser's word
// comes first; without one the transports tell; with neither, a key that cannot
// be backed up is taken for a security key.
func (d passkeyData) roaming() bool {
	switch protocol.AuthenticatorAttachment(d.Attachment) {
	case protocol.CrossPlatform:
		return true
	case protocol.Platform:
		return false
	}
	if len(d.Transports) > 0 {
		return !slices.Contains(d.Transports, string(protocol.Internal))
	}
	return !d.credential().Flags.BackupEligible
}

// aaguid is the AAGUID as text, empty when the authenticator did not say.
func (d passkeyData) aaguid() string {
	id, err := uuid.FromBytes(d.AAGUID)
	if err != nil || id == uuid.Nil {
		return ""
	}
	return id.String()
}

// Passkey is what can be said of a passkey.
type Passkey struct {
	// Type is fido2-platform or fido2-roaming (CAEP §3.3).
	Type caep.CredentialType
	// AAGUID is the model of the authenticator, empty when it did not say.
	AAGUID string
	// Device is what keeps it, in words: "iCloud Keychain" where the AAGUID is
	// known, otherwise such as "Security key (USB, NFC)".
	Device string
	// Synced means that it can leave the device that it was made on.
	Synced bool
}

// PasskeyOf describes a passkey credential.
func PasskeyOf(c idp.Credential) (Passkey, error) {
	var d passkeyData
	if err := json.Unmarshal(c.Data, &d); err != nil {
		return Passkey{}, fmt.Errorf("credential %s: %w", c.ID, err)
	}
	return d.passkey(), nil
}

func (d passkeyData) passkey() Passkey {
	p := Passkey{Type: caep.CredentialFIDO2Platform, AAGUID: d.aaguid(), Synced: d.credential().Flags.BackupEligible}
	if d.roaming() {
		p.Type = caep.CredentialFIDO2Roaming
	}
	p.Device = deviceName(p, d.Transports)
	return p
}

// VerifiedPasskey is a passkey whose registration was verified, and which is
// not stored yet. Only Passkeys makes one.
type VerifiedPasskey struct {
	user      idp.UserID
	challenge string
	data      passkeyData
}

// Passkey describes it.
func (v VerifiedPasskey) Passkey() Passkey { return v.data.passkey() }

// AddPasskey gives a user a passkey. Without a name it is called after its
// device. A user needs a recent sign-in: ErrProveAgain. A registration that was
// used before is idp.ErrReused.
//
// It records a credential-change "create" of type "fido2-platform" or
// "fido2-roaming".
func AddPasskey(_ context.Context, tx idp.Tx, actor idp.Actor, user idp.UserID, verified VerifiedPasskey, name string, cause Cause) (idp.Credential, error) {
	c, u, err := beginFactor(tx, actor, user, cause, "A passkey was added")
	if err != nil {
		return idp.Credential{}, err
	}
	if verified.user != user {
		return idp.Credential{}, fmt.Errorf("%w: it was registered for another user", ErrPasskey)
	}
	if name == "" {
		name = verified.Passkey().Device
	}
	if err := checkName(name); err != nil {
		return idp.Credential{}, err
	}
	if err := c.room(u.ID, idp.CredentialPasskey); err != nil {
		return idp.Credential{}, err
	}
	if err := useChallenge(tx, verified.challenge); err != nil {
		return idp.Credential{}, err
	}
	credential := idp.Credential{
		ID: idp.NewID[idp.CredentialID](), UserID: u.ID, Kind: idp.CredentialPasskey, Name: name,
		CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
	if credential.Data, err = json.Marshal(verified.data); err != nil {
		return idp.Credential{}, err
	}
	if err := tx.PutCredential(credential); err != nil {
		return idp.Credential{}, err
	}
	if err := c.credentialChanged(u, credential, caep.ChangeCreate); err != nil {
		return idp.Credential{}, err
	}
	return credential, c.enter("user.add_passkey", u)
}

// useChallenge uses up the challenge of a ceremony, so that its answer works
// once.
func useChallenge(tx idp.Tx, challenge string) error {
	return tx.UseOnce("passkey", idp.HashToken(challenge), tx.Now().Add(2*ceremonyFor))
}
