// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import "strings"

// wellFormedTag reports whether tag follows the grammar of BCP 47: language,
// extended languages, script, region, variants, extensions, private use, in
// this order; or private use alone; or one of the irregular tags that the
// grammar lists by name. Registration is not checked.
func wellFormedTag(tag string) bool {
	lower := strings.ToLower(tag)
	if irregular(lower) {
		return true
	}
	s := subtags(strings.Split(lower, "-"))
	if s.is(0, "x") {
		return s.privateUse()
	}
	if !s.language() {
		return false
	}
	s.take(isScript)
	s.take(isRegion)
	for s.take(isVariant) {
	}
	for s.extension() {
	}
	return len(s) == 0 || s.privateUse()
}

// subtags are the parts of a tag that are still to be read.
type subtags []string

func (s subtags) is(i int, text string) bool { return i < len(s) && s[i] == text }

// take drops the first subtag if it fits.
func (s *subtags) take(fits func(string) bool) bool {
	if len(*s) == 0 || !fits((*s)[0]) {
		return false
	}
	*s = (*s)[1:]
	return true
}

// language reads the primary language and, after one of two or three letters,
// up to three extended languages.
func (s *subtags) language() bool {
	if s.take(func(t string) bool { return alpha(t, 4, 8) }) {
		return true
	}
	if !s.take(func(t string) bool { return alpha(t, 2, 3) }) {
		return false
	}
	for range 3 {
		if !s.take(func(t string) bool { return alpha(t, 3, 3) }) {
			break
		}
	}
	return true
}

// extension reads a singleton other than x with the subtags that belong to it.
func (s *subtags) extension() bool {
	rest := *s
	if !rest.take(func(t string) bool { return alphanumeric(t, 1, 1) && t != "x" }) {
		return false
	}
	count := 0
	for rest.take(func(t string) bool { return alphanumeric(t, 2, 8) }) {
		count++
	}
	if count == 0 {
		return false
	}
	*s = rest
	return true
}

// privateUse reads x and all that follows.
func (s subtags) privateUse() bool {
	if !s.is(0, "x") || len(s) < 2 {
		return false
	}
	for _, t := range s[1:] {
		if !alphanumeric(t, 1, 8) {
			return false
		}
	}
	return true
}

func isScript(t string) bool { return alpha(t, 4, 4) }

func isRegion(t string) bool { return alpha(t, 2, 2) || (len(t) == 3 && digits(t)) }

func isVariant(t string) bool {
	return alphanumeric(t, 5, 8) || (alphanumeric(t, 4, 4) && digits(t[:1]))
}

func alpha(t string, least, most int) bool {
	return within(t, least, most) && allFunc(t, isLetter)
}

func alphanumeric(t string, least, most int) bool {
	return within(t, least, most) && allFunc(t, func(c byte) bool { return isLetter(c) || isDigit(c) })
}

func digits(t string) bool { return allFunc(t, isDigit) }

func within(t string, least, most int) bool { return len(t) >= least && len(t) <= most }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func allFunc(t string, fits func(byte) bool) bool {
	for i := range len(t) {
		if !fits(t[i]) {
			return false
		}
	}
	return true
}

// irregular reports whether tag is one of the old registrations that do not
// follow the grammar but stay well-formed.
func irregular(tag string) bool {
	switch tag {
	case "en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak",
		"i-klingon", "i-lux", "i-mingo", "i-navajo", "i-pwn", "i-tao",
		"i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de":
		return true
	}
	return false
}
