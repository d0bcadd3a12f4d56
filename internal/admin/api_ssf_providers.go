// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/tocsin-id/tocsin/internal/identity"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// SSFSettingsJSON is what an admin sets. In a PATCH what is absent stays; a
// new provider takes the defaults for it.
type SSFSettingsJSON struct {
	ApplicationID           *idp.ApplicationID   `json:"application_id,omitempty" doc:"The application that may manage streams on the provider. Empty unassigns it. It cannot change while there are streams."`
	Name                    *string              `json:"name,omitempty"`
	SigningKeyID            *idp.KeyID           `json:"signing_key_id,omitempty" doc:"The key that signs the SETs. It cannot change while there are streams: rotate it instead."`
	EventRetention          *int64               `json:"event_retention_seconds,omitempty" doc:"How long an event is stored, 3600 to 31536000. The default is 604800."`
	VerifyTLS               *bool                `json:"verify_tls,omitempty" doc:"Check the certificates of push endpoints. The default is true."`
	MinVerificationInterval *int64               `json:"min_verification_interval_seconds,omitempty" doc:"The time between two verification requests of a stream, 0 to 3600. The default is 60."`
	InactivityTimeout       *int64               `json:"inactivity_timeout_seconds,omitempty" doc:"Pauses a stream whose Receiver was not heard of for so long, 60 to 31536000; 0, the default, never does."`
	EventTypes              []secevent.EventType `json:"event_types,omitempty" doc:"Those that streams may ask for. The default is all that this program records."`
	DefaultSubjects         *string              `json:"default_subjects,omitempty" enum:"ALL,NONE" doc:"Which subjects a new stream begins with. The default is ALL."`
	SubjectFormat           *subject.Format      `json:"subject_format,omitempty" enum:"iss_sub,email,opaque,aliases" doc:"How users are named in SETs: by issuer and sub, the default; by e-mail address; by id; or by all three."`
	HoldBack                []idp.SignalCause    `json:"hold_back,omitempty" doc:"The kinds of changes whose signals the application does not get: of sign_out, revoked, timeout, sign_in, credential, account, recovery and risk. The default is none."`
	TellTimeouts            *bool                `json:"tell_timeouts,omitempty" doc:"Also tell of sessions that end by themselves. The default is false."`
	Audiences               []string             `json:"audiences,omitempty" doc:"The aud values that the application may choose among; the first is the default. None means its client id."`
}

type newSSFProviderJSON struct {
	SSFSettingsJSON
	Slug string `json:"slug" example:"atlas" doc:"The last part of the issuer. It cannot be changed."`
}

type ssfProviderJSON struct {
	ID                      idp.ProviderID       `json:"id"`
	ApplicationID           idp.ApplicationID    `json:"application_id,omitempty"`
	Name                    string               `json:"name"`
	Slug                    string               `json:"slug"`
	SigningKeyID            idp.KeyID            `json:"signing_key_id"`
	EventRetention          int64                `json:"event_retention_seconds"`
	VerifyTLS               bool                 `json:"verify_tls"`
	MinVerificationInterval int64                `json:"min_verification_interval_seconds"`
	InactivityTimeout       int64                `json:"inactivity_timeout_seconds"`
	EventTypes              []secevent.EventType `json:"event_types" nullable:"false"`
	DefaultSubjects         idp.DefaultSubjects  `json:"default_subjects"`
	SubjectFormat           subject.Format       `json:"subject_format"`
	HoldBack                []idp.SignalCause    `json:"hold_back" nullable:"false"`
	TellTimeouts            bool                 `json:"tell_timeouts"`
	Audiences               []string             `json:"audiences" nullable:"false"`
	CreatedAt               time.Time            `json:"created_at"`
	UpdatedAt               time.Time            `json:"updated_at"`
}

