// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

// Match reports whether an event about the one subject concerns a stream that
// the other was added to (SSF §8.1.3.1).
//
// Simple subjects match when they are identical. Complex subjects match when
// every member that both have is identical: a member that one of them lacks
// stands for anything, in both directions, so {tenant} was added for every
// {tenant, user}, and an event about {user} concerns {user, device}.
//
// SPEC: by the letter of SSF §8.1.3.1 {user} and {device} match, having no
// member in common that could differ. Here at least one member must be
// common, as the working group agreed, or adding one user would subscribe to
// everybody's devices.
//
// SPEC: the text does not say how a simple subject relates to a complex one.
// They do not match here: a simple email says nothing about whether it means
// the user or the device.
//
// SPEC: aliases match an identifier that they contain, and other aliases that
// share one, because all of them name one subject (RFC 9493 §3.2.8). IP
// addresses match as a set, because their order carries no meaning.
func Match(added, event Identifier) bool {
	a, b, both := complexPair(added, event)
	if !both {
		return same(added, event)
	}
	common := false
	for name, id := range a {
		other, ok := b[name]
		if !ok {
			continue
		}
		if !same(id, other) {
			return false
		}
		common = true
	}
	return common
}

// Covers reports whether a subject that was removed from a stream to which all
// others belong excludes an event: whether the event has every member of the
// removed subject, identically.
//
// SPEC: SSF §8.1.3.1 does not say what removing a complex subject does on a
// stream whose default is ALL. A member that the event lacks does not stand
// for anything here, unlike in [Match]: removing one device of a user must
// not silence the events about the user.
func Covers(removed, event Identifier) bool {
	a, b, both := complexPair(removed, event)
	if !both {
		return same(removed, event)
	}
	for name, id := range a {
		if !same(id, b[name]) {
			return false
		}
	}
	return len(a) > 0
}

func complexPair(a, b Identifier) (x, y Complex, both bool) {
	x, okX := a.(Complex)
	y, okY := b.(Complex)
	return x, y, okX && okY
}

// same reports whether two simple subjects, or two members of complex ones,
// name the same thing.
func same(a, b Identifier) bool {
	if a == nil || b == nil {
		return false
	}
	for _, x := range names(a) {
		for _, y := range names(b) {
			if x == y {
				return true
			}
		}
	}
	return false
}

// names returns the keys by which an identifier names its subject: several
// for aliases, otherwise one.
func names(id Identifier) []string {
	switch id := id.(type) {
	case Aliases:
		var keys []string
		for _, alias := range id {
			if alias != nil {
				keys = append(keys, names(alias)...)
			}
		}
		return keys
	case IPAddresses:
		return []string{Key(id.sorted())}
	}
	return []string{Key(id)}
}

// MatchKeys returns the keys under which to index an added subject so that
// the candidates for an event can be looked up instead of scanned: whenever
// [Match] holds for two subjects, they share at least one of these keys. The
// converse does not hold; check the candidates with Match. Each key is at most
// [MaxKeyLength] bytes and the name of a member long.
func MatchKeys(id Identifier) []string {
	if id == nil {
		return nil
	}
	c, ok := id.(Complex)
	if !ok {
		return names(id)
	}
	var keys []string
	for _, name := range c.names() {
		if c[name] == nil {
			continue
		}
		for _, key := range names(c[name]) {
			keys = append(keys, name+"="+key)
		}
	}
	return keys
}
