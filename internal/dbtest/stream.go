// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// fullStream has a value in each member but Num.
func fullStream(p idp.SSFProvider) idp.Stream {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return idp.Stream{
		ID: "s", ProviderID: p.ID, ApplicationID: p.ApplicationID,
		Audience:        secevent.Audience{"https://a.example", "https://b.example"},
		EventsRequested: []secevent.EventType{caep.TypeSessionRevoked, "https://other.example/event"},
		Description:     "The CRM's \"stream\"", Method: idp.Push, EndpointURL: "https://crm.example/events",
		Authorization: idp.NewSecret("Bearer token"), Status: idp.StreamPaused, Reason: "maintenance",
		StatusBy: idp.ActorAdmin, DefaultSubjects: idp.SubjectsNone, FromSignal: 7,
		ActiveAt: at, VerificationAt: at.Add(time.Minute), CreatedAt: at, UpdatedAt: at.Add(time.Hour),
	}
}

func createStream(tx idp.Tx, s idp.Stream) error {
	_, err := tx.CreateStream(s)
	return err
}

var streamChecks = []check{
	{"comes back as it was made, with a number", func(e *env) {
		want := fullStream(e.ssfProvider("p", e.application("crm").ID))
		e.update(func(tx idp.Tx) error {
			made, err := tx.CreateStream(want)
			want.Num = made.Num
			same(e, "CreateStream", made, want)
			return err
		})
		if want.Num <= 0 {
			e.Fatalf("Num = %d, want a positive number", want.Num)
		}
		same(e, "Stream", read(e, idp.Tx.Stream, want.ID), want)
		same(e, "StreamByNum", read(e, idp.Tx.StreamByNum, want.Num), want)
	}},
	{"is active from the start", func(e *env) {
		s := e.stream("s", idp.Push)
		if s.ActiveAt.IsZero() || s.ActiveAt != s.CreatedAt || !s.VerificationAt.IsZero() {
			e.Errorf("ActiveAt = %v and VerificationAt = %v, want %v and none", s.ActiveAt, s.VerificationAt, s.CreatedAt)
		}
	}},
	{"tells no events from none said", func(e *env) {
		p := e.ssfProvider("p", e.application("crm").ID)
		for _, events := range [][]secevent.EventType{nil, {}} {
			s := fullStream(p)
			s.ID = idp.NewID[idp.StreamID]()
			s.EventsRequested = events
			write(e, createStream, s)
			same(e, "EventsRequested", read(e, idp.Tx.Stream, s.ID).EventsRequested, events)
		}
	}},
	{"has an id of its own", func(e *env) {
		s := e.stream("s", idp.Push)
		refuse(e, idp.ErrConflict, createStream, s)
	}},
	{"is not found when it does not exist", func(e *env) {
		s := e.stream("s", idp.Push)
		missing(e, idp.Tx.Stream, "none")
		missing(e, idp.Tx.StreamByNum, s.Num+1)
		missing(e, idp.Tx.Position, s.Num+1)
		missing(e, idp.Tx.LastSeq, s.Num+1)
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteStream, s.Num+1)
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.TouchStream(s.Num+1, time.Time{}) })
		gone := s
		gone.Num++
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateStream, gone)
		s.ID, s.ProviderID = "other", "none"
		refuse(e, idp.ErrNotFound, createStream, s)
	}},
	{"is filtered, by number", filterStreams},
	{"is replaced in what can change", func(e *env) {
		p := e.ssfProvider("p", e.application("crm").ID)
		was := e.streamOf("s", p, idp.Poll)
		next := fullStream(p)
		next.Num = was.Num
		e.update(func(tx idp.Tx) error {
			next.UpdatedAt = tx.Now()
			return tx.UpdateStream(next)
		})
		next.Audience, next.DefaultSubjects = was.Audience, was.DefaultSubjects
		next.ActiveAt, next.VerificationAt, next.CreatedAt = was.ActiveAt, was.VerificationAt, was.CreatedAt
		same(e, "Stream", read(e, idp.Tx.Stream, was.ID), next)
		next.Authorization = idp.Secret{}
		write(e, idp.Tx.UpdateStream, next)
		if got := read(e, idp.Tx.Stream, was.ID).Authorization; !got.IsZero() {
			e.Error("Authorization is still there after an update without one")
		}
	}},
	{"notes activity", func(e *env) {
		s := e.stream("s", idp.Push)
		verified := s.CreatedAt.Add(time.Hour)
		for _, at := range []time.Time{verified, {}} { // the second leaves it
			e.update(func(tx idp.Tx) error {
				s.ActiveAt, s.VerificationAt = tx.Now(), verified
				return tx.TouchStream(s.Num, at)
			})
			same(e, "Stream", read(e, idp.Tx.Stream, s.ID), s)
		}
	}},
	{"belongs to an OIDC provider when it tells of logouts", func(e *env) {
		want := fullStream(idp.SSFProvider{ID: "p", ApplicationID: e.application("crm").ID})
		want.Method = idp.Logout
		refuse(e, idp.ErrNotFound, createStream, want)
		e.ssfProvider("p", want.ApplicationID)
		refuse(e, idp.ErrNotFound, createStream, want) // the method asks for the other kind
		want.ProviderID = e.oidcProvider("o", want.ApplicationID).ID
		write(e, createStream, want)
		want.Num = read(e, idp.Tx.Stream, want.ID).Num
		same(e, "Stream", read(e, idp.Tx.Stream, want.ID), want)
		same(e, "Streams of its provider",
			read(e, idp.Tx.Streams, idp.StreamFilter{ProviderID: want.ProviderID}), []idp.Stream{want})
		second := want
		second.ID = "second"
		refuse(e, idp.ErrConflict, createStream, second)
		second.ID, second.Method = "third", idp.Push
		refuse(e, idp.ErrNotFound, createStream, second)
	}},
	{"keeps to its kind of provider", func(e *env) {
		for _, s := range []idp.Stream{e.stream("push", idp.Push), e.logoutStream("logout")} {
			changed := s
			changed.Method = map[idp.DeliveryMethod]idp.DeliveryMethod{idp.Push: idp.Logout, idp.Logout: idp.Push}[s.Method]
			if err := e.db.Update(e.Context(), func(tx idp.Tx) error { return tx.UpdateStream(changed) }); err == nil {
				e.Errorf("UpdateStream from %s to %s = nil, want an error", s.Method, changed.Method)
			}
			same(e, "Stream", read(e, idp.Tx.Stream, s.ID), s)
		}
	}},
	{"is found when it is inactive", inactiveStreams},
	{"is erased with all that hangs on it", eraseStream},
	{"gives its number to no other", func(e *env) {
		first := e.stream("a", idp.Push)
		write(e, idp.Tx.DeleteStream, first.Num)
		second := e.stream("b", idp.Push)
		if second.Num <= first.Num {
			e.Errorf("Num after stream %d was deleted = %d, want a greater one", first.Num, second.Num)
		}
	}},
}

