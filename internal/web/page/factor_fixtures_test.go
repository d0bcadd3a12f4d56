// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"maps"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-id/tocsin/internal/web/page"
)

// pixel stands for the picture that an app scans.
const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// ownAccount is the pages by which users keep their account safe.
func ownAccount() map[string]templ.Component {
	pages := map[string]templ.Component{
		"profile-form": page.ProfileForm{Frame: frame("Edit", page.AccountProfile), Name: "Ada Lovelace", Username: "ada", Email: "ada@example.com"}.Page(),
		"profile-form-wrong": page.ProfileForm{Frame: frame("Error: Edit", page.AccountProfile), Name: hostile, Username: hostile,
			Errors: map[string]string{"username": "This must begin with a letter.", "": "This user name is somebody else's."}}.Page(),
		"again": page.Again{Frame: frame("Is it still you?", page.AccountFactors), Action: "/account/factors/remove", Password: true,
			Values: []page.Value{{Name: "credential", Value: "c1"}, {Name: "name", Value: hostile}}}.Page(),
		"again-passkey": page.Again{Frame: frame("Error: Is it still you?", page.AccountFactors), Action: "/account/again", Password: true, Code: true,
			Passkey: `{"challenge":"AAAA"}`, Failure: "That does not match. Check it and try again."}.Page(),
		"again-key": page.Again{Frame: frame("Error: Is it still you?", page.AccountFactors), Action: "/account/again", Password: true,
			Passkey: `{"challenge":"AAAA"}`, PasskeyAndPassword: true, Failure: "Your key did not check who holds it. Give your password too."}.Page(),
		"again-nothing": page.Again{Frame: frame("Is it still you?", page.AccountFactors), Action: "/account/again"}.Page(),
	}
	maps.Copy(pages, factors())
	return pages
}

func factors() map[string]templ.Component {
	apps := []page.FactorView{{ID: "c1", Name: "Phone", AddedAt: now.AddDate(0, -3, 0), UsedAt: now.Add(-2 * time.Hour)}}
	keys := []page.FactorView{
		{ID: "c2", Name: "Laptop", Kind: "Windows Hello", AddedAt: now.AddDate(0, 0, -3), UsedAt: now.Add(-time.Minute)},
		{ID: "c3", Name: hostile, Kind: "Security key (USB, NFC)", AddedAt: now},
	}
	f := func(title string) page.Frame { return frame(title, page.AccountFactors) }
	return map[string]templ.Component{
		"factors":       page.Factors{Frame: f("Factors"), Apps: apps, Passkeys: keys, Codes: &page.CodesView{Left: 7, AddedAt: now.AddDate(0, 0, -3)}}.Page(),
		"factors-few":   page.Factors{Frame: f("Factors"), Apps: apps, NoPasskeys: true, Codes: &page.CodesView{Left: 1, AddedAt: now}}.Page(),
		"factors-empty": page.Factors{Frame: f("Factors")}.Page(),
		"app":           page.AppForm{Frame: f("Add an app"), Picture: pixel, URL: "otpauth://totp/Tocsin:ada?secret=GEZD", Seed: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", State: "sealed"}.Page(),
		"app-wrong": page.AppForm{Frame: f("Error: Add an app"), Picture: pixel, URL: "otpauth://totp/Tocsin:ada?secret=GEZD", Seed: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", State: "sealed", Name: "Phone",
			CodeError: "This is not the code that the app shows now."}.Page(),
		"passkey": page.PasskeyForm{Frame: f("Add a passkey"), Options: `{"challenge":"AAAA"}`, State: "sealed"}.Page(),
		"passkey-wrong": page.PasskeyForm{Frame: f("Error: Add a passkey"), Options: `{"challenge":"AAAA"}`, State: "sealed", Name: " x",
			NameError: "The name is too long.", Failure: "That passkey could not be added. Try again."}.Page(),
		"factor":       page.FactorForm{Frame: f("Laptop"), Factor: keys[0], Name: keys[0].Name}.Page(),
		"factor-wrong": page.FactorForm{Frame: f("Error: Laptop"), Factor: keys[1], Name: hostile, NameError: "The name is too long.", Last: true}.Page(),
		"codes": page.NewCodes{Frame: f("Your recovery codes"), File: "data:text/plain;charset=utf-8,abcd",
			Codes: []string{"abcd-2345-efgh-6789", "bcde-3456-fghj-7892", "cdef-4567-ghjk-8923", "defg-5678-hjkm-9234", "efgh-6789-jkmn-2345"}}.Page(),
	}
}

func recoveries() map[string]templ.Component {
	const rule = "At least 10 characters. A few unrelated words make a good one."
	return map[string]templ.Component{
		"":       page.Recover{Frame: stranger("Forgot your password?")}.Page(),
		"-wrong": page.Recover{Frame: stranger("Error: Forgot your password?"), Error: "Say whose password it is."}.Page(),
		"-off":   page.Recover{Frame: stranger("Forgot your password?"), Off: true}.Page(),
		"-sent":  page.RecoverSent{Frame: stranger("Look into your mail"), Minutes: 60}.Page(),
		"-password": page.TicketPassword{Frame: stranger("Error: Choose a new password"), Action: "/recover/password", Ticket: "t", Username: "ada", Rule: rule,
			NewError: "This password is easy to guess.", Strength: page.Strength{Score: 1, Words: "Weak"}}.Page(),
		"-welcome": page.TicketPassword{Frame: stranger("Welcome"), Action: "/welcome", Ticket: "t", Username: "ada", Rule: rule, Invited: true}.Page(),
	}
}

// endings is what became of sessions that ended.
func endings() []page.EndingView {
	return []page.EndingView{
		{Words: "Safari on iPhone", Why: "ended by you", At: now.Add(-20 * time.Second), Receipts: []page.ReceiptView{
			{ID: "receipt-1", Application: "Atlas", State: page.ReceiptConfirmed, Words: "confirmed it just now"},
			{ID: "receipt-2", Application: "Beacon", State: page.ReceiptWaiting, Words: "has not confirmed it yet"},
			{ID: "receipt-3", Application: "Payroll and expenses of the whole company", State: page.ReceiptRefused, Words: "did not take the message"},
			{ID: "receipt-4", Application: "Wiki", State: page.ReceiptUntold, Words: "takes no messages, so it may still know you"},
		}},
		{Words: "Every session", Why: "ended by an administrator", At: now.Add(-50 * time.Hour)},
	}
}
