// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import "encoding/json"

// Format names an identifier format. Names are case-sensitive (RFC 9493 §3).
type Format string

// The formats of RFC 9493 §3.2.
const (
	FormatAccount     Format = "account"
	FormatEmail       Format = "email"
	FormatIssSub      Format = "iss_sub"
	FormatOpaque      Format = "opaque"
	FormatPhoneNumber Format = "phone_number"
	FormatDID         Format = "did"
	FormatURI         Format = "uri"
	FormatAliases     Format = "aliases"
)

// The formats that SSF adds (SSF §3.3, SSF §3.5). The hyphen in
// "ip-addresses" is the spelling of SSF §3.5.3.
const (
	FormatJWTID           Format = "jwt_id"
	FormatSAMLAssertionID Format = "saml_assertion_id"
	FormatIPAddresses     Format = "ip-addresses"
	FormatComplex         Format = "complex"
)

// Identifier is a subject identifier. Its implementations are the value types
// of this package and no others; pointers to them are not identifiers.
//
// The JSON of an identifier is deterministic: "format" comes first, then the
// members in the order of the specification, or sorted by name where that has
// no order.
type Identifier interface {
	json.Marshaler

	// Format returns the name of the format.
	Format() Format

	// Validate returns an [*Error] that names the first member whose value
	// the format does not allow, or nil.
	Validate() error

	// appendJSON appends the canonical JSON of the identifier. It cannot
	// fail, so that any value has a key; MarshalJSON refuses the values that
	// have no JSON.
	appendJSON(dst []byte) []byte
}

// appendNil is appendJSON for an identifier that may be absent.
func appendNil(dst []byte, id Identifier) []byte {
	if id == nil {
		return append(dst, "null"...)
	}
	return id.appendJSON(dst)
}

// appendObject appends an object with the format and the given members, which
// alternate between name and value.
func appendObject(dst []byte, f Format, members ...string) []byte {
	dst = append(dst, `{"format":`...)
	dst = appendString(dst, string(f))
	for i := 0; i < len(members); i += 2 {
		dst = append(dst, ',')
		dst = appendString(dst, members[i])
		dst = append(dst, ':')
		dst = appendString(dst, members[i+1])
	}
	return append(dst, '}')
}

func appendString(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // encoding/json has JSON for every string
	}
	return append(dst, text...)
}
