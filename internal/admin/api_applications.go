// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
)

type applicationJSON struct {
	ID        idp.ApplicationID `json:"id"`
	Slug      string            `json:"slug"`
	Name      string            `json:"name"`
	Icon      string            `json:"icon,omitempty"`
	LaunchURL string            `json:"launch_url,omitempty"`
	Policy    idp.SignInPolicy  `json:"policy" doc:"What a user has to prove: empty for any, factor or passkey."`
	Groups    []idp.GroupID     `json:"groups" nullable:"false" doc:"The groups that may use the application. None means everybody."`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

func toApplication(a idp.Application) applicationJSON {
	groups := append([]idp.GroupID{}, a.Groups...)
	return applicationJSON{a.ID, a.Slug, a.Name, a.Icon, a.LaunchURL, a.Policy, groups, a.CreatedAt, a.UpdatedAt}
}

type newApplicationJSON struct {
	Slug      string           `json:"slug" example:"atlas"`
	Name      string           `json:"name" example:"Atlas"`
	Icon      string           `json:"icon,omitempty" doc:"The http or https URL of an image."`
	LaunchURL string           `json:"launch_url,omitempty" doc:"Where the portal sends a user. Empty hides the application."`
	Policy    idp.SignInPolicy `json:"policy,omitempty" doc:"What a user has to prove. Empty, the default, takes a password or a passkey; factor a password with a second factor, or a passkey; passkey a passkey alone."`
	Groups    []idp.GroupID    `json:"groups,omitempty" doc:"The groups that may use the application. None means everybody."`
}

type applicationPatchJSON struct {
	Slug      *string           `json:"slug,omitempty"`
	Name      *string           `json:"name,omitempty"`
	Icon      *string           `json:"icon,omitempty"`
	LaunchURL *string           `json:"launch_url,omitempty"`
	Policy    *idp.SignInPolicy `json:"policy,omitempty" doc:"Empty, factor or passkey."`
	Groups    []idp.GroupID     `json:"groups,omitempty" doc:"Replaces the groups; an empty list admits everybody."`
}

func (a *API) applicationRoutes() {
	const applications, application = "/applications", "/applications/{id}"
	view(a, operation(http.MethodGet, applications, "applications", "List applications"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[applicationJSON], error) {
			found, err := Applications(ctx, tx, who)
			return list[applicationJSON]{convert(found, toApplication)}, err
		})
	change(a, creates(operation(http.MethodPost, applications, "applications", "Create an application", http.StatusConflict)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withBody[newApplicationJSON]) (applicationJSON, error) {
			b := in.Body
			app, err := CreateApplication(ctx, tx, who, idp.Application{
				Slug: b.Slug, Name: b.Name, Icon: b.Icon, LaunchURL: b.LaunchURL, Policy: b.Policy, Groups: b.Groups,
			})
			return toApplication(app), err
		})
	view(a, operation(http.MethodGet, application, "applications", "Get an application", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (applicationJSON, error) {
			app, err := Application(ctx, tx, who, idp.ApplicationID(in.ID))
			return toApplication(app), err
		})
	change(a, operation(http.MethodPatch, application, "applications", "Change an application", http.StatusNotFound, http.StatusConflict), patchApplication)
	change(a, operation(http.MethodDelete, application, "applications", "Delete an application with its streams", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (nothing, error) {
			return nothing{}, DeleteApplication(ctx, tx, who, idp.ApplicationID(in.ID))
		})
}

func patchApplication(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[applicationPatchJSON]) (applicationJSON, error) {
	app, err := Application(ctx, tx, who, idp.ApplicationID(in.ID))
	if err != nil {
		return applicationJSON{}, err
	}
	set(&app.Slug, in.Body.Slug)
	set(&app.Name, in.Body.Name)
	set(&app.Icon, in.Body.Icon)
	set(&app.LaunchURL, in.Body.LaunchURL)
	set(&app.Policy, in.Body.Policy)
	if in.Body.Groups != nil {
		app.Groups = in.Body.Groups
	}
	app, err = UpdateApplication(ctx, tx, who, app)
	return toApplication(app), err
}