func filterStreams(e *env) {
	p1, p2 := e.ssfProvider("p1", e.application("a1").ID), e.ssfProvider("p2", e.application("a2").ID)
	a := e.streamOf("a", p1, idp.Push)
	b := e.streamOf("b", p1, idp.Poll)
	c := e.streamOf("c", p2, idp.Push)
	d := e.logoutStream("d")
	c.Status = idp.StreamPaused
	write(e, idp.Tx.UpdateStream, c)
	for _, f := range []struct {
		filter idp.StreamFilter
		want   []idp.StreamID
	}{
		{idp.StreamFilter{}, []idp.StreamID{"a", "b", "c", "d"}},
		{idp.StreamFilter{ProviderID: p1.ID}, []idp.StreamID{"a", "b"}},
		{idp.StreamFilter{ApplicationID: p2.ApplicationID}, []idp.StreamID{"c"}},
		{idp.StreamFilter{ProviderID: d.ProviderID}, []idp.StreamID{"d"}},
		{idp.StreamFilter{Method: idp.Push}, []idp.StreamID{"a", "c"}},
		{idp.StreamFilter{Method: idp.Logout}, []idp.StreamID{"d"}},
		{idp.StreamFilter{Method: idp.Push, Status: idp.StreamEnabled}, []idp.StreamID{"a"}},
		{idp.StreamFilter{After: a.Num}, []idp.StreamID{"b", "c", "d"}},
		{idp.StreamFilter{After: a.Num, Limit: 1}, []idp.StreamID{"b"}},
		{idp.StreamFilter{After: b.Num, ProviderID: p1.ID}, nil},
	} {
		var got []idp.StreamID
		for _, s := range read(e, idp.Tx.Streams, f.filter) {
			got = append(got, s.ID)
		}
		same(e, "Streams", got, f.want)
	}
}

