// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

// Account is an account at a service, as an "acct" URI such as
// "acct:user@example.com" (RFC 9493 §3.2.1).
type Account string

// Format returns [FormatAccount].
func (Account) Format() Format { return FormatAccount }

// Validate reports a value that is not an acct URI with a user and a host.
func (a Account) Validate() error { return check("uri", string(a), isAccount) }

// MarshalJSON encodes the account as a JSON object.
func (a Account) MarshalJSON() ([]byte, error) { return a.appendJSON(nil), nil }

func (a Account) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatAccount, "uri", string(a))
}

// Email is an email address without a display name (RFC 9493 §3.2.2).
type Email string

// Format returns [FormatEmail].
func (Email) Format() Format { return FormatEmail }

// Validate reports a value that is not a bare address. Addresses outside
// ASCII are allowed.
func (e Email) Validate() error { return check("email", string(e), isEmail) }

// MarshalJSON encodes the address as a JSON object.
func (e Email) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

func (e Email) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatEmail, "email", string(e))
}

// Opaque is a string that has a meaning for the two parties only, such as a
// stream id or a session id (RFC 9493 §3.2.4).
type Opaque string

// Format returns [FormatOpaque].
func (Opaque) Format() Format { return FormatOpaque }

// Validate reports an empty value. All others are allowed.
func (o Opaque) Validate() error { return check("id", string(o), nil) }

// MarshalJSON encodes the value as a JSON object.
func (o Opaque) MarshalJSON() ([]byte, error) { return o.appendJSON(nil), nil }

func (o Opaque) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatOpaque, "id", string(o))
}

// PhoneNumber is a telephone number in E.164 form, such as "+12065550100"
// (RFC 9493 §3.2.5).
type PhoneNumber string

// Format returns [FormatPhoneNumber].
func (PhoneNumber) Format() Format { return FormatPhoneNumber }

// Validate reports a value that is not a plus sign and 2 to 15 digits, of
// which the first is not zero. Blanks and hyphens are not allowed.
func (p PhoneNumber) Validate() error {
	return check("phone_number", string(p), isPhoneNumber)
}

// MarshalJSON encodes the number as a JSON object.
func (p PhoneNumber) MarshalJSON() ([]byte, error) { return p.appendJSON(nil), nil }

func (p PhoneNumber) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatPhoneNumber, "phone_number", string(p))
}

// DID is a decentralized identifier or a DID URL (RFC 9493 §3.2.6).
type DID string

// Format returns [FormatDID].
func (DID) Format() Format { return FormatDID }

// Validate reports a value that is not a DID URL.
func (d DID) Validate() error { return check("url", string(d), isDID) }

// MarshalJSON encodes the identifier as a JSON object.
func (d DID) MarshalJSON() ([]byte, error) { return d.appendJSON(nil), nil }

func (d DID) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatDID, "url", string(d))
}

// URI is an absolute URI. A recipient must not assume that it leads anywhere
// (RFC 9493 §3.2.7).
type URI string

// Format returns [FormatURI].
func (URI) Format() Format { return FormatURI }

// Validate reports a value that is not an absolute URI.
func (u URI) Validate() error { return check("uri", string(u), isURI) }

// MarshalJSON encodes the URI as a JSON object.
func (u URI) MarshalJSON() ([]byte, error) { return u.appendJSON(nil), nil }

func (u URI) appendJSON(dst []byte) []byte {
	return appendObject(dst, FormatURI, "uri", string(u))
}
