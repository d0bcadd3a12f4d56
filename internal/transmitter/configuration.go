// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	"github.com/tocsin-id/tocsin/ssf"
)

// Configuration is a stream as its Receiver sees it (SSF §8.1.1). It holds the
// credential of the push endpoint, because a Receiver that reads, changes and
// writes back a stream would otherwise delete it; show it to nobody else.
func (t *Transmitter) Configuration(p idp.SSFProvider, s idp.Stream) ssf.Stream {
	issuer := t.issuer(p.Slug)
	delivery := ssf.Delivery{Method: ssf.DeliveryMethod(s.Method), EndpointURL: s.EndpointURL,
		AuthorizationHeader: s.Authorization.Reveal()}
	if s.Method == idp.Poll {
		delivery = ssf.Delivery{Method: ssf.Poll, EndpointURL: issuer + "/poll/" + string(s.ID)}
	}
	return ssf.Stream{
		ID:                      string(s.ID),
		Issuer:                  issuer,
		Audience:                s.Audience,
		EventsSupported:         p.EventTypes,
		EventsRequested:         s.EventsRequested,
		EventsDelivered:         EventsDelivered(p, s),
		Delivery:                delivery,
		MinVerificationInterval: int(p.MinVerificationInterval / time.Second),
		Description:             s.Description,
		InactivityTimeout:       int(p.InactivityTimeout / time.Second),
	}
}

// EventsDelivered is the event types that a stream gets: those of the provider
// that the Receiver asked for (SSF §8.1.1).
//
// SPEC: SSF §8.1.1 does not say what a Receiver gets that requested nothing.
// Here it is everything but session-established, session-presented and
// risk-level-change. The first two come with each sign-in, the third is a
// judgement of ours and no change of the account, so only streams that ask get
// them.
func EventsDelivered(p idp.SSFProvider, s idp.Stream) []secevent.EventType {
	delivered := make([]secevent.EventType, 0, len(p.EventTypes))
	for _, typ := range p.EventTypes {
		wanted := slices.Contains(s.EventsRequested, typ)
		if s.EventsRequested == nil {
			wanted = typ != caep.TypeSessionEstablished && typ != caep.TypeSessionPresented &&
				typ != caep.TypeRiskLevelChange
		}
		if wanted && !slices.Contains(delivered, typ) {
			delivered = append(delivered, typ)
		}
	}
	return delivered
}

// cut shortens a text to at most limit characters.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit])
}