func inactiveStreams(e *env) {
	never := e.ssfProvider("never", e.application("a1").ID)
	hourly := e.ssfProvider("hourly", e.application("a2").ID)
	hourly.InactivityTimeout = time.Hour
	write(e, idp.Tx.UpdateSSFProvider, hourly)
	e.update(func(tx idp.Tx) error {
		for id, s := range map[idp.StreamID]idp.Stream{
			"inactive":       {ActiveAt: tx.Now().Add(-time.Hour - time.Minute), Status: idp.StreamEnabled},
			"inactive too":   {ActiveAt: tx.Now().Add(-48 * time.Hour), Status: idp.StreamEnabled},
			"active":         {ActiveAt: tx.Now().Add(-time.Hour + time.Minute), Status: idp.StreamEnabled},
			"paused already": {ActiveAt: tx.Now().Add(-48 * time.Hour), Status: idp.StreamPaused},
			"no timeout":     {ActiveAt: tx.Now().Add(-48 * time.Hour), Status: idp.StreamEnabled, ProviderID: never.ID},
		} {
			provider := hourly
			if s.ProviderID == never.ID {
				provider = never
			}
			full := fullStream(provider)
			full.ID, full.ActiveAt, full.Status = id, s.ActiveAt, s.Status
			if err := createStream(tx, full); err != nil {
				return err
			}
		}
		return nil
	})
	logout := fullStream(idp.SSFProvider{ID: e.oidcProvider("o", hourly.ApplicationID).ID, ApplicationID: hourly.ApplicationID})
	logout.ID, logout.Method, logout.Status = "logout", idp.Logout, idp.StreamEnabled
	write(e, createStream, logout)
	got := make(map[idp.StreamID]bool)
	for _, s := range read(e, idp.Tx.InactiveStreams, 10) {
		got[s.ID] = true
	}
	same(e, "InactiveStreams", got, map[idp.StreamID]bool{"inactive": true, "inactive too": true})
	if n := len(read(e, idp.Tx.InactiveStreams, 1)); n != 1 {
		e.Errorf("InactiveStreams of at most 1 = %d streams", n)
	}
}

func eraseStream(e *env) {
	s := e.stream("s", idp.Poll)
	ds := e.deliver(s.Num, 400)
	e.settle(s.Num, 1)
	e.update(func(tx idp.Tx) error {
		for _, err := range []error{
			tx.PutSubject(idp.StreamSubject{Stream: s.Num, Subject: subject.Email("ada@example.com")}),
			tx.PutException(idp.Exception{Stream: s.Num, Seq: 1, OrderKey: 7, Kind: idp.Retry}),
			tx.PutHandouts([]idp.Handout{{Stream: s.Num, Seq: 2, KID: "k", JWS: "jws"}}),
			tx.AppendAttempts([]idp.Attempt{{Stream: s.Num, From: 1, To: 1, Outcome: idp.Rejected}}),
			tx.PutHealth(idp.StreamHealth{Stream: s.Num, Failures: 1}),
		} {
			if err != nil {
				return err
			}
		}
		return tx.SetFanOutPosition(ds[0].SignalID)
	})

	write(e, idp.Tx.DeleteStream, s.Num)

	missing(e, idp.Tx.Stream, s.ID)
	missing(e, idp.Tx.Position, s.Num)
	same(e, "deliveries", e.deliveriesFrom(s.Num, 1), []idp.Delivery(nil))
	same(e, "subjects", read(e, idp.Tx.CountSubjects, s.Num), 0)
	same(e, "handouts", read(e, idp.Tx.Handouts, s.Num), []idp.Handout(nil))
	same(e, "attempts", e.attempts(s.Num), []idp.Attempt(nil))
	same(e, "exceptions", e.exceptions(s.Num, idp.Retry), []idp.Exception(nil))
	same(e, "health", read(e, idp.Tx.Health, s.Num), idp.StreamHealth{})
	same(e, "kid in use", read(e, idp.Tx.KIDInUse, "k"), false)
	e.update(func(tx idp.Tx) error {
		n, err := tx.SweepSignals(tx.Now().Add(time.Second), 10)
		if n != 1 {
			e.Errorf("SweepSignals after the stream was deleted = %d, want its signal", n)
		}
		return err
	})
}
