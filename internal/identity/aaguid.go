// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"strings"

	"github.com/tocsin-id/tocsin/caep"
)

// authenticatorName names the software behind an AAGUID, empty when it is none
// of the few that are told apart here. It is only for reading: nobody has
// vouched for the AAGUID.
func authenticatorName(aaguid string) string {
	switch aaguid {
	case "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4":
		return "Google Password Manager"
	case "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "dd4ec289-e01d-41c9-bb89-70fa845d4bf2":
		return "iCloud Keychain"
	case "08987058-cadc-4b81-b6e1-30de50dcbe96", "9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "6028b017-b1d4-4c02-b4b3-afcdafc96bb2":
		return "Windows Hello"
	case "adce0002-35bc-c60a-648b-0b25f1f05503":
		return "Chrome on Mac"
	case "bada5566-a7aa-401f-bd96-45619a55120d":
		return "1Password"
	case "d548826e-79b4-db40-a3d8-11116f7e8349":
		return "Bitwarden"
	case "531126d6-e717-415c-9320-3d9aa6981239":
		return "Dashlane"
	case "b84e4048-15dc-4dd0-8640-f4f60813c8af":
		return "NordPass"
	case "0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6":
		return "Keeper"
	case "f3809540-7f14-49c1-a8b3-8f813b225541":
		return "Enpass"
	case "53414d53-554e-4700-0000-000000000000":
		return "Samsung Pass"
	default:
		return ""
	}
}

// deviceName says in words what keeps a passkey.
func deviceName(p Passkey, transports []string) string {
	if name := authenticatorName(p.AAGUID); name != "" {
		return name
	}
	if p.Type == caep.CredentialFIDO2Platform {
		if p.Synced {
			return "Synced passkey"
		}
		return "This device"
	}
	var words []string
	for _, t := range []struct{ transport, word string }{
		{"usb", "USB"}, {"nfc", "NFC"}, {"ble", "Bluetooth"}, {"smart-card", "smart card"},
	} {
		for _, has := range transports {
			if has == t.transport {
				words = append(words, t.word)
				break
			}
		}
	}
	if len(words) > 0 {
		return "Security key (" + strings.Join(words, ", ") + ")"
	}
	for _, has := range transports {
		if has == "hybrid" {
			return "Phone or tablet"
		}
	}
	return "Security key"
}
