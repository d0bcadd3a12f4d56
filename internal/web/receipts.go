// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

const (
	// endingsFor is how long an ended session is shown.
	endingsFor = 7 * 24 * time.Hour
	// endingsShown is how many changes that ended sessions are shown, and
	// signalsLooked how many signals are looked through for them.
	endingsShown  = 10
	signalsLooked = 200
)

// ending is one change that ended sessions, with its signals.
type ending struct {
	txn     string
	signals []idp.Signal
}

// endings returns the changes that ended a user's sessions lately, newest
// first. What applications only get if they ask, such as sessions that were
// idle for too long, is left out.
func endings(tx idp.Tx, user idp.UserID) ([]ending, error) {
	signals, err := tx.SignalsAbout(user, signalsLooked)
	if err != nil {
		return nil, err
	}
	var list []ending
	for _, signal := range signals {
		if signal.Type != caep.TypeSessionRevoked || signal.Cause == idp.CauseTimeout || tx.Now().Sub(signal.At) > endingsFor {
			continue
		}
		i := slices.IndexFunc(list, func(e ending) bool { return e.txn == signal.Txn })
		if i < 0 {
			if len(list) == endingsShown {
				break
			}
			i, list = len(list), append(list, ending{txn: signal.Txn})
		}
		list[i].signals = append(list[i].signals, signal)
	}
	return list, nil
}

// endingViews are the endings as their user sees them.
func endingViews(tx idp.Tx, user idp.UserID) ([]page.EndingView, error) {
	list, err := endings(tx, user)
	if err != nil {
		return nil, err
	}
	names, err := applicationNames(tx)
	if err != nil {
		return nil, err
	}
	var views []page.EndingView
	for _, e := range list {
		view := page.EndingView{Why: why(e.signals[0]), At: e.signals[0].At}
		if view.Words, err = whatEnded(tx, e.signals); err != nil {
			return nil, err
		}
		if view.Receipts, err = e.receipts(tx, names); err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	return views, nil
}

func applicationNames(tx idp.Tx) (map[idp.ApplicationID]string, error) {
	all, err := tx.Applications()
	if err != nil {
		return nil, err
	}
	names := make(map[idp.ApplicationID]string, len(all))
	for _, a := range all {
		names[a.ID] = a.Name
	}
	return names, nil
}

// whatEnded names the devices of the sessions, or says that it was all.
func whatEnded(tx idp.Tx, signals []idp.Signal) (string, error) {
	const shown = 3
	var devices []string
	for _, signal := range signals {
		if signal.Principal.SessionID == "" {
			return "Every session", nil
		}
		session, err := tx.Session(signal.Principal.SessionID)
		switch {
		case errors.Is(err, idp.ErrNotFound): // swept
			devices = append(devices, "A session")
		case err != nil:
			return "", err
		default:
			devices = append(devices, device(session).Words)
		}
	}
	if more := len(devices) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(devices[:shown], ", "), more), nil
	}
	return strings.Join(devices, ", "), nil
}

// why says how it came to that, in a few words.
func why(signal idp.Signal) string {
	var event struct {
		By caep.InitiatingEntity `json:"initiating_entity"`
	}
	// A payload that cannot be read says nothing of who it was.
	_ = json.Unmarshal(signal.Event, &event)
	switch {
	case signal.Cause == idp.CauseCredential && event.By == caep.ByUser:
		return "ended because you changed how you sign in"
	case signal.Cause == idp.CauseRecovery:
		return "ended because the password was set by mail"
	case event.By == caep.ByAdmin:
		return "ended by an administrator"
	case event.By == caep.ByPolicy, signal.Cause == idp.CauseRisk:
		return "ended because something looked wrong"
	case signal.Cause == idp.CauseSignOut:
		return "signed out"
	default:
		return "ended by you"
	}
}

// told is what one application made of the signals of one change.
type told struct {
	// forgotten means that it was settled, and how is no longer on record.
	waiting, refused, forgotten bool
	confirmedAt                 time.Time
}

// receipts says of each application that had to know whether it does.
func (e ending) receipts(tx idp.Tx, names map[idp.ApplicationID]string) ([]page.ReceiptView, error) {
	position, err := tx.FanOutPosition()
	if err != nil {
		return nil, err
	}
	heard, used := map[idp.ApplicationID]told{}, map[idp.ApplicationID]bool{}
	fannedOut := true
	for _, signal := range e.signals {
		receipts, err := tx.Receipts(signal.ID)
		if err != nil {
			return nil, err
		}
		for id, now := range byApplication(receipts) {
			heard[id] = heard[id].and(now)
		}
		fannedOut = fannedOut && signal.ID <= position
		if signal.Principal.SessionID == "" {
			continue
		}
		applications, err := tx.SessionApplications(signal.Principal.SessionID)
		if err != nil {
			return nil, err
		}
		for _, id := range applications {
			used[id] = true
		}
	}
	for id := range used {
		if _, ok := heard[id]; !ok {
			heard[id] = told{waiting: !fannedOut}
		}
	}
	return e.views(tx.Now(), heard, names), nil
}

// byApplication is what each application made of one signal. With several
// streams, one that has it is enough.
func byApplication(receipts []idp.Receipt) map[idp.ApplicationID]told {
	heard := map[idp.ApplicationID]told{}
	for _, r := range receipts {
		t := heard[r.ApplicationID]
		switch {
		case r.Outcome == idp.Acknowledged:
			t = told{confirmedAt: r.At}
		case !t.confirmedAt.IsZero():
		case !r.Settled:
			t.waiting = true
		case r.Outcome == "":
			t.forgotten = true
		default:
			t.refused = true
		}
		heard[r.ApplicationID] = t
	}
	return heard
}

// and is both: an application has confirmed a change when it has confirmed all
// of it.
func (t told) and(other told) told {
	t.waiting, t.refused = t.waiting || other.waiting, t.refused || other.refused
	t.forgotten = t.forgotten || other.forgotten
	if other.confirmedAt.After(t.confirmedAt) {
		t.confirmedAt = other.confirmedAt
	}
	return t
}

func (e ending) views(now time.Time, heard map[idp.ApplicationID]told, names map[idp.ApplicationID]string) []page.ReceiptView {
	var views []page.ReceiptView
	for id, t := range heard {
		name, ok := names[id]
		if !ok {
			continue // deleted since
		}
		state, words := t.words(now)
		views = append(views, page.ReceiptView{
			ID: "receipt-" + e.txn + "-" + string(id), Application: name, State: state, Words: words,
		})
	}
	slices.SortFunc(views, func(a, b page.ReceiptView) int { return strings.Compare(a.Application, b.Application) })
	return views
}

func (t told) words(now time.Time) (page.ReceiptState, string) {
	switch {
	case t.waiting:
		return page.ReceiptWaiting, "has not confirmed it yet"
	case t.refused:
		return page.ReceiptRefused, "did not take the message"
	case t.forgotten:
		return page.ReceiptUntold, "was told, and its answer is no longer on record"
	case t.confirmedAt.IsZero():
		return page.ReceiptUntold, "takes no messages, so it may still know you"
	default:
		return page.ReceiptConfirmed, "confirmed it " + page.Ago(now, t.confirmedAt)
	}
}

// serveReceipts is what changes on the page of sessions while it is open.
func (s *Site) serveReceipts(v *visit) error {
	receipts := []page.ReceiptView{}
	err := s.db.View(v.r.Context(), func(tx idp.Tx) error {
		views, err := endingViews(tx, v.user.ID)
		for _, view := range views {
			receipts = append(receipts, view.Receipts...)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.answer(receipts)
}
