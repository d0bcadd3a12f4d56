// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"net/netip"
	"slices"
)

// Aliases is several identifiers of one and the same subject (RFC 9493
// §3.2.8). It holds at least one, and neither aliases nor complex subjects.
type Aliases []Identifier

// Format returns [FormatAliases].
func (Aliases) Format() Format { return FormatAliases }

// Validate reports an empty list and the first element that is not valid or
// may not stand in a list.
func (a Aliases) Validate() error {
	if err := a.checkShape(); err != nil {
		return err
	}
	for i, id := range a {
		if err := id.Validate(); err != nil {
			return within(element("identifiers", i), err)
		}
	}
	return nil
}

func (a Aliases) checkShape() error {
	if len(a) == 0 {
		return &Error{"identifiers", "must not be empty"}
	}
	for i, id := range a {
		switch id.(type) {
		case nil:
			return &Error{element("identifiers", i), "must not be null"}
		case Aliases, Complex:
			return &Error{
				element("identifiers", i),
				"must not have format " + string(id.Format()),
			}
		}
	}
	return nil
}

// MarshalJSON encodes the list as a JSON object. It refuses what [Parse] could
// not read back.
func (a Aliases) MarshalJSON() ([]byte, error) {
	if err := a.checkShape(); err != nil {
		return nil, err
	}
	return a.appendJSON(nil), nil
}

func (a Aliases) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"format":"aliases","identifiers":[`...)
	for i, id := range a {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNil(dst, id)
	}
	return append(dst, "]}"...)
}

// IPAddresses is the addresses of a subject in text form, without a prefix
// length and without a port (SSF §3.5.3).
type IPAddresses []string

// Format returns [FormatIPAddresses].
func (IPAddresses) Format() Format { return FormatIPAddresses }

// Validate reports an empty list and the first element that is not an IPv4 or
// IPv6 address. Zones are not allowed.
//
// SPEC: the empty list is not forbidden by name, but identifies nobody.
func (ips IPAddresses) Validate() error {
	if len(ips) == 0 {
		return &Error{"ip-addresses", "must not be empty"}
	}
	for i, ip := range ips {
		addr, err := netip.ParseAddr(ip)
		if err != nil || addr.Zone() != "" {
			return &Error{element("ip-addresses", i), "must be an IP address"}
		}
	}
	return nil
}

// MarshalJSON encodes the list as a JSON object.
func (ips IPAddresses) MarshalJSON() ([]byte, error) {
	if len(ips) == 0 {
		return nil, &Error{"ip-addresses", "must not be empty"}
	}
	return ips.appendJSON(nil), nil
}

func (ips IPAddresses) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"format":"ip-addresses","ip-addresses":[`...)
	for i, ip := range ips {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, ip)
	}
	return append(dst, "]}"...)
}

// sorted returns the addresses in order and without duplicates.
func (ips IPAddresses) sorted() IPAddresses {
	return slices.Compact(slices.Sorted(slices.Values(ips)))
}
