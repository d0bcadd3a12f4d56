// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// result is the body of an answer.
type result[T any] struct{ Body T }

// nothing is the answer without a body.
type nothing struct{}

// list is a list that is complete.
type list[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

// page is a list that may go on.
type page[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next items. Absent after the last."`
}

// byID is a request without a body for one object.
type byID struct {
	ID string `path:"id" maxLength:"64"`
}

// withID is a request with a body for one object.
type withID[T any] struct {
	ID   string `path:"id" maxLength:"64"`
	Body T
}

// mayHave is a request for one object with a body that may be left out.
type mayHave[T any] struct {
	ID   string `path:"id" maxLength:"64"`
	Body *T
}

// body is the body, or one without members.
func (m *mayHave[T]) body() T {
	if m.Body == nil {
		return *new(T)
	}
	return *m.Body
}

// withBody is a request with a body.
type withBody[T any] struct{ Body T }

// convert makes a list for JSON, which is never null.
func convert[T, J any](items []T, to func(T) J) []J {
	out := make([]J, 0, len(items))
	for _, item := range items {
		out = append(out, to(item))
	}
	return out
}

// operation describes a route. Path is without the base; errors are the
// statuses beside those that each route has.
func operation(method, path, tag, summary string, errors ...int) huma.Operation {
	status := http.StatusOK
	if method == http.MethodDelete {
		status = http.StatusNoContent
	}
	return huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: basePath + path,
		Tags: []string{tag}, Summary: summary, DefaultStatus: status, MaxBodyBytes: maxBody,
		Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}, errors...),
	}
}

// creates makes 201 the status of success.
func creates(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusCreated
	return op
}

// quiet makes 204 the status of success.
func quiet(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusNoContent
	return op
}

// operationID is unique because method and path are: post-users-id-disable.
func operationID(method, path string) string {
	clean := strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
	return strings.ToLower(method) + clean
}

// serve adds a route. Fn opens the transactions that it needs; an answer of
// type nothing has no body.
func serve[I, O any](a *API, op huma.Operation, fn func(ctx context.Context, who idp.Actor, in *I) (O, error)) {
	a.routes = append(a.routes, Route{Method: op.Method, Path: op.Path})
	if _, ok := any(*new(O)).(nothing); ok {
		huma.Register(a.huma, op, func(ctx context.Context, in *I) (*struct{}, error) {
			_, err := fn(ctx, actorOf(ctx), in)
			return nil, a.problem(ctx, err)
		})
		return
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*result[O], error) {
		out, err := fn(ctx, actorOf(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return &result[O]{out}, nil
	})
}

// view adds a route that reads in one transaction.
func view[I, O any](a *API, op huma.Operation, fn func(ctx context.Context, tx idp.Tx, who idp.Actor, in *I) (O, error)) {
	serve(a, op, func(ctx context.Context, who idp.Actor, in *I) (out O, err error) {
		err = a.cfg.DB.View(ctx, func(tx idp.Tx) error {
			out, err = fn(ctx, tx, who, in)
			return err
		})
		return out, err
	})
}

// change adds a route that writes in one transaction.
func change[I, O any](a *API, op huma.Operation, fn func(ctx context.Context, tx idp.Tx, who idp.Actor, in *I) (O, error)) {
	serve(a, op, func(ctx context.Context, who idp.Actor, in *I) (out O, err error) {
		err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
			out, err = fn(ctx, tx, who, in)
			return err
		})
		return out, err
	})
}

// schemaName names the schemas of the OpenAPI document after the glossary:
// userJSON is User there.
func schemaName(t reflect.Type, hint string) string {
	return strings.ReplaceAll(huma.DefaultSchemaNamer(t, hint), "JSON", "")
}

// set replaces a member by that of a PATCH, if it has one.
func set[T any](member *T, patch *T) {
	if patch != nil {
		*member = *patch
	}
}
