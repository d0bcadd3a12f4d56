// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// The fixtures below make things that other things need. Each is named by its
// id, and gives back what the database made of it.

func (e *env) user(id string) idp.User {
	e.Helper()
	write(e, idp.Tx.CreateUser, idp.User{ID: idp.UserID(id), Username: id, Email: id + "@example.com"})
	return read(e, idp.Tx.User, idp.UserID(id))
}

func (e *env) group(id string) idp.Group {
	e.Helper()
	write(e, idp.Tx.CreateGroup, idp.Group{ID: idp.GroupID(id), Name: id})
	return read(e, idp.Tx.Group, idp.GroupID(id))
}

func (e *env) session(id string, user idp.UserID) idp.Session {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		return tx.CreateSession(idp.Session{
			ID: idp.SessionID(id), UserID: user, TokenHash: idp.HashToken(id),
			ExpiresAt: tx.Now().Add(time.Hour),
		})
	})
	return read(e, idp.Tx.Session, idp.SessionID(id))
}

func (e *env) application(id string, groups ...idp.GroupID) idp.Application {
	e.Helper()
	write(e, idp.Tx.CreateApplication,
		idp.Application{ID: idp.ApplicationID(id), Slug: id, Name: id, Groups: groups})
	return read(e, idp.Tx.Application, idp.ApplicationID(id))
}

func (e *env) signingKey(id string) idp.SigningKey {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		return tx.CreateSigningKey(idp.SigningKey{
			ID: idp.KeyID(id), Name: id, Algorithm: secevent.ES256,
			Versions: []idp.KeyVersion{{
				KID: id + "-1", Public: []byte("public"), Private: idp.NewSecret("private"),
				ActiveFrom: tx.Now(),
			}},
		})
	})
	return read(e, idp.Tx.SigningKey, idp.KeyID(id))
}

// ssfProvider makes a provider for an application, with a key of its own.
func (e *env) ssfProvider(id string, app idp.ApplicationID) idp.SSFProvider {
	e.Helper()
	key := e.signingKey(id + "-key")
	write(e, idp.Tx.CreateSSFProvider, idp.SSFProvider{
		ID: idp.ProviderID(id), ApplicationID: app, Name: id, Slug: id, SigningKeyID: key.ID,
		EventRetention: 24 * time.Hour, EventTypes: []secevent.EventType{caep.TypeSessionRevoked},
		DefaultSubjects: idp.SubjectsAll,
	})
	return read(e, idp.Tx.SSFProvider, idp.ProviderID(id))
}

// stream makes a stream with an application and a provider of its own.
func (e *env) stream(id string, method idp.DeliveryMethod) idp.Stream {
	e.Helper()
	app := e.application(id + "-app")
	provider := e.ssfProvider(id+"-provider", app.ID)
	return e.streamOf(id, provider, method)
}

// logoutStream makes a stream of back-channel logout, with an application and
// an OIDC provider of its own.
func (e *env) logoutStream(id string) idp.Stream {
	e.Helper()
	p := e.oidcProvider(id+"-provider", e.application(id+"-app").ID)
	return e.streamOf(id, idp.SSFProvider{ID: p.ID, ApplicationID: p.ApplicationID}, idp.Logout)
}

func (e *env) streamOf(id string, p idp.SSFProvider, method idp.DeliveryMethod) idp.Stream {
	e.Helper()
	var s idp.Stream
	e.update(func(tx idp.Tx) (err error) {
		s, err = tx.CreateStream(idp.Stream{
			ID: idp.StreamID(id), ProviderID: p.ID, ApplicationID: p.ApplicationID,
			Audience: secevent.Audience{"https://receiver.example"}, Method: method,
			Status: idp.StreamEnabled, StatusBy: idp.ActorApplication, DefaultSubjects: idp.SubjectsAll,
		})
		return err
	})
	return s
}

// signal appends a signal about a user.
func (e *env) signal(user idp.UserID) idp.Signal {
	e.Helper()
	s := idp.Signal{
		Txn: "txn-" + string(user), Type: caep.TypeSessionRevoked, Event: json.RawMessage(`{"event_timestamp":1}`),
		Principal: idp.Principal{UserID: user},
	}
	e.update(func(tx idp.Tx) error { return tx.AppendSignal(&s) })
	return s
}

// deliver appends n deliveries of one signal to a stream, with different
// payloads, and returns them as the database reads them.
func (e *env) deliver(num idp.StreamNum, n int) []idp.Delivery {
	e.Helper()
	signal := e.signal("ada")
	ds := make([]idp.Delivery, n)
	e.update(func(tx idp.Tx) error {
		for i := range ds {
			ds[i] = idp.Delivery{
				Stream: num, SignalID: signal.ID, OrderKey: 7, IssuedAt: tx.Now().Unix(),
				Payload: fmt.Appendf(nil, `{"n":%d}`, i), ExpiresAt: tx.Now().Add(time.Hour),
			}
		}
		return tx.AppendDeliveries(ds)
	})
	return e.deliveriesFrom(num, ds[0].Seq)
}

func (e *env) deliveriesFrom(num idp.StreamNum, seq int64) []idp.Delivery {
	e.Helper()
	return get(e, func(tx idp.Tx) ([]idp.Delivery, error) {
		return tx.DeliveriesAfter(num, seq-1, 10000, false)
	})
}

// settle marks deliveries of a stream as settled.
func (e *env) settle(num idp.StreamNum, seqs ...int64) {
	e.Helper()
	e.update(func(tx idp.Tx) error {
		p, err := tx.Position(num)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			p.Settle(seq)
		}
		return tx.SetPosition(num, p)
	})
}
