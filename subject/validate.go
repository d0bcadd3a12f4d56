// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package subject

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// check reports a string that is empty, is not UTF-8, or fails its syntax,
// which returns the reason. A nil syntax allows any text.
func check(member, value string, syntax func(string) string) error {
	if value == "" {
		return &Error{member, "must not be empty"}
	}
	if !utf8.ValidString(value) {
		return &Error{member, "must be UTF-8"}
	}
	if err := checkText(member, value); err != nil {
		return err
	}
	if syntax == nil {
		return nil
	}
	if reason := syntax(value); reason != "" {
		return &Error{member, reason}
	}
	return nil
}

// uriChars is one character of a URI, brackets and the number sign apart.
const uriChars = `(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})`

// The grammars that are regular. Percent signs must begin an escape in all of
// them; acct is case-insensitive as a scheme and the rest of the acct URI is
// a user, an at sign, and a host (RFC 9493 §3.2.1).
var (
	phoneNumberSyntax = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	accountSyntax     = regexp.MustCompile(
		`^[aA][cC][cC][tT]:(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+@` +
			`(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}|\[[0-9A-Fa-f:.]+\])+$`)
	didSyntax = regexp.MustCompile(
		`^did:[a-z0-9]+:(?:[A-Za-z0-9._\-:]|%[0-9A-Fa-f]{2})*` +
			`(?:[A-Za-z0-9._\-]|%[0-9A-Fa-f]{2})(?:[/?#].*)?$`)
	uriSyntax = regexp.MustCompile(
		`^[A-Za-z][A-Za-z0-9+.\-]*:(?:` + uriChars + `+|//` + uriChars + `*\[[0-9A-Fa-f:.]+\]` +
			uriChars + `*)(?:#` + uriChars + `*)?$`)
	atomSyntax   = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\u0080-\U0010ffff]+$")
	quotedSyntax = regexp.MustCompile(`^"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"$`)
	labelSyntax  = regexp.MustCompile("^[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\\-\u0080-\U0010ffff]*[A-Za-z0-9\u0080-\U0010ffff])?$")
)

func isPhoneNumber(s string) string {
	if !phoneNumberSyntax.MatchString(s) {
		return `must be an E.164 number such as "+12065550100"`
	}
	return ""
}

func isAccount(s string) string {
	if !accountSyntax.MatchString(s) {
		return `must be an acct URI such as "acct:user@example.com"`
	}
	return ""
}

func isDID(s string) string {
	if !didSyntax.MatchString(s) || isURI(s) != "" {
		return `must be a DID URL such as "did:example:123456"`
	}
	return ""
}

func isURI(s string) string {
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || !uriSyntax.MatchString(s) {
		return "must be an absolute URI"
	}
	return ""
}

// isStringOrURI is the type of "iss" and "sub" (RFC 7519 §2): any text, but a
// URI if it has a colon.
func isStringOrURI(s string) string {
	if strings.Contains(s, ":") && isURI(s) != "" {
		return "must be a URI, because it has a colon"
	}
	return ""
}

// isEmail takes an address as mail servers do: a dotted or quoted local part
// and a domain or an address literal. Comments and folding white space belong
// to mail headers, and a display name is not part of an address.
func isEmail(s string) string {
	const reason = `must be a bare address such as "user@example.com"`
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 254 {
		return reason
	}
	local, domain := s[:at], s[at+1:]
	if !quotedSyntax.MatchString(local) && !dotted(local, atomSyntax) {
		return reason
	}
	literal := strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") &&
		!strings.ContainsAny(domain[1:len(domain)-1], `[]\ `)
	if !literal && !dotted(domain, labelSyntax) {
		return reason
	}
	return ""
}

// dotted reports whether s is parts of the given syntax with dots between.
func dotted(s string, part *regexp.Regexp) bool {
	for p := range strings.SplitSeq(s, ".") {
		if !part.MatchString(p) {
			return false
		}
	}
	return true
}
