// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/ssf"
)

func withNone(_ *transmitter.Config, p *idp.SSFProvider) { p.DefaultSubjects = idp.SubjectsNone }

// The subjects of tests.
func emailOf(address string) object { return object{"format": "email", "email": address} }
func opaque(id string) object       { return object{"format": "opaque", "id": id} }
func issSub(user string) object     { return object{"format": "iss_sub", "iss": base, "sub": user} }
func complexOf(members object) object {
	c := object{"format": "complex"}
	for name, member := range members {
		c[name] = member
	}
	return c
}

func (e *env) add(s ssf.Stream, subject any) answer {
	e.t.Helper()
	return e.do("POST", "subjects/add", manage, object{"stream_id": s.ID, "subject": subject})
}

func (e *env) remove(s ssf.Stream, subject any) answer {
	e.t.Helper()
	return e.do("POST", "subjects/remove", manage, object{"stream_id": s.ID, "subject": subject})
}

// ada is the principal of most tests, with one of her sessions.
var ada = idp.Principal{UserID: "ada", Email: "ada@example.com", SessionID: "s1"}

// gets reports whether a stream gets a signal about the principal.
func (e *env) gets(s ssf.Stream, p idp.Principal) bool {
	e.t.Helper()
	before := len(e.deliveries(s.ID))
	e.signal(caep.TypeSessionRevoked, p)
	e.fanOut()
	return len(e.deliveries(s.ID)) > before
}

func TestAddSubject(t *testing.T) {
	e := newEnv(t, withNone)

	// SSF §8.1.3.2 #3, #5: 200, empty, also the second time.
	t.Run("answers 200 with an empty body", func(t *testing.T) {
		s := e.createPoll()
		for range 2 {
			a := e.add(s, emailOf("example.user@example.com")).want(http.StatusOK)
			if a.body != "" || a.header.Get("Content-Type") != "" {
				t.Errorf("body = %q, Content-Type %q", a.body, a.header.Get("Content-Type"))
			}
		}
	})
	// SSF §8.1.3.2 #2, #5.
	t.Run("verified is true when left out, and the newest counts", func(t *testing.T) {
		s := e.createPoll()
		for _, row := range []struct {
			verified any
			want     bool
		}{{nil, true}, {false, false}, {true, true}} {
			body := object{"stream_id": s.ID, "subject": emailOf("ada@example.com")}
			if row.verified != nil {
				body["verified"] = row.verified
			}
			e.do("POST", "subjects/add", manage, body).want(http.StatusOK)
			e.view(func(tx idp.Tx) error {
				subjects, err := tx.Subjects(e.stored(s.ID).Num, 0)
				if len(subjects) != 1 || subjects[0].Verified != row.want || subjects[0].Removed {
					t.Errorf("verified %v: subjects = %+v", row.verified, subjects)
				}
				return err
			})
		}
		e.do("POST", "subjects/add", manage, object{"stream_id": s.ID, "subject": opaque("x"), "verified": "yes"}).
			wantError(http.StatusBadRequest, "verified")
	})
	t.Run("refuses what is no subject", func(t *testing.T) {
		s := e.createPoll()
		for _, subject := range []any{nil, "ada", 5, object{}, object{"format": ""}, object{"format": "email"},
			object{"format": "email", "email": "Bob <bob@ex.com>"}, object{"format": "phone_number", "phone_number": "+1 206"},
			complexOf(nil), complexOf(object{"user": "bob"}), complexOf(object{"user": complexOf(object{"user": opaque("x")})}),
			object{"format": "aliases", "identifiers": []any{}}, object{"format": "ip-addresses", "ip-addresses": []string{"10.0.0.300"}}} {
			e.add(s, subject).wantError(http.StatusBadRequest, "subject")
		}
		e.do("POST", "subjects/add", manage, object{"stream_id": s.ID}).wantError(http.StatusBadRequest, "subject")
	})
	// SSF §9.1 #1: who exists cannot be found out, and formats that we do not
	// know may be agreed upon (SSF §3.4).
	t.Run("unknown users and formats are accepted", func(t *testing.T) {
		s := e.createPoll()
		for _, subject := range []any{emailOf("nobody@example.com"), issSub("nobody"), object{"format": "acme-badge", "badge": "7"}} {
			e.add(s, subject).want(http.StatusOK)
			e.remove(s, subject).want(http.StatusNoContent)
		}
	})
	t.Run("the stream exists before the subject matters", func(t *testing.T) {
		e.add(ssf.Stream{ID: "unknown"}, emailOf("ada@example.com")).wantError(http.StatusNotFound)
		e.add(ssf.Stream{ID: "unknown"}, object{}).wantError(http.StatusBadRequest, "subject")
	})
	t.Run("too many are refused", func(t *testing.T) {
		err := e.db.View(t.Context(), func(tx idp.Tx) error {
			return transmitter.AddSubject(t.Context(), fullTx{tx}, idp.System(), idp.Stream{DefaultSubjects: idp.SubjectsNone}, nil, true)
		})
		if !errors.Is(err, idp.ErrDenied) {
			t.Errorf("AddSubject = %v, want ErrDenied", err)
		}
	})
}

