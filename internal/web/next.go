// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strings"
)

// localPath returns next if it is a path of this site, otherwise "". What
// browsers could read as another host is refused: they take a backslash for a
// slash, leave out control characters, and read "//host" as an address.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || len(next) > 2048 {
		return ""
	}
	for _, r := range next {
		if r <= ' ' || r == '\\' || r > '~' {
			return ""
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return ""
	}
	return next
}
