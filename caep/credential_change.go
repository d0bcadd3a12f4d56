// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "github.com/tocsin-id/tocsin/secevent"

// TypeCredentialChange is the event type of CredentialChange (CAEP §3.3).
const TypeCredentialChange secevent.EventType = base + "credential-change"

// CredentialChange says that a credential of the subject was created,
// changed, revoked or deleted (CAEP §3.3).
type CredentialChange struct {
	Common

	// CredentialType is what kind of credential it is. Required.
	CredentialType CredentialType `json:"credential_type"`

	// ChangeType is what happened to it. Required.
	ChangeType ChangeType `json:"change_type"`

	// FriendlyName is the user's or administrator's name for the credential.
	FriendlyName string `json:"friendly_name,omitempty"`

	// X509Issuer and X509Serial name a certificate.
	X509Issuer string `json:"x509_issuer,omitempty"`
	X509Serial string `json:"x509_serial,omitempty"`

	// FIDO2AAGUID is the model of a FIDO2 authenticator as UUID text.
	FIDO2AAGUID string `json:"fido2_aaguid,omitempty"`
}

// CredentialType is a kind of credential. The enumeration is open: any value
// that both sides support is allowed (CAEP §3.3).
type CredentialType string

// The values of CredentialType that CAEP defines.
const (
	CredentialPassword             CredentialType = "password"
	CredentialPIN                  CredentialType = "pin"
	CredentialX509                 CredentialType = "x509"
	CredentialFIDO2Platform        CredentialType = "fido2-platform"
	CredentialFIDO2Roaming         CredentialType = "fido2-roaming"
	CredentialFIDOU2F              CredentialType = "fido-u2f"
	CredentialVerifiableCredential CredentialType = "verifiable-credential"
	CredentialPhoneVoice           CredentialType = "phone-voice"
	CredentialPhoneSMS             CredentialType = "phone-sms"
	CredentialApp                  CredentialType = "app"
)

// ChangeType says what happened to a credential. The enumeration is closed
// (CAEP §3.3).
type ChangeType string

// The values of ChangeType.
const (
	ChangeCreate ChangeType = "create"
	ChangeRevoke ChangeType = "revoke"
	ChangeUpdate ChangeType = "update"
	ChangeDelete ChangeType = "delete"
)

// EventType returns TypeCredentialChange.
func (CredentialChange) EventType() secevent.EventType { return TypeCredentialChange }

// Validate checks the required members and the closed enumerations.
func (e CredentialChange) Validate() error {
	c := check{event: e.EventType()}
	c.required("credential_type", string(e.CredentialType))
	c.required("change_type", string(e.ChangeType))
	oneOf(&c, "change_type", e.ChangeType, ChangeCreate, ChangeRevoke, ChangeUpdate, ChangeDelete)
	c.common(e.Common)
	return c.err()
}
