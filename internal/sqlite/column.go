// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// The functions below turn Go values into columns; the types turn columns back
// when they are given to Scan.

// millis is a time as milliseconds since 1970, NULL for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// optional is a text, NULL when it is empty.
func optional[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// hash is the bytes of a hash, NULL for the zero hash.
func hash(h idp.Hash) any {
	if h == (idp.Hash{}) {
		return nil
	}
	return h[:]
}

// list is a JSON array. A nil slice is an empty array.
func list[T any](v []T) any {
	if len(v) == 0 {
		return "[]"
	}
	return encode(v)
}

// encode is v as JSON. What is stored consists of strings and numbers, for
// which there is always JSON.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sqlite: JSON of %T: %v", v, err))
	}
	return string(text)
}

// fold makes texts equal that differ in case.
func fold(s string) string { return strings.ToLower(s) }

// columnError is a column that does not hold what it has to.
type columnError struct {
	want string
	got  any
	err  error
}

func (e *columnError) Error() string {
	return fmt.Sprintf("column of type %T does not hold %s: %v", e.got, e.want, e.err)
}

func (e *columnError) Unwrap() error { return e.err }

// asTime scans what millis made.
type asTime struct{ dest *time.Time }

// Scan implements sql.Scanner.
func (a asTime) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.dest = time.Time{}
	case int64:
		*a.dest = time.UnixMilli(v).UTC()
	default:
		return &columnError{want: "a time", got: v}
	}
	return nil
}

// asMillis scans a duration in milliseconds.
type asMillis struct{ dest *time.Duration }

// Scan implements sql.Scanner.
func (a asMillis) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return &columnError{want: "a duration", got: v}
	}
	*a.dest = time.Duration(n) * time.Millisecond
	return nil
}

// asHash scans what hash made.
type asHash struct{ dest *idp.Hash }

// Scan implements sql.Scanner.
func (a asHash) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.dest = idp.Hash{}
	case []byte:
		if copy(a.dest[:], v) != len(a.dest) {
			return &columnError{want: "a hash", got: v}
		}
	default:
		return &columnError{want: "a hash", got: v}
	}
	return nil
}

// text scans what optional made.
type text[T ~string] struct{ dest *T }

// Scan implements sql.Scanner.
func (a text[T]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.dest = ""
	case string:
		*a.dest = T(v)
	default:
		return &columnError{want: "a text", got: v}
	}
	return nil
}

func asText[T ~string](dest *T) sql.Scanner { return text[T]{dest} }

// items scans what list made. An empty array becomes a nil slice, unless
// exact, when only NULL does.
type items[T any] struct {
	dest  *[]T
	exact bool
}

// Scan implements sql.Scanner.
func (a items[T]) Scan(v any) error {
	*a.dest = nil
	if v == nil || !a.exact && v == "[]" {
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return &columnError{want: "a list", got: v}
	}
	if err := json.Unmarshal([]byte(s), a.dest); err != nil {
		return &columnError{want: "a list", got: v, err: err}
	}
	return nil
}

func asList[T any](dest *[]T) sql.Scanner { return items[T]{dest: dest} }

func asExactList[T any](dest *[]T) sql.Scanner { return items[T]{dest: dest, exact: true} }

// seal encrypts a secret for its place; NULL when there is none.
func (t *tx) seal(s idp.Secret, table, column, key string) (any, error) {
	if s.IsZero() {
		return nil, nil
	}
	sealed, err := t.sealer.Seal([]byte(s.Reveal()), []byte(table+"/"+column+"/"+key))
	if err != nil {
		return nil, fmt.Errorf("%s of %s %s: seal: %w", column, table, key, err)
	}
	return sealed, nil
}

// open is the inverse of seal.
func (t *tx) open(sealed []byte, table, column, key string) (idp.Secret, error) {
	if sealed == nil {
		return idp.Secret{}, nil
	}
	plain, err := t.sealer.Open(sealed, []byte(table+"/"+column+"/"+key))
	if err != nil {
		want := column + " of " + table + " " + key + " under this key"
		return idp.Secret{}, &columnError{want: want, got: sealed, err: err}
	}
	return idp.NewSecret(string(plain)), nil
}
