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

// object hands out the members of one identifier, remembers which were asked
// for, and keeps the first error, so that a format reads as a list of its
// members.
type object struct {
	path    string
	members map[string]any
	read    map[string]bool
	strict  bool
	err     error
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
		id, err := parseTree(o.members[name], join(o.path, name), o.strict)
		if err != nil {
			o.fail(err)
			return nil
		}
		c[name] = id
	}
	o.fail(within(o.path, c.checkShape()))
	return c
}

// text returns the non-empty string that a required member must be.
func (o *object) text(name string) (string, error) {
	o.read[name] = true
	value, ok := o.members[name]
	if !ok {
		return "", &Error{join(o.path, name), "is missing"}
	}
	s, reason := nonEmpty(value)
	if reason != "" {
		return "", &Error{join(o.path, name), reason}
	}
	return s, nil
}

func (o *object) must(name string) string {
	s, err := o.text(name)
	o.fail(err)
	return s
}

// array returns the non-empty array that a required member must be.
func (o *object) array(name string) []any {
	o.read[name] = true
	value, ok := o.members[name]
	if !ok {
		o.fail(&Error{join(o.path, name), "is missing"})
		return nil
	}
	values, ok := value.([]any)
	if !ok {
		o.fail(&Error{join(o.path, name), "must be an array"})
		return nil
	}
	if len(values) == 0 {
		o.fail(&Error{join(o.path, name), "must not be empty"})
	}
	return values
}

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// close returns the first error, or in strict mode the first member that was
// never asked for.
func (o *object) close() error {
	if o.err != nil || !o.strict {
		return o.err
	}
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !o.read[name] {
			return &Error{join(o.path, name), "is not a member of this format"}
		}
	}
	return nil
}

// nonEmpty returns the string in value, or the reason why there is none.
func nonEmpty(value any) (s, reason string) {
	s, ok := value.(string)
	switch {
	case value == nil:
		return "", "must not be null"
	case !ok:
		return "", "must be a string"
	case s == "":
		return "", "must not be empty"
	}
	return s, ""
}
