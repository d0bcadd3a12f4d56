// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

// IssSub is the subject of an issuer, as in the claims of a JWT (RFC 9493
// §3.2.3). The issuer need not be the issuer of the token that carries it.
type IssSub struct {
	// Issuer is the "iss" member. It is compared as it is: a trailing slash
	// makes another issuer.
	Issuer string

	// Subject is the "sub" member.
	Subject string
}

// Format returns [FormatIssSub].
func (IssSub) Format() Format { return FormatIssSub }

// Validate reports an empty member, or one that has a colon and is no URI
// (RFC 7519 §2, StringOrURI).
func (s IssSub) Validate() error {
	if err := check("iss", s.Issuer, isStringOrURI); err != nil {
		return err
	}
	return check("sub", s.Subject, isStringOrURI)
}

// MarshalJSON encodes the pair as a JSON object.
func (s IssSub) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

func (s IssSub) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatIssSub, "iss", s.Issuer, "sub", s.Subject)
}

// JWTID is a JWT, named by its issuer and its "jti" (SSF §3.5.1).
type JWTID struct {
	// Issuer is the "iss" member.
	Issuer string

	// ID is the "jti" member.
	ID string
}

// Format returns [FormatJWTID].
func (JWTID) Format() Format { return FormatJWTID }

// Validate reports an empty member, or an issuer that has a colon and is no
// URI.
func (j JWTID) Validate() error {
	if err := check("iss", j.Issuer, isStringOrURI); err != nil {
		return err
	}
	return check("jti", j.ID, nil)
}

// MarshalJSON encodes the pair as a JSON object.
func (j JWTID) MarshalJSON() ([]byte, error) { return j.appendJSON(nil), nil }

func (j JWTID) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatJWTID, "iss", j.Issuer, "jti", j.ID)
}

// SAMLAssertionID is a SAML 2.0 assertion (SSF §3.5.2).
type SAMLAssertionID struct {
	// Issuer is the "issuer" member: the Issuer of the assertion.
	Issuer string

	// AssertionID is the "assertion_id" member: the ID of the assertion.
	AssertionID string
}

// Format returns [FormatSAMLAssertionID].
func (SAMLAssertionID) Format() Format { return FormatSAMLAssertionID }

// Validate reports an empty member.
func (s SAMLAssertionID) Validate() error {
	if err := check("issuer", s.Issuer, nil); err != nil {
		return err
	}
	return check("assertion_id", s.AssertionID, nil)
}

// MarshalJSON encodes the pair as a JSON object.
func (s SAMLAssertionID) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

func (s SAMLAssertionID) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatSAMLAssertionID,
		"issuer", s.Issuer, "assertion_id", s.AssertionID)
}
