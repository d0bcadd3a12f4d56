// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// StreamJSON is a stream without what became of its deliveries.
type StreamJSON struct {
	ID              idp.StreamID         `json:"id"`
	ProviderID      idp.ProviderID       `json:"provider_id"`
	ApplicationID   idp.ApplicationID    `json:"application_id"`
	Audience        []string             `json:"audience" nullable:"false"`
	EventsRequested []secevent.EventType `json:"events_requested" doc:"Null when the Receiver did not say."`
	Description     string               `json:"description,omitempty"`
	Method          idp.DeliveryMethod   `json:"method"`
	EndpointURL     string               `json:"endpoint_url,omitempty"`
	Authorized      bool                 `json:"authorized" doc:"Pushes carry an Authorization header."`
	Status          idp.StreamStatus     `json:"status"`
	Reason          string               `json:"reason,omitempty"`
	StatusBy        idp.ActorKind        `json:"status_by,omitempty"`
	DefaultSubjects idp.DefaultSubjects  `json:"default_subjects"`
	ActiveAt        time.Time            `json:"active_at,omitzero"`
	VerificationAt  time.Time            `json:"verification_at,omitzero"`
	CreatedAt       time.Time            `json:"created_at"`
	UpdatedAt       time.Time            `json:"updated_at"`
}

