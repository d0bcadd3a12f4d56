// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// device says where a session was begun, as far as a User-Agent tells. It is
// for people to recognise their own devices; nothing is decided by it.
func device(s idp.Session) page.Device {
	d := page.Device{Address: s.Address, Kind: page.Computer}
	browser, system := browserOf(s.UserAgent), systemOf(s.UserAgent)
	d.Kind = system.kind
	switch {
	case browser != "" && system.name != "":
		d.Words = browser + " on " + system.name
	case browser != "":
		d.Words = browser
	case system.name != "":
		d.Words = "A browser on " + system.name
	default:
		d.Words, d.Kind = program(s.UserAgent), page.Program
	}
	return d
}

// browserOf names the browser, "" when there is no sign of one. The order
// counts: nearly all say Chrome and Safari too.
func browserOf(ua string) string {
	for _, b := range []struct{ sign, name string }{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"},
		{"OPR/", "Opera"}, {"OPiOS/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	} {
		if strings.Contains(ua, b.sign) {
			return b.name
		}
	}
	return ""
}

type system struct {
	name string
	kind page.DeviceKind
}

// systemOf names the operating system or the device. The order counts: iPads
// mention Mac OS X, and Android mentions Linux.
func systemOf(ua string) system {
	for _, s := range []struct {
		sign string
		system
	}{
		{"iPhone", system{"iPhone", page.Phone}},
		{"iPad", system{"iPad", page.Tablet}},
		{"Android", android(ua)},
		{"CrOS", system{"ChromeOS", page.Computer}},
		{"Windows", system{"Windows", page.Computer}},
		{"Macintosh", system{"macOS", page.Computer}},
		{"Linux", system{"Linux", page.Computer}},
	} {
		if strings.Contains(ua, s.sign) {
			return s.system
		}
	}
	return system{kind: page.Computer}
}

// android tells phones from tablets: only phones say Mobile.
func android(ua string) system {
	if strings.Contains(ua, "Mobile") {
		return system{"Android", page.Phone}
	}
	return system{"an Android tablet", page.Tablet}
}

// program is the name of something that is no browser: "curl/8.5.0" is curl.
func program(ua string) string {
	name, _, _ := strings.Cut(ua, "/")
	name, _, _ = strings.Cut(name, " ")
	if len(name) > 40 {
		return "Unknown program"
	}
	for _, r := range name {
		if r <= ' ' || r > '~' {
			return "Unknown program"
		}
	}
	if name == "" {
		return "Unknown program"
	}
	return name
}
