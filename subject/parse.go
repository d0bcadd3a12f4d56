// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"maps"
	"slices"
)

// Parse reads an identifier from JSON. It checks the shape, not the meaning:
// see the package comment for what that makes of a phone number with blanks.
//
// It refuses, with an [*Error], anything but one JSON object in UTF-8, a name
// that occurs twice in an object at any depth, more than 16 levels of nesting,
// a required member that is missing, null, empty or of another type, aliases
// within aliases, and a complex subject that is empty or holds another (RFC
// 9493 §3, SSF §3.3).
func Parse(data []byte) (Identifier, error) {
	return parse(data, false)
}

// ParseStrict reads an identifier that must be right in every respect: on top
// of what [Parse] asks, its values are valid and it has no member that its
// format does not describe (RFC 9493 §3). A format that is not known describes
// nothing and is taken as it is.
func ParseStrict(data []byte) (Identifier, error) {
	id, err := parse(data, true)
	if err != nil {
		return nil, err
	}
	if err := id.Validate(); err != nil {
		return nil, err
	}
	return id, nil
}

func parse(data []byte, strict bool) (Identifier, error) {
	tree, err := decode(data)
	if err != nil {
		return nil, err
	}
	return parseTree(tree, "", strict)
}

// parseTree reads the identifier at the given path of the decoded input.
func parseTree(tree any, path string, strict bool) (Identifier, error) {
	members, ok := tree.(map[string]any)
	if !ok {
		return nil, &Error{path, "must be a JSON object"}
	}
	o := &object{path: path, members: members, read: map[string]bool{}, strict: strict}
	format, err := o.text("format")
	if err != nil {
		return nil, err
	}
	id := o.identifier(Format(format))
	if err := o.close(); err != nil {
		return nil, err
	}
	return id, nil
}

func (o *object) identifier(f Format) Identifier {
	switch f {
	case FormatAccount:
		return Account(o.must("uri"))
	case FormatEmail:
		return Email(o.must("email"))
	case FormatIssSub:
		return IssSub{Issuer: o.must("iss"), Subject: o.must("sub")}
	case FormatOpaque:
		return Opaque(o.must("id"))
	case FormatPhoneNumber:
		return PhoneNumber(o.must("phone_number"))
	case FormatDID:
		return DID(o.must("url"))
	case FormatURI:
		return URI(o.must("uri"))
	case FormatAliases:
		return o.aliases()
	case FormatJWTID:
		return JWTID{Issuer: o.must("iss"), ID: o.must("jti")}
	case FormatSAMLAssertionID:
		return SAMLAssertionID{Issuer: o.must("issuer"), AssertionID: o.must("assertion_id")}
	case FormatIPAddresses:
		return o.ipAddresses()
	case FormatComplex:
		return o.complex()
	}
	o.strict = false
	return Unknown{Name: f, Raw: appendTree(nil, o.members)}
}

func (o *object) aliases() Aliases {
	var ids Aliases
	for i, value := range o.array("identifiers") {
		path := join(o.path, element("identifiers", i))
		id, err := parseTree(value, path, o.strict)
		if err != nil {
			o.fail(err)
			return nil
		}
		ids = append(ids, id)
	}
	if o.err == nil {
		o.fail(within(o.path, ids.checkShape()))
	}
	return ids
}

func (o *object) ipAddresses() IPAddresses {
	var ips IPAddresses
	for i, value := range o.array("ip-addresses") {
		ip, reason := nonEmpty(value)
		if reason != "" {
			o.fail(&Error{join(o.path, element("ip-addresses", i)), reason})
			return nil
		}
		ips = append(ips, ip)
	}
	return ips
}

func (o *object) complex() Complex {
	c := make(Complex)
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if name == "format" {
			continue
		}
		o.read[name] = true
		id, err := parseTree(o.members[name], join(o.path, clip(name)), o.strict)
		if err != nil {
			o.fail(err)
			return nil
		}
		c[name] = id
	}
	o.fail(within(o.path, c.checkShape()))
	return c
}
