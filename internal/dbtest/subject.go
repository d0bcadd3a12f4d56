// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/subject"
)

var subjectChecks = []check{
	{"comes back as it was put", func(e *env) {
		s := e.stream("s", idp.Push)
		at := s.CreatedAt
		want := []idp.StreamSubject{
			{Stream: s.Num, Subject: subject.Email("ada@example.com"), Verified: true, At: at},
			{Stream: s.Num, Subject: complexSubject("ada", "sid"), Removed: true, At: at.Add(time.Second)},
			{Stream: s.Num, Subject: subject.Aliases{subject.Email("a@example.com"), subject.Opaque("a")}, At: at},
		}
		for _, x := range want {
			write(e, idp.Tx.PutSubject, x)
		}
		same(e, "Subjects", e.subjects(s.Num, 0), want)
		same(e, "Subjects, at most 2", e.subjects(s.Num, 2), want[:2])
		same(e, "CountSubjects", read(e, idp.Tx.CountSubjects, s.Num), 3)
	}},
	{"is put now", func(e *env) {
		s := e.stream("s", idp.Push)
		e.update(func(tx idp.Tx) error {
			err := tx.PutSubject(idp.StreamSubject{Stream: s.Num, Subject: subject.Opaque("x")})
			if err != nil {
				return err
			}
			got, err := tx.Subjects(s.Num, 0)
			same(e, "Subjects", got, []idp.StreamSubject{{Stream: s.Num, Subject: subject.Opaque("x"), At: tx.Now()}})
			return err
		})
	}},
	{"counts as the newest word", func(e *env) {
		s := e.stream("s", idp.Push)
		at := s.CreatedAt
		ada, bob := subject.Email("ada@example.com"), subject.Email("bob@example.com")
		added := idp.StreamSubject{Stream: s.Num, Subject: ada, Verified: true, At: at}
		other := idp.StreamSubject{Stream: s.Num, Subject: bob, At: at.Add(time.Second)}
		removed := idp.StreamSubject{Stream: s.Num, Subject: ada, Removed: true, At: at.Add(time.Minute)}
		for _, x := range []idp.StreamSubject{added, other, removed} {
			write(e, idp.Tx.PutSubject, x)
		}
		same(e, "Subjects", e.subjects(s.Num, 0), []idp.StreamSubject{other, removed})
		same(e, "SubjectCandidates", e.candidates(s.Num, ada), []idp.StreamSubject{removed})
	}},
	{"is forgotten", func(e *env) {
		s := e.stream("s", idp.Push)
		x := complexSubject("ada", "sid")
		write(e, idp.Tx.PutSubject, idp.StreamSubject{Stream: s.Num, Subject: x})
		for range 2 { // the second time it is unknown
			e.update(func(tx idp.Tx) error { return tx.DeleteSubject(s.Num, x) })
		}
		same(e, "Subjects", e.subjects(s.Num, 0), []idp.StreamSubject(nil))
		same(e, "SubjectCandidates", e.candidates(s.Num, x), []idp.StreamSubject(nil))
	}},
	{"belongs to one stream", func(e *env) {
		a, b := e.stream("a", idp.Push), e.stream("b", idp.Push)
		ada := subject.Email("ada@example.com")
		write(e, idp.Tx.PutSubject, idp.StreamSubject{Stream: a.Num, Subject: ada})
		same(e, "candidates of the other stream", e.candidates(b.Num, ada), []idp.StreamSubject(nil))
		refuse(e, idp.ErrNotFound, idp.Tx.PutSubject, idp.StreamSubject{Stream: b.Num + 1, Subject: ada})
	}},
	{"is a candidate when it may match", subjectCandidates},
}

func complexSubject(user, session string) subject.Complex {
	return subject.Complex{
		subject.MemberUser:    subject.IssSub{Issuer: "https://idp.example", Subject: user},
		subject.MemberSession: subject.Opaque(session),
	}
}

func (e *env) subjects(num idp.StreamNum, limit int) []idp.StreamSubject {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.StreamSubject, error) { return tx.Subjects(num, limit) })
}

func (e *env) candidates(num idp.StreamNum, about ...subject.Identifier) []idp.StreamSubject {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.StreamSubject, error) { return tx.SubjectCandidates(num, about) })
}

// subjectCandidates adds each subject and asks with each: whatever matches has
// to be found, and so do the further pairs that the contract names. What has
// nothing in common must not be found, or fan-out would compare everything.
func subjectCandidates(e *env) {
	s := e.stream("s", idp.Push)
	all := []subject.Identifier{
		subject.Email("ada@example.com"),
		subject.Email("bob@example.com"),
		subject.Opaque("sid"),
		subject.IssSub{Issuer: "https://idp.example", Subject: "ada"},
		subject.Aliases{subject.Email("ada@example.com"), subject.PhoneNumber("+12065550100")},
		subject.PhoneNumber("+12065550100"),
		subject.IPAddresses{"192.0.2.1", "192.0.2.2"},
		subject.IPAddresses{"192.0.2.2", "192.0.2.1"},
		complexSubject("ada", "sid"),
		complexSubject("ada", "other"),
		complexSubject("bob", "sid"),
		complexSubject("carol", "third"),
		subject.Complex{subject.MemberUser: subject.Email("ada@example.com")},
		subject.Complex{subject.MemberTenant: subject.Opaque("sid")},
	}
	for _, id := range all {
		write(e, idp.Tx.PutSubject, idp.StreamSubject{Stream: s.Num, Subject: id})
	}
	for _, event := range all {
		found := make(map[string]bool)
		for _, c := range e.candidates(s.Num, event) {
			found[subject.Key(c.Subject)] = true
		}
		for _, added := range all {
			if (subject.Match(added, event) || memberOf(added, event) || memberOf(event, added)) && !found[subject.Key(added)] {
				e.Errorf("candidates for %s lack %s", subject.Key(event), subject.Key(added))
			}
		}
		if len(found) == len(all) {
			e.Errorf("candidates for %s are all subjects", subject.Key(event))
		}
	}
	if got := e.candidates(s.Num, subject.Email("eve@example.com"), complexSubject("eve", "none")); len(got) > 0 {
		e.Errorf("candidates for a stranger = %v, want none", got)
	}
	if got := e.candidates(s.Num); len(got) > 0 {
		e.Errorf("candidates for nobody = %v, want none", got)
	}
	if got := e.candidates(s.Num, all...); len(got) != len(all) {
		e.Errorf("candidates for all = %d subjects, want each of %d once", len(got), len(all))
	}
}

// memberOf reports whether a is a member of b.
func memberOf(a, b subject.Identifier) bool {
	c, _ := b.(subject.Complex)
	for _, member := range c {
		if subject.Equal(member, a) {
			return true
		}
	}
	return false
}
