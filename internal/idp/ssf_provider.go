// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"log/slog"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// DefaultSubjects says which subjects a new stream begins with (SSF §7.1).
type DefaultSubjects string

// The values of default_subjects.
const (
	// SubjectsAll means every user who may use the application.
	SubjectsAll DefaultSubjects = "ALL"
	// SubjectsNone means nobody until the Receiver adds subjects.
	SubjectsNone DefaultSubjects = "NONE"
)

// SSFProvider is a backchannel provider: an SSF Transmitter of its own, with
// its issuer, key and rules, that serves one application.
type SSFProvider struct {
	ID ProviderID
	// ApplicationID is empty while the provider is not assigned; then nobody
	// can manage streams on it.
	ApplicationID ApplicationID
	Name          string
	// Slug is the last part of the issuer URL. Unique; it never changes, for
	// Receivers compare the issuer exactly (SSF §7.2.4).
	Slug string
	// SigningKeyID is the key that signs the SETs.
	SigningKeyID KeyID
	// EventRetention is how long an event is stored, 1 hour to 365 days. When
	// an event could not be sent and is retried, its expiration moves on by
	// this duration.
	EventRetention time.Duration
	// VerifyTLS checks the certificates of push endpoints.
	VerifyTLS bool
	// MinVerificationInterval is the time between two verification requests
	// of a stream, 0 to 1 hour (SSF §8.1.1).
	MinVerificationInterval time.Duration
	// InactivityTimeout pauses a stream whose Receiver was not heard of for
	// so long; zero never does, otherwise 1 minute to 365 days (SSF §8.1.1).
	InactivityTimeout time.Duration
	// EventTypes are those that streams may ask for, at least one.
	EventTypes []secevent.EventType
	// DefaultSubjects of new streams.
	DefaultSubjects DefaultSubjects
	// SubjectFormat is how users are named in SETs: subject.FormatIssSub (the
	// zero value means that), FormatEmail, FormatOpaque (the user's ID), or
	// FormatAliases (all three).
	SubjectFormat subject.Format
	// HoldBack are the causes whose signals the application does not get, such
	// as routine sign-outs for one that would wipe a device.
	HoldBack []SignalCause
	// TellTimeouts also tells the application of sessions that end by
	// themselves.
	TellTimeouts bool
	// Audiences are the "aud" values that the application may choose among
	// when it creates a stream; the first is the default. Empty means the
	// application's client id.
	Audiences []string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows id and slug.
func (p SSFProvider) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(p.ID)), slog.String("slug", p.Slug))
}

// Validate returns an *InvalidError for the first member that is wrong.
func (p SSFProvider) Validate() error {
	if err := validateName("name", p.Name, 100); err != nil {
		return err
	}
	if err := ValidateSlug("slug", p.Slug); err != nil {
		return err
	}
	const day = 24 * time.Hour
	switch {
	case p.SigningKeyID == "":
		return Invalid("signing_key", "must name a signing key")
	case p.EventRetention < time.Hour || p.EventRetention > 365*day:
		return Invalid("event_retention", "must be 1 hour to 365 days")
	case p.MinVerificationInterval < 0 || p.MinVerificationInterval > time.Hour:
		return Invalid("min_verification_interval", "must be 0 to 1 hour")
	case p.MinVerificationInterval%time.Second != 0:
		return Invalid("min_verification_interval", "must be whole seconds")
	case p.InactivityTimeout != 0 && (p.InactivityTimeout < time.Minute || p.InactivityTimeout > 365*day):
		return Invalid("inactivity_timeout", "must be 0 (never) or 1 minute to 365 days")
	case p.InactivityTimeout%time.Second != 0:
		return Invalid("inactivity_timeout", "must be whole seconds")
	case len(p.EventTypes) == 0 || len(p.EventTypes) > 64:
		return Invalid("event_types", "must hold 1 to 64 event types")
	case p.DefaultSubjects != SubjectsAll && p.DefaultSubjects != SubjectsNone:
		return Invalid("default_subjects", "must be ALL or NONE")
	case !slices.Contains([]subject.Format{"", subject.FormatIssSub, subject.FormatEmail, subject.FormatOpaque, subject.FormatAliases}, p.SubjectFormat):
		return Invalid("subject_format", "must be iss_sub, email, opaque or aliases")
	case len(p.Audiences) > 20 || slices.Contains(p.Audiences, ""):
		return Invalid("audiences", "must hold at most 20 values, none of them empty")
	}
	for _, c := range p.HoldBack {
		if !slices.Contains(SignalCauses(), c) {
			return Invalid("hold_back", "must be of %v; %q is not", SignalCauses(), c)
		}
	}
	return nil
}
