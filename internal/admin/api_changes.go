// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/transmitter"
	"github.com/tocsin-id/tocsin/secevent"
)

type signalJSON struct {
	ID        int64              `json:"id"`
	At        time.Time          `json:"at"`
	Txn       string             `json:"txn"`
	Type      secevent.EventType `json:"type"`
	Event     any                `json:"event" doc:"The payload of the event."`
	Cause     idp.SignalCause    `json:"cause,omitempty" doc:"The kind of change that it came from, by which providers hold signals back."`
	UserID    idp.UserID         `json:"user_id,omitempty" doc:"Whom it is about."`
	SessionID idp.SessionID      `json:"session_id,omitempty" doc:"The one session that it is about."`
	Receipts  []receiptJSON      `json:"receipts" nullable:"false" doc:"What became of it at each application that it is for."`
}

type receiptJSON struct {
	ApplicationID idp.ApplicationID `json:"application_id"`
	Seq           int64             `json:"seq" doc:"The delivery's number on its stream."`
	Settled       bool              `json:"settled" doc:"Nothing more will be tried."`
	Outcome       idp.Outcome       `json:"outcome,omitempty" doc:"That of the last attempt. Absent before the first."`
	At            time.Time         `json:"at,omitzero" doc:"When it was settled."`
	Err           string            `json:"err,omitempty"`
	Detail        string            `json:"detail,omitempty"`
}

func toReceipt(r transmitter.Receipt) receiptJSON {
	return receiptJSON{r.ApplicationID, r.Seq, r.Settled, r.Outcome, r.At, r.Err, r.Detail}
}

func toSignal(r transmitter.SignalReceipts) signalJSON {
	s := r.Signal
	return signalJSON{s.ID, s.At, s.Txn, s.Type, json.RawMessage(s.Event), s.Cause, s.Principal.UserID, s.Principal.SessionID, convert(r.Receipts, toReceipt)}
}

func (a *API) changeRoutes() {
	view(a, operation(http.MethodGet, "/changes/{id}", "audit log", "List the signals of a change by its txn, and what each application made of them", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (list[signalJSON], error) {
			found, err := Change(ctx, tx, who, in.ID)
			return list[signalJSON]{convert(found, toSignal)}, err
		})
}
