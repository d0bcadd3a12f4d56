// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"log/slog"
	"time"

	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/subject"
)

// DeliveryMethod is the URI of a delivery method (SSF §6.1).
type DeliveryMethod string

// The delivery methods.
const (
	// Push is RFC 8935.
	Push DeliveryMethod = "urn:ietf:rfc:8935"
	// Poll is RFC 8936.
	Poll DeliveryMethod = "urn:ietf:rfc:8936"
	// Logout is OIDC Back-Channel Logout. Tocsin makes such a stream itself
	// for an OIDC provider with a BackchannelLogoutURI: ProviderID is that
	// provider's, and no Receiver sees or manages it.
	Logout DeliveryMethod = "openid-backchannel-logout"
)

// Pushed reports whether deliveries are posted to the stream's endpoint, and
// not fetched from us.
func (m DeliveryMethod) Pushed() bool { return m == Push || m == Logout }

// LogoutRetention is how long the delivery of a Logout stream is stored; its
// provider has no setting for it. It is longer than an outage that somebody
// would not notice.
const LogoutRetention = 7 * 24 * time.Hour

// StreamStatus is the status of a stream (SSF §8.1.2).
type StreamStatus string

// The stream statuses.
const (
	StreamEnabled  StreamStatus = "enabled"
	StreamPaused   StreamStatus = "paused"
	StreamDisabled StreamStatus = "disabled"
)

// Stream is an agreement between one Receiver and us: which events, how they
// travel, and whether they flow (SSF §8.1.1).
type Stream struct {
	// Num is the stream's number in the database.
	Num StreamNum
	// ID is the stream_id on the wire.
	ID            StreamID
	ProviderID    ProviderID
	ApplicationID ApplicationID
	// Audience is fixed at creation.
	Audience secevent.Audience
	// EventsRequested is nil when the Receiver did not say; then it gets the
	// provider's event types. An empty list is kept as it is.
	EventsRequested []secevent.EventType
	// Description is at most 1,000 characters; longer ones are cut.
	Description string
	Method      DeliveryMethod
	// EndpointURL is the push endpoint; empty for poll.
	EndpointURL string
	// Authorization is the value of the Authorization header of each push
	// (SSF §6.1.1); zero sends none.
	Authorization Secret
	Status        StreamStatus
	// Reason is why the status is what it is; empty when nobody said.
	Reason string
	// StatusBy is who set the status last. A Receiver cannot enable what an
	// admin stopped.
	StatusBy ActorKind
	// DefaultSubjects is fixed at creation (SSF §7.1).
	DefaultSubjects DefaultSubjects
	// FromSignal is the signal after which the stream takes part: those up to
	// it happened before the stream existed or while it was disabled.
	FromSignal int64
	// ActiveAt is the Receiver's last eligible activity (SSF §8.1.1).
	ActiveAt time.Time
	// VerificationAt is the last accepted verification request, zero if none.
	VerificationAt time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// LogValue shows the stream's id, method and status.
func (s Stream) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(s.ID)),
		slog.String("method", string(s.Method)), slog.String("status", string(s.Status)))
}

// StreamSubject is a subject that a Receiver added to a stream or removed from
// it (SSF §8.1.3).
type StreamSubject struct {
	Stream  StreamNum
	Subject subject.Identifier
	// Removed means that the Receiver removed it from an ALL stream.
	Removed bool
	// Verified is what the Receiver said of it; true when it said nothing.
	Verified bool
	At       time.Time
}

// StreamFilter selects streams, ordered by number.
type StreamFilter struct {
	// ProviderID and ApplicationID restrict when not empty.
	ProviderID    ProviderID
	ApplicationID ApplicationID
	// Method and Status restrict when not empty.
	Method DeliveryMethod
	Status StreamStatus
	// After is the number after which to begin.
	After StreamNum
	// Limit is how many to return; zero means all.
	Limit int
}
