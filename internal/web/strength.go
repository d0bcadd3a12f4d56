// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

const (
	// strengthLooked is how many characters are estimated: the estimate takes
	// longer with the square of their number, and what is longer is strong.
	strengthLooked = 64
	// strengthNeeded is the lowest score that a new password may have.
	strengthNeeded = 2
)

// strengthOf estimates how many guesses a password takes. What is known of its
// user is guessed first.
func strengthOf(password string, user idp.User) page.Strength {
	if password == "" || !utf8.ValidString(password) {
		return page.Strength{}
	}
	looked := []rune(password)
	looked = looked[:min(len(looked), strengthLooked)]
	score := zxcvbn.PasswordStrength(string(looked), knownOf(user)).Score
	words := [...]string{"Very weak", "Weak", "Fair", "Good", "Strong"}
	return page.Strength{Score: score, Words: words[score]}
}

// knownOf is what everybody can know of a user.
func knownOf(u idp.User) []string {
	known := []string{"tocsin", u.Username, u.Name, u.Email}
	known = append(known, strings.Fields(u.Name)...)
	return append(known, strings.FieldsFunc(u.Email, func(r rune) bool { return r == '@' || r == '.' })...)
}

// checkStrength says what is wrong with a new password that is easy to guess,
// "" if it is not.
func checkStrength(password string, user idp.User) (page.Strength, string) {
	s := strengthOf(password, user)
	if s.Score >= strengthNeeded {
		return s, ""
	}
	lower := strings.ToLower(password)
	for _, known := range knownOf(user) {
		if utf8.RuneCountInString(known) >= 3 && strings.Contains(lower, strings.ToLower(known)) {
			return s, "This password is easy to guess, because it holds what people know of you. Take words that have nothing to do with you."
		}
	}
	return s, "This password is easy to guess. Add a word or two that have nothing to do with the others; no need for special characters."
}

// serveStrength estimates a password while it is typed.
func (s *Site) serveStrength(v *visit) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	return v.answer(strengthAnswer(values, v.user))
}

// strengthAnswer is a Strength as the script takes it.
func strengthAnswer(values url.Values, user idp.User) any {
	found := strengthOf(values.Get("password"), user)
	return struct {
		Score int    `json:"score"`
		Words string `json:"words"`
	}{found.Score, found.Words}
}

// answer writes JSON for a script of ours.
func (v *visit) answer(value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusOK)
	if v.r.Method != http.MethodHead {
		v.w.Write(body)
	}
	return nil
}
