// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// statuses is the status of each outcome, tried in this order.
func statuses() []struct {
	err    error
	status int
} {
	return []struct {
		err    error
		status int
	}{
		{idp.ErrNotFound, http.StatusNotFound},
		{idp.ErrConflict, http.StatusConflict},
		{idp.ErrDenied, http.StatusForbidden},
		{idp.ErrReused, http.StatusConflict},
		{idp.ErrExpired, http.StatusConflict},
	}
}

// problem turns an error of a verb into the answer. What is our fault is
// logged and not told.
func (a *API) problem(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var answer *huma.ErrorModel
	if errors.As(err, &answer) {
		return answer // of a route with a body that is not JSON
	}
	var invalid *idp.InvalidError
	if errors.As(err, &invalid) {
		field := memberName(invalid.Field)
		return &huma.ErrorModel{
			Status: http.StatusUnprocessableEntity, Title: http.StatusText(http.StatusUnprocessableEntity),
			Detail: field + " " + invalid.Reason,
			Errors: []*huma.ErrorDetail{{Message: invalid.Reason, Location: "body." + field}},
		}
	}
	var denied *DeniedError
	if errors.As(err, &denied) {
		a.enterDenied(ctx, denied)
	}
	for _, s := range statuses() {
		if errors.Is(err, s.err) {
			return &huma.ErrorModel{Status: s.status, Title: http.StatusText(s.status), Detail: err.Error()}
		}
	}
	a.log.ErrorContext(ctx, "admin API", "actor", actorOf(ctx), "err", err)
	return &huma.ErrorModel{
		Status: http.StatusInternalServerError, Title: http.StatusText(http.StatusInternalServerError),
		Detail: "the request failed through no fault of its own; the log says why",
	}
}

// enterDenied stores the audit entry of a refusal, whose transaction is gone.
func (a *API) enterDenied(ctx context.Context, denied *DeniedError) {
	err := a.cfg.DB.Update(ctx, func(tx idp.Tx) error { return tx.AppendAudit(denied.Entry) })
	if err != nil {
		a.log.ErrorContext(ctx, "audit entry of a refusal", "actor", denied.Entry.Actor, "action", denied.Entry.Action, "err", err)
	}
}

// memberName is what the API calls a member of a noun: a duration says its
// unit and a reference that it is an id.
func memberName(field string) string {
	durations := []string{
		"event_retention", "min_verification_interval", "inactivity_timeout", "overlap",
		"access_token_lifetime", "id_token_lifetime", "refresh_token_lifetime",
	}
	switch {
	case slices.Contains(durations, field):
		return field + "_seconds"
	case field == "signing_key":
		return "signing_key_id"
	}
	return field
}

// hideValues takes the values out of a validation error: one of them may be a
// password, and answers end in logs.
func hideValues(_ huma.Context, _ string, v any) (any, error) {
	if model, ok := v.(*huma.ErrorModel); ok {
		for _, detail := range model.Errors {
			detail.Value = nil
		}
	}
	return v, nil
}

// writeProblem answers where huma has no part in it.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(&huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}