func toSSFProvider(p idp.SSFProvider) ssfProviderJSON {
	return ssfProviderJSON{
		ID: p.ID, ApplicationID: p.ApplicationID, Name: p.Name, Slug: p.Slug, SigningKeyID: p.SigningKeyID,
		EventRetention: seconds(p.EventRetention), VerifyTLS: p.VerifyTLS,
		MinVerificationInterval: seconds(p.MinVerificationInterval), InactivityTimeout: seconds(p.InactivityTimeout),
		EventTypes: append([]secevent.EventType{}, p.EventTypes...), DefaultSubjects: p.DefaultSubjects,
		SubjectFormat: cmp.Or(p.SubjectFormat, subject.FormatIssSub), HoldBack: append([]idp.SignalCause{}, p.HoldBack...), TellTimeouts: p.TellTimeouts,
		Audiences: append([]string{}, p.Audiences...), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

// apply puts the settings into p.
func (s SSFSettingsJSON) apply(p *idp.SSFProvider) error {
	set(&p.ApplicationID, s.ApplicationID)
	set(&p.Name, s.Name)
	set(&p.SigningKeyID, s.SigningKeyID)
	set(&p.VerifyTLS, s.VerifyTLS)
	set(&p.SubjectFormat, s.SubjectFormat)
	set(&p.TellTimeouts, s.TellTimeouts)
	if s.HoldBack != nil {
		p.HoldBack = s.HoldBack
	}
	if s.DefaultSubjects != nil {
		p.DefaultSubjects = idp.DefaultSubjects(*s.DefaultSubjects)
	}
	if s.EventTypes != nil {
		p.EventTypes = s.EventTypes
	}
	if s.Audiences != nil {
		p.Audiences = s.Audiences
	}
	for _, d := range []struct {
		field string
		to    *time.Duration
		from  *int64
	}{
		{"event_retention", &p.EventRetention, s.EventRetention},
		{"min_verification_interval", &p.MinVerificationInterval, s.MinVerificationInterval},
		{"inactivity_timeout", &p.InactivityTimeout, s.InactivityTimeout},
	} {
		if err := setSeconds(d.field, d.to, d.from); err != nil {
			return err
		}
	}
	return nil
}

func newSSFProvider(s newSSFProviderJSON) (idp.SSFProvider, error) {
	p := idp.SSFProvider{
		Slug: s.Slug, EventRetention: 7 * 24 * time.Hour, VerifyTLS: true,
		MinVerificationInterval: time.Minute, EventTypes: identity.EventTypes(), DefaultSubjects: idp.SubjectsAll,
	}
	return p, s.apply(&p)
}

func (a *API) ssfProviderRoutes() {
	const providers, provider = "/ssf-providers", "/ssf-providers/{id}"
	view(a, operation(http.MethodGet, providers, "SSF providers", "List SSF providers"),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, _ *struct{}) (list[ssfProviderJSON], error) {
			found, err := SSFProviders(ctx, tx, who)
			return list[ssfProviderJSON]{convert(found, toSSFProvider)}, err
		})
	change(a, creates(operation(http.MethodPost, providers, "SSF providers", "Create an SSF provider", http.StatusConflict)),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withBody[newSSFProviderJSON]) (ssfProviderJSON, error) {
			p, err := newSSFProvider(in.Body)
			if err != nil {
				return ssfProviderJSON{}, err
			}
			p, err = CreateSSFProvider(ctx, tx, who, p)
			return toSSFProvider(p), err
		})
	view(a, operation(http.MethodGet, provider, "SSF providers", "Get an SSF provider", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (ssfProviderJSON, error) {
			p, err := SSFProvider(ctx, tx, who, idp.ProviderID(in.ID))
			return toSSFProvider(p), err
		})
	change(a, operation(http.MethodPatch, provider, "SSF providers", "Change an SSF provider", http.StatusNotFound, http.StatusConflict),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *withID[SSFSettingsJSON]) (ssfProviderJSON, error) {
			p, err := SSFProvider(ctx, tx, who, idp.ProviderID(in.ID))
			if err != nil {
				return ssfProviderJSON{}, err
			}
			if err := in.Body.apply(&p); err != nil {
				return ssfProviderJSON{}, err
			}
			p, err = UpdateSSFProvider(ctx, tx, who, p)
			return toSSFProvider(p), err
		})
	change(a, operation(http.MethodDelete, provider, "SSF providers", "Delete an SSF provider with its streams", http.StatusNotFound),
		func(ctx context.Context, tx idp.Tx, who idp.Actor, in *byID) (nothing, error) {
			return nothing{}, DeleteSSFProvider(ctx, tx, who, idp.ProviderID(in.ID))
		})
}
