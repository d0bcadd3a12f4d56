// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/url"
	"strings"
	"time"
)

// Frame is what every page needs around its content.
type Frame struct {
	// Title names the page, for the window and for screen readers.
	Title string
	// Assets are the addresses of the style sheet and so on.
	Assets Assets
	// Viewer is who is signed in, nil where nobody is.
	Viewer *Viewer
	// Here is the entry of the navigation that the page stands under.
	Here Place
	// Notice confirms what the last request did; empty when there is nothing
	// to say.
	Notice string
	// Now is the instant that "2 hours ago" counts from.
	Now time.Time
}

// Assets are the addresses of the embedded files, with their content hash.
type Assets struct {
	Style  string
	Reveal string
	// Passkey and Live are the scripts of pages that ask for a passkey, and of
	// those of the account that change while they are open.
	Passkey string
	Live    string
	Icon    string
}

// Viewer is the person a page is made for.
type Viewer struct {
	Name     string
	Username string
	Email    string
}

// Place is an entry of the navigation.
type Place string

// The places of the signed-in pages.
const (
	Portal          Place = "/"
	AccountProfile  Place = "/account"
	AccountPassword Place = "/account/password"
	AccountFactors  Place = "/account/factors"
	AccountSessions Place = "/account/sessions"
)

// current is the value of aria-current for a link to the place.
func (f Frame) current(p Place) string {
	if f.Here == p {
		return "page"
	}
	return "false"
}

// inAccount reports whether the page is one of the account's.
func (f Frame) inAccount() bool {
	return strings.HasPrefix(string(f.Here), string(AccountProfile))
}

// ApplicationView is an application as people know it.
type ApplicationView struct {
	Name string
	// Icon is the URL of an image; empty shows the first letter of Name.
	Icon string
	// URL is where its tile leads.
	URL string
}

// Host is where the tile leads, in short: "atlas.example.com".
func (a ApplicationView) Host() string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	return u.Host
}