// fullTx is a transaction in which every stream has all the subjects that it
// may have.
type fullTx struct{ idp.Tx }

func (fullTx) CountSubjects(idp.StreamNum) (int, error) { return transmitter.MaxSubjects, nil }

func TestRemoveSubject(t *testing.T) {
	// SSF §8.1.3.3 #2.
	t.Run("answers 204, also for what was never added", func(t *testing.T) {
		e := newEnv(t, withNone)
		s := e.createPoll()
		if a := e.remove(s, emailOf("ada@example.com")).want(http.StatusNoContent); a.body != "" {
			t.Errorf("body = %q", a.body)
		}
		e.remove(s, object{"format": "email"}).wantError(http.StatusBadRequest, "subject")
		e.remove(ssf.Stream{ID: "unknown"}, emailOf("ada@example.com")).wantError(http.StatusNotFound)
	})
	// SSF §7.1 #14.
	t.Run("none: what was added is forgotten", func(t *testing.T) {
		e := newEnv(t, withNone)
		s := e.createPoll()
		e.add(s, emailOf("ada@example.com")).want(http.StatusOK)
		e.remove(s, emailOf("ada@example.com")).want(http.StatusNoContent)
		if e.gets(s, ada) {
			t.Error("a SET about a removed subject")
		}
	})
	// SSF §8.1.3.1 #9.
	t.Run("none: removing what was not added excludes nothing", func(t *testing.T) {
		e := newEnv(t, withNone)
		s := e.createPoll()
		e.remove(s, issSub("ada")).want(http.StatusNoContent)
		e.add(s, emailOf("ada@example.com")).want(http.StatusOK)
		if !e.gets(s, ada) {
			t.Error("no SET about an added subject")
		}
	})
	// SSF §7.1 #13.
	t.Run("all: it is excluded until it is added again", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		bob := idp.Principal{UserID: "bob"}
		e.remove(s, issSub("ada")).want(http.StatusNoContent)
		if e.gets(s, ada) || !e.gets(s, bob) {
			t.Error("removing ada did not exclude her alone")
		}
		e.add(s, issSub("ada")).want(http.StatusOK)
		if !e.gets(s, ada) {
			t.Error("no SET after adding again")
		}
	})
	// SSF §8.1.3.1 #8.
	t.Run("all: a removed session does not mute the user", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.remove(s, complexOf(object{"user": issSub("ada"), "session": opaque("s1")})).want(http.StatusNoContent)
		if e.gets(s, ada) {
			t.Error("a SET about the removed session")
		}
		if !e.gets(s, idp.Principal{UserID: "ada"}) || !e.gets(s, idp.Principal{UserID: "ada", SessionID: "s2"}) {
			t.Error("no SET about the user, or about another session")
		}
		e.remove(s, complexOf(object{"user": issSub("ada"), "device": opaque("d")})).want(http.StatusNoContent)
		if !e.gets(s, idp.Principal{UserID: "ada"}) {
			t.Error("removing a device muted the user")
		}
	})
	// SSF §8.1.4.1 #5, §8.1.5 #7.
	t.Run("the stream itself stays", func(t *testing.T) {
		for _, options := range [][]option{nil, {withNone}} {
			e := newEnv(t, options...)
			s := e.createPoll()
			e.remove(s, opaque(s.ID)).want(http.StatusNoContent)
			e.verify(s, "x").want(http.StatusNoContent)
			e.setAs(admin, s, idp.StreamPaused, "")
			if sets := e.poll(s, nil); len(sets) != 2 {
				t.Errorf("%d control SETs, want 2", len(sets))
			}
		}
	})
	// SSF §8.1.3 #1.
	t.Run("one stream's subjects are not another's", func(t *testing.T) {
		e := newEnv(t)
		s, other := e.createPoll(), e.createPoll()
		e.remove(s, issSub("ada")).want(http.StatusNoContent)
		if !e.gets(other, ada) {
			t.Error("a removal on one stream works on another")
		}
	})
	// SSF §8.1.3 #1.
	t.Run("PATCH and PUT leave subjects alone", func(t *testing.T) {
		e := newEnv(t)
		s := e.createPoll()
		e.remove(s, issSub("ada")).want(http.StatusNoContent)
		e.patch(s, object{"description": "x"}).want(http.StatusOK)
		e.do("PUT", "streams", manage, s).want(http.StatusOK)
		if e.gets(s, ada) {
			t.Error("the removal is gone")
		}
	})
}

