// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package caep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Reason is a text in one or more languages: the names are BCP 47 language
// tags, the values are texts (CAEP §2). A nil Reason is absent; a Reason that
// is present must have at least one member.
type Reason map[string]string

// Validate returns an error for a Reason that is present but empty, or that
// has a name that is not a well-formed language tag. Whether a subtag is
// registered is not checked.
func (r Reason) Validate() error {
	if r == nil {
		return nil
	}
	if len(r) == 0 {
		return errors.New("is empty, want at least one language")
	}
	for _, tag := range slices.Sorted(maps.Keys(r)) {
		if !wellFormedTag(tag) {
			return fmt.Errorf("has the name %q, want a BCP 47 language tag such as en or zh-Hant-TW", tag)
		}
	}
	return nil
}

// Pick returns the text that suits the preferred languages best, given as BCP
// 47 tags in order of preference. For each it looks for the tag itself and
// then for ever shorter prefixes: de-CH finds de. If nothing matches, English
// is next, and then the first tag in alphabetical order. An absent Reason
// gives the empty string. Tags compare without regard to case.
func (r Reason) Pick(languages ...string) string {
	tags := slices.Sorted(maps.Keys(r))
	if len(tags) == 0 {
		return ""
	}
	for _, language := range append(slices.Clip(languages), "en") {
		if tag, ok := lookup(tags, language); ok {
			return r[tag]
		}
	}
	for _, tag := range tags {
		if len(tag) > 3 && strings.EqualFold(tag[:3], "en-") {
			return r[tag]
		}
	}
	return r[tags[0]]
}

// lookup finds the longest prefix of language, cut at hyphens, among tags.
func lookup(tags []string, language string) (string, bool) {
	for language != "" {
		for _, tag := range tags {
			if strings.EqualFold(tag, language) {
				return tag, true
			}
		}
		cut := strings.LastIndexByte(language, '-')
		if cut < 0 {
			return "", false
		}
		language = language[:cut]
	}
	return "", false
}

// UnmarshalJSON reads the object form of CAEP 1.0. A plain string, which
// drafts before 2022 had and some Transmitters still send, is read as English.
func (r *Reason) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*r = Reason{"en": text}
		return nil
	}
	var texts map[string]*string
	if err := json.Unmarshal(data, &texts); err != nil {
		return wrongType[Reason](data)
	}
	if texts == nil {
		*r = nil
		return nil
	}
	*r = make(Reason, len(texts))
	for tag, text := range texts {
		if text == nil {
			return wrongType[Reason](data)
		}
		(*r)[tag] = *text
	}
	return nil
}
