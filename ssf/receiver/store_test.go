// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver_test

import (
	"testing"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf/receiver"
)

func TestMemoryStore(t *testing.T) {
	ctx := t.Context()
	store := &receiver.MemoryStore{MaxEntries: 2}
	key := func(id string) receiver.Key { return receiver.Key{Issuer: issuer, ID: id} }
	known := func(key receiver.Key) bool {
		_, known, err := store.Answer(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	record := func(key receiver.Key, rejected *secevent.Error) {
		if err := store.Record(ctx, key, rejected); err != nil {
			t.Fatal(err)
		}
	}
	if known(key("a")) {
		t.Error("an empty store knows a SET")
	}
	rejected := &secevent.Error{Code: secevent.InvalidState}
	record(key("a"), nil)
	record(key("a"), rejected) // the same one again takes no room
	record(key("b"), nil)
	if got, _, _ := store.Answer(ctx, key("a")); got != rejected {
		t.Errorf("Answer(a) = %v, want the last answer recorded", got)
	}
	if known(receiver.Key{Issuer: "https://other.example.com", ID: "a"}) {
		t.Error("the jti of one issuer is taken for that of another")
	}
	for i, id := range []string{"c", "d", "e"} {
		record(key(id), nil)
		for j, other := range []string{"a", "b", "c", "d", "e"} {
			if want := j == i+1 || j == i+2; known(key(other)) != want {
				t.Errorf("after %s: %s is known = %v, want only the last two", id, other, !want)
			}
		}
	}
}