func toStream(s idp.Stream) StreamJSON {
	return StreamJSON{
		ID: s.ID, ProviderID: s.ProviderID, ApplicationID: s.ApplicationID, Audience: append([]string{}, s.Audience...),
		EventsRequested: s.EventsRequested, Description: s.Description, Method: s.Method, EndpointURL: s.EndpointURL,
		Authorized: !s.Authorization.IsZero(), Status: s.Status, Reason: s.Reason, StatusBy: s.StatusBy,
		DefaultSubjects: s.DefaultSubjects, ActiveAt: s.ActiveAt, VerificationAt: s.VerificationAt,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

type streamReportJSON struct {
	StreamJSON
	LastSeq     int64           `json:"last_seq" doc:"The number of the last delivery."`
	Floor       int64           `json:"floor" doc:"All deliveries up to this one are settled."`
	Pending     int64           `json:"pending" doc:"How many deliveries are not settled."`
	Health      healthJSON      `json:"health"`
	Attempts    []attemptJSON   `json:"attempts" nullable:"false" doc:"The newest 20, newest first."`
	Retries     []exceptionJSON `json:"retries" nullable:"false" doc:"Rejected SETs that are tried again."`
	DeadLetters []exceptionJSON `json:"dead_letters" nullable:"false" doc:"Rejected SETs that were given up."`
}

type healthJSON struct {
	Failures     int       `json:"failures" doc:"Endpoint failures in a row."`
	NextAt       time.Time `json:"next_at,omitzero" doc:"When the endpoint is tried again."`
	LastOKAt     time.Time `json:"last_ok_at,omitzero"`
	FailedAt     time.Time `json:"failed_at,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"`
	Err          string    `json:"err,omitempty"`
	Detail       string    `json:"detail,omitempty"`
}

type attemptJSON struct {
	From    int64       `json:"from"`
	To      int64       `json:"to"`
	At      time.Time   `json:"at"`
	Took    int64       `json:"took_milliseconds" doc:"What the slowest of them took; the one duration that is not in seconds."`
	Outcome idp.Outcome `json:"outcome"`
	Status  int         `json:"status,omitempty"`
	Err     string      `json:"err,omitempty"`
	Detail  string      `json:"detail,omitempty"`
}

type exceptionJSON struct {
	Seq    int64     `json:"seq"`
	Tries  int       `json:"tries"`
	NextAt time.Time `json:"next_at,omitzero"`
	Status int       `json:"status,omitempty"`
	Err    string    `json:"err,omitempty"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
}

func toReport(r StreamReport) streamReportJSON {
	h := r.Health
	exception := func(e idp.Exception) exceptionJSON {
		return exceptionJSON{e.Seq, e.Tries, e.NextAt, e.Status, e.Err, e.Detail, e.At}
	}
	return streamReportJSON{
		StreamJSON: toStream(r.Stream), LastSeq: r.LastSeq, Floor: r.Position.Floor, Pending: r.Pending,
		Health: healthJSON{h.Failures, h.NextAt, h.LastOKAt, h.FailedAt, h.FailingSince, h.Err, h.Detail},
		Attempts: convert(r.Attempts, func(a idp.Attempt) attemptJSON {
			return attemptJSON{a.From, a.To, a.At, a.Took.Milliseconds(), a.Outcome, a.Status, a.Err, a.Detail}
		}),
		Retries: convert(r.Retries, exception), DeadLetters: convert(r.DeadLetters, exception),
	}
}

type streamList struct {
	ProviderID    string `query:"provider_id" maxLength:"64"`
	ApplicationID string `query:"application_id" maxLength:"64"`
	Status        string `query:"status" enum:"enabled,paused,disabled"`
	Cursor        int64  `query:"cursor" minimum:"0"`
	Limit         int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type streamStatusJSON struct {
	Status string `json:"status" enum:"enabled,paused,disabled"`
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"The Receiver is told it."`
}

func (a *API) streamRoutes() {
	const streams, stream = "/streams", "/streams/{id}"
	view(a, operation(http.MethodGet, streams, "streams", "List streams"), listStreams)
	view(a, operation(http.MethodGet, stream, "streams", "Get a stream with its position, health and last attempts", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (streamReportJSON, error) {
			r, err := Stream(ctx, tx, who, idp.StreamID(in.ID))
			return toReport(r), err
		})
	serve(a, operation(http.MethodPut, stream+"/status", "streams", "Enable, pause or disable a stream", http.StatusNotFound),
		func(ctx context.Context, who idp.Actor, in *withID[streamStatusJSON]) (StreamJSON, error) {
			s, err := a.changeStream(ctx, func(tx idp.Tx) (idp.Stream, error) {
				return SetStreamStatus(ctx, tx, who, idp.StreamID(in.ID), idp.StreamStatus(in.Body.Status), in.Body.Reason)
			})
			return toStream(s), err
		})
	serve(a, quiet(operation(http.MethodPost, stream+"/verify", "streams", "Send a verification SET", http.StatusNotFound)),
		func(ctx context.Context, who idp.Actor, in *byID) (nothing, error) {
			_, err := a.changeStream(ctx, func(tx idp.Tx) (idp.Stream, error) {
				return VerifyStream(ctx, tx, who, idp.StreamID(in.ID))
			})
			return nothing{}, err
		})
	serve(a, operation(http.MethodDelete, stream, "streams", "Delete a stream and all that waits on it", http.StatusNotFound),
		func(ctx context.Context, who idp.Actor, in *byID) (nothing, error) {
			_, err := a.changeStream(ctx, func(tx idp.Tx) (idp.Stream, error) {
				return DeleteStream(ctx, tx, who, idp.StreamID(in.ID))
			})
			return nothing{}, err
		})
}

// changeStream runs fn in a transaction and tells those who wait on the stream
// once it has committed.
func (a *API) changeStream(ctx context.Context, fn func(idp.Tx) (idp.Stream, error)) (s idp.Stream, err error) {
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		s, err = fn(tx)
		return err
	})
	if err != nil {
		return idp.Stream{}, err
	}
	a.cfg.StreamChanged(s.Num)
	return s, nil
}

func listStreams(ctx context.Context, tx idp.Tx, who idp.Actor, in *streamList) (page[StreamJSON], error) {
	found, err := Streams(ctx, tx, who, idp.StreamFilter{
		ProviderID: idp.ProviderID(in.ProviderID), ApplicationID: idp.ApplicationID(in.ApplicationID),
		Status: idp.StreamStatus(in.Status), After: idp.StreamNum(in.Cursor), Limit: in.Limit,
	})
	out := page[StreamJSON]{Items: convert(found, toStream)}
	if len(found) == in.Limit {
		out.NextCursor = strconv.FormatInt(int64(found[len(found)-1].Num), 10)
	}
	return out, err
}