// TestMatch is SSF §8.1.3.1 on a stream that begins with none.
func TestMatch(t *testing.T) {
	user := idp.Principal{UserID: "ada", Email: "ada@example.com"}
	for _, row := range []struct {
		name  string
		added object
		about idp.Principal
		want  bool
	}{
		// SSF §8.1.3.1 #2.
		{"the sub_id itself", issSub("ada"), user, true},
		{"another user", issSub("bob"), user, false},
		{"another issuer", object{"format": "iss_sub", "iss": base + "/", "sub": "ada"}, user, false},
		{"another case", emailOf("Ada@example.com"), user, false},
		// Each identifier of a user stands for the user.
		{"the address", emailOf("ada@example.com"), user, true},
		{"the opaque id", opaque("ada"), user, true},
		{"aliases with the address", object{"format": "aliases",
			"identifiers": []any{opaque("7"), emailOf("ada@example.com")}}, user, true},
		// SSF §8.1.3.1 #6: a simple subject stands for the user member.
		{"simple, about a session", issSub("ada"), ada, true},
		{"the address, about a session", emailOf("ada@example.com"), ada, true},
		{"simple id of the session", opaque("s1"), ada, false},
		// SSF §8.1.3.1 #3: what is missing stands for anything.
		{"the user, about a session", complexOf(object{"user": issSub("ada")}), ada, true},
		{"the session, about it", complexOf(object{"session": opaque("s1")}), ada, true},
		{"user and session, about it", complexOf(object{"user": emailOf("ada@example.com"), "session": opaque("s1")}), ada, true},
		{"another session", complexOf(object{"user": issSub("ada"), "session": opaque("s2")}), ada, false},
		{"user and device, about the user", complexOf(object{"user": issSub("ada"), "device": opaque("d")}), user, true},
		{"user and session, about the user", complexOf(object{"user": issSub("ada"), "session": opaque("s2")}), user, true},
		// SSF §8.1.3.1 #4: something has to be common.
		{"a device alone", complexOf(object{"device": opaque("d")}), user, false},
		{"a tenant alone", complexOf(object{"tenant": opaque("t")}), ada, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := newEnv(t, withNone)
			s := e.createPoll()
			e.add(s, row.added).want(http.StatusOK)
			if got := e.gets(s, row.about); got != row.want {
				t.Errorf("stream with %v gets a SET about %+v = %v, want %v", row.added, row.about, got, row.want)
			}
		})
	}
	// SSF §8.1.3.1 #5, §7.1 #14.
	t.Run("nothing added gets nothing", func(t *testing.T) {
		e := newEnv(t, withNone)
		if e.gets(e.createPoll(), ada) {
			t.Error("a SET on a stream without subjects")
		}
	})
}

// TestDefaultSubjects is SSF §7.1 #15.
func TestDefaultSubjects(t *testing.T) {
	e := newEnv(t)
	old := e.createPoll()
	p := e.provider
	p.DefaultSubjects = idp.SubjectsNone
	e.update(func(tx idp.Tx) error { return tx.UpdateSSFProvider(p) })
	if got := decode[ssf.Metadata](e.do("GET", metadataPath, "", nil)).DefaultSubjects; got != ssf.NoSubjects {
		t.Errorf("default_subjects = %s", got)
	}
	young := e.createPoll()
	if !e.gets(old, ada) || e.gets(young, ada) {
		t.Error("a change of the default changed a stream that was there")
	}
}
