// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// The media types of files of users.
const (
	mediaCSV    = "text/csv"
	mediaNDJSON = "application/x-ndjson"
)

type usersFile struct {
	ContentType string `header:"Content-Type"`
	DryRun      bool   `query:"dry_run" doc:"Only say what an import would do, or what is wrong with the file."`
	ReasonAdmin string `query:"reason_admin" maxLength:"500"`
	RawBody     []byte
}

type importReportJSON struct {
	DryRun       bool   `json:"dry_run" doc:"Whether nothing was changed."`
	Users        int    `json:"users" doc:"How many users were made."`
	WithPassword int    `json:"with_password" doc:"How many of them have a password."`
	Memberships  int    `json:"memberships" doc:"How many groups they joined, counted per user."`
	Txn          string `json:"txn,omitempty" doc:"The txn of the audit entries and signals of the import."`
}

// importOperation describes the route, whose body is not JSON.
func importOperation() huma.Operation {
	op := creates(operation(http.MethodPost, "/users/import", "users", "Import users from CSV or NDJSON", http.StatusUnsupportedMediaType, http.StatusConflict))
	op.Description = "All users of the file are made, or none. CSV has a first line that names the columns: username, and any of " +
		"email, name, password_hash and groups, which are separated by semicolons. NDJSON has one object a line with the same members, " +
		"groups being a list. Password hashes are argon2, bcrypt, pbkdf2 or scrypt in PHC or crypt form. " +
		"What is wrong is told by line, up to 100 problems at once. A file holds at most 50000 users and 32 MiB."
	op.MaxBodyBytes, op.BodyReadTimeout = MaxImport, 2*time.Minute
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		mediaCSV:    {Schema: &huma.Schema{Type: huma.TypeString}, Example: "username,email,groups\nada,ada@example.com,staff;admins\n"},
		mediaNDJSON: {Schema: &huma.Schema{Type: huma.TypeString}, Example: `{"username":"ada","email":"ada@example.com","groups":["staff"]}` + "\n"},
	}}
	return op
}

// errDryRun gives a transaction up after it showed what it would do.
var errDryRun = errors.New("dry run")

func (a *API) importUsers(ctx context.Context, who idp.Actor, in *usersFile) (importReportJSON, error) {
	users, err := readUsers(in.ContentType, in.RawBody)
	if err != nil {
		return importReportJSON{}, importProblem(err)
	}
	var report ImportReport
	err = a.cfg.DB.Update(ctx, func(tx idp.Tx) error {
		report, err = ImportUsers(ctx, tx, who, users, Reason{Admin: in.ReasonAdmin})
		if err == nil && in.DryRun {
			report.Txn = "" // nothing will be found by it
			return errDryRun
		}
		return err
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return importReportJSON{}, importProblem(err)
	}
	return importReportJSON{in.DryRun, report.Users, report.WithPassword, report.Memberships, report.Txn}, nil
}

// readUsers reads a file of a media type.
func readUsers(contentType string, body []byte) ([]ImportedUser, error) {
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case err == nil && media == mediaCSV:
		return ReadUsersCSV(bytes.NewReader(body))
	case err == nil && media == mediaNDJSON:
		return ReadUsersNDJSON(bytes.NewReader(body))
	}
	return nil, huma.Error415UnsupportedMediaType(fmt.Sprintf("send the file as %s or %s", mediaCSV, mediaNDJSON))
}

// importProblem turns an ImportError into the answer; other errors stay.
func importProblem(err error) error {
	var wrong *ImportError
	if !errors.As(err, &wrong) {
		return err
	}
	model := &huma.ErrorModel{
		Status: http.StatusUnprocessableEntity, Title: http.StatusText(http.StatusUnprocessableEntity),
		Detail: fmt.Sprintf("nothing was imported: the file has %d problems", len(wrong.Problems)+wrong.More),
	}
	for _, p := range wrong.Problems {
		location := fmt.Sprintf("line %d", p.Line)
		if p.Field != "" {
			location += ", " + p.Field
		}
		model.Errors = append(model.Errors, &huma.ErrorDetail{Message: p.Reason, Location: location})
	}
	return model
}
