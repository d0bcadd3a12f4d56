// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
)

func (e *env) receipts(txn string) (all []transmitter.SignalReceipts) {
	e.t.Helper()
	e.view(func(tx idp.Tx) (err error) {
		all, err = transmitter.Receipts(e.t.Context(), tx, txn)
		return err
	})
	return all
}

// seen is a receipt without its numbers.
type seen struct {
	Application string
	Method      idp.DeliveryMethod
	Confirmed   bool
	Outcome     idp.Outcome
	At          time.Time
}

func seenOf(receipts []transmitter.Receipt) map[idp.StreamNum]seen {
	all := make(map[idp.StreamNum]seen)
	for _, r := range receipts {
		all[r.Stream] = seen{r.Application, r.Method, r.Confirmed(), r.Outcome, r.At}
	}
	return all
}

// TestReceipts follows a change of two signals to a stream that is polled, one
// that is pushed and fails, and one of logout tokens.
func TestReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnvInside(t)
		poll, push := e.createPoll(), e.createPush()
		logout := e.setLogoutURI(e.otherApp().ID, logoutURI)
		e.signIn("ada", "s1", e.app.ID, e.otherApp().ID)
		p := idp.Principal{UserID: "ada", SessionID: "s1"}
		e.update(func(tx idp.Tx) error {
			event := json.RawMessage(`{}`)
			return errors.Join(
				tx.AppendSignal(&idp.Signal{Txn: "change", Type: caep.TypeSessionRevoked, Event: event, Principal: p}),
				tx.AppendSignal(&idp.Signal{Txn: "another", Type: caep.TypeSessionRevoked, Event: event, Principal: p}),
				tx.AppendSignal(&idp.Signal{Txn: "change", Type: caep.TypeCredentialChange, Event: event, Principal: p}))
		})
		for i, r := range e.receipts("change") {
			if !r.Waiting || len(r.Receipts) != 0 {
				t.Errorf("signal %d before fan-out = %+v, want it waiting", i, r)
			}
		}
		e.fanOut()

		time.Sleep(time.Minute)
		acked := time.Now().UTC()
		e.poll(poll, object{"ack": ids(e.poll(poll, object{"maxEvents": 1}))})
		failed := idp.Attempt{Stream: e.stored(push.ID).Num, From: 1, To: 1, At: acked, Outcome: idp.Failed, Err: "timeout"}
		e.update(func(tx idp.Tx) error {
			return errors.Join(tx.AppendAttempts([]idp.Attempt{failed,
				{Stream: logout.Num, From: 1, To: 1, At: acked, Outcome: idp.Acknowledged, Status: 200}}),
				tx.SetPosition(logout.Num, idp.Position{Floor: 1}))
		})
		all := e.receipts("change")
		if len(all) != 2 || all[0].Signal.Type != caep.TypeSessionRevoked || all[1].Signal.Type != caep.TypeCredentialChange ||
			all[0].Waiting || all[1].Waiting || all[0].Signal.Principal.UserID != "ada" {
			t.Fatalf("Receipts = %+v, want the two signals of the change, fanned out", all)
		}
		want := map[idp.StreamNum]seen{
			e.stored(poll.ID).Num: {"Atlas", idp.Poll, true, idp.Acknowledged, acked},
			e.stored(push.ID).Num: {"Atlas", idp.Push, false, idp.Failed, acked},
			logout.Num:            {"Other", idp.Logout, true, idp.Acknowledged, acked},
		}
		if diff := cmp.Diff(want, seenOf(all[0].Receipts)); diff != "" {
			t.Errorf("session-revoked (-want +got):\n%s", diff)
		}
		want = map[idp.StreamNum]seen{
			e.stored(poll.ID).Num: {Application: "Atlas", Method: idp.Poll},
			e.stored(push.ID).Num: {Application: "Atlas", Method: idp.Push},
		}
		if diff := cmp.Diff(want, seenOf(all[1].Receipts)); diff != "" {
			t.Errorf("credential-change (-want +got):\n%s", diff)
		}
		if none := e.receipts("nothing"); none != nil {
			t.Errorf("Receipts of an unknown txn = %+v, want nil", none)
		}
	})
}
