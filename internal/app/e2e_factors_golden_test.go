// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/ssf"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// wantGolden compares the SETs about a user that Atlas received, and those
// that Beacon received, member by member with one golden file: the two differ
// in nothing but their names.
func (v *visitor) wantGolden(name string) {
	v.w.t.Helper()
	v.w.settle()
	file := filepath.Join("testdata", "golden", name+".json")
	for _, a := range v.w.Applications {
		got := v.w.normalSETs(a, v.user)
		if *update {
			v.w.writeGolden(file, got)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			v.w.t.Fatalf("%v: go test ./internal/app -run TestFactor -update writes it", err)
		}
		var want []any
		if err := json.Unmarshal(raw, &want); err != nil {
			v.w.t.Fatalf("%s: %v", file, err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			v.w.t.Errorf("SETs at %s (-golden +received):\n%s", a.Name, diff)
		}
	}
}

func (w *world) writeGolden(file string, sets []any) {
	w.t.Helper()
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(sets); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// settle waits until both applications have acted on everything that happened
// so far. One SET behind the others may share a poll with the last of them,
// and a poll has no order (RFC 8936 §2.3); another one after it cannot.
func (w *world) settle() {
	w.t.Helper()
	const nobody = "admin"
	id := w.userID(nobody)
	for range 2 {
		before := make(map[string]int)
		for _, a := range w.Applications {
			before[a.Slug] = len(w.setsAbout(a, nobody))
		}
		w.api(http.MethodPost, "/users/"+id+"/sessions/revoke", map[string]string{"reason_admin": "Nothing is left"}, nil)
		for _, a := range w.Applications {
			w.await("the last SET at "+a.Name, func() bool { return len(w.setsAbout(a, nobody)) > before[a.Slug] })
		}
	}
}

// claims is a SET as far as tests look into it.
type claims struct {
	Txn     string          `json:"txn"`
	Subject json.RawMessage `json:"sub_id"`
	Events  map[string]any  `json:"events"`
	raw     json.RawMessage
}

func (c claims) eventType() string {
	for t := range c.Events {
		return t
	}
	return ""
}

// event is the event with its members sorted.
func (c claims) event() string {
	text, _ := json.Marshal(c.Events) // it was read from JSON
	return string(text)
}

// setsAbout are the SETs about a user that an application received, those of
// one change together and the changes in their order. The order within a
// change is that of their text: a poll has none.
//
// A user is who the issuer says it is, or an e-mail address (RISC §2.5).
func (w *world) setsAbout(a application, username string) []claims {
	w.t.Helper()
	id, address := []byte(w.userID(username)), []byte(`"`+username+`@`)
	var sets []claims
	for _, r := range w.state(a).Received {
		c := claims{raw: r.Claims}
		if err := json.Unmarshal(r.Claims, &c); err != nil {
			w.t.Fatalf("%s received %s: %v", a.Name, r.Claims, err)
		}
		ours := r.Type == string(ssf.TypeVerification) || r.Type == string(ssf.TypeStreamUpdated)
		if !ours && (bytes.Contains(c.Subject, id) || bytes.Contains(c.Subject, address)) {
			sets = append(sets, c)
		}
	}
	slices.SortFunc(sets, func(x, y claims) int {
		return cmp.Or(cmp.Compare(x.Txn, y.Txn), cmp.Compare(x.event(), y.event()))
	})
	return sets
}

// normalSETs are setsAbout with placeholders for what each run makes anew. Each
// is checked before.
func (w *world) normalSETs(a application, u user) []any {
	w.t.Helper()
	n := normal{w: w, names: map[string]string{w.userID(u.Username): "<user>"}, jtis: make(map[string]bool), txns: make(map[string]string), sessions: make(map[string]string)}
	n.names[a.ClientID] = "<application>"
	n.names[w.BaseURL] = "<tocsin>"
	n.names[a.SSFIssuer] = "<tocsin>/ssf/<application>"
	sets := []any{}
	for _, c := range w.setsAbout(a, u.Username) {
		var set map[string]any
		if err := json.Unmarshal(c.raw, &set); err != nil {
			w.t.Fatal(err)
		}
		for member, value := range set {
			set[member] = n.value(member, value)
		}
		sets = append(sets, set)
	}
	return sets
}

// normal replaces what is new in each run. Sessions and changes are numbered,
// so that it shows which SETs are about the same.
type normal struct {
	w                     *world
	names, txns, sessions map[string]string
	jtis                  map[string]bool
}

func (n *normal) value(member string, value any) any {
	n.w.t.Helper()
	switch member {
	case "jti":
		jti, _ := value.(string)
		if jti == "" || n.jtis[jti] {
			n.w.t.Errorf("jti %v is empty or came twice", value)
		}
		n.jtis[jti] = true
		return "<jti>"
	case "txn":
		return numbered(n.txns, "change", value)
	case "iat", "event_timestamp":
		seconds, _ := value.(float64)
		if age := time.Since(time.Unix(int64(seconds), 0)); seconds != float64(int64(seconds)) || age < 0 || age > 2*patience {
			n.w.t.Errorf("%s %v is no second of this test", member, value)
		}
		return "<seconds>"
	}
	switch value := value.(type) {
	case string:
		if name, ok := n.names[value]; ok {
			return name
		}
		return value
	case []any:
		for i, element := range value {
			value[i] = n.value("", element)
		}
	case map[string]any:
		for name, element := range value {
			if member == "session" && name == "id" {
				value[name] = numbered(n.sessions, "session", element)
				continue
			}
			value[name] = n.value(name, element)
		}
	}
	return value
}

// numbered is a placeholder for an identifier: the same one for the same.
func numbered(known map[string]string, noun string, value any) string {
	id := fmt.Sprint(value)
	if known[id] == "" {
		known[id] = fmt.Sprintf("<%s %d>", noun, len(known)+1)
	}
	return known[id]
}
