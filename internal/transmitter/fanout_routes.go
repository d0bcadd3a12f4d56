// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package transmitter

import (
	"errors"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/caep"
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
)

// streamRoute is a stream with all that decides what it gets.
type streamRoute struct {
	stream idp.Stream
	// provider is the zero value for a stream of logout tokens.
	provider    idp.SSFProvider
	application idp.Application
	// hasSubjects says that subjects were added or removed; without them the
	// default decides alone.
	hasSubjects bool
}

// retention is how long its deliveries are stored.
func (r *streamRoute) retention() time.Duration {
	if r.stream.Method == idp.Logout {
		return idp.LogoutRetention
	}
	return r.provider.EventRetention
}

// routeTable is the streams at one ConfigVersion.
type routeTable struct {
	version int64
	byNum   map[idp.StreamNum]*streamRoute
	// byType is the streams that get an event type, by number.
	byType map[secevent.EventType][]*streamRoute
}

// loadRoutes reads every stream that can get something.
func loadRoutes(tx idp.Tx, version int64) (*routeTable, error) {
	table := &routeTable{version: version, byNum: make(map[idp.StreamNum]*streamRoute),
		byType: make(map[secevent.EventType][]*streamRoute)}
	streams, err := tx.Streams(idp.StreamFilter{})
	if err != nil {
		return nil, err
	}
	providers := make(map[idp.ProviderID]idp.SSFProvider)
	applications := make(map[idp.ApplicationID]idp.Application)
	for _, s := range streams {
		application, err := remember(applications, s.ApplicationID, tx.Application)
		if err != nil {
			return nil, err
		}
		if s.Method == idp.Logout {
			// SyncLogoutStream keeps it in step with its provider.
			table.add(&streamRoute{stream: s, application: application}, caep.TypeSessionRevoked)
			continue
		}
		provider, err := remember(providers, s.ProviderID, tx.SSFProvider)
		if err != nil {
			return nil, err
		}
		if provider.ID == "" || application.ID == "" || provider.ApplicationID != application.ID {
			continue // the provider serves another application by now
		}
		subjects, err := tx.Subjects(s.Num, 1)
		if err != nil {
			return nil, err
		}
		table.add(&streamRoute{s, provider, application, len(subjects) > 0}, EventsDelivered(provider, s)...)
	}
	return table, nil
}

// remember reads a thing once; what is not found is its zero value.
func remember[K comparable, V any](cache map[K]V, key K, read func(K) (V, error)) (V, error) {
	if v, ok := cache[key]; ok {
		return v, nil
	}
	v, err := read(key)
	if err != nil && !errors.Is(err, idp.ErrNotFound) {
		return v, err
	}
	cache[key] = v
	return v, nil
}

func (t *routeTable) add(r *streamRoute, types ...secevent.EventType) {
	t.byNum[r.stream.Num] = r
	if r.stream.Status == idp.StreamDisabled {
		return
	}
	for _, typ := range types {
		t.byType[typ] = append(t.byType[typ], r)
	}
}

// streamsFor returns the streams that get a signal: they are not disabled, take
// part since before it, get its type, and it concerns them.
func (t *routeTable) streamsFor(tx idp.Tx, sig idp.Signal, p principal) ([]*streamRoute, error) {
	if sig.Stream != 0 {
		if r, ok := t.byNum[sig.Stream]; ok {
			return []*streamRoute{r}, nil
		}
		return nil, nil // deleted meanwhile
	}
	users := logoutUsers{tx: tx, sig: sig}
	var routes []*streamRoute
	for _, r := range t.byType[sig.Type] {
		if sig.ID <= r.stream.FromSignal || sig.ApplicationID != "" && sig.ApplicationID != r.application.ID {
			continue
		}
		concerned, err := false, error(nil)
		if r.stream.Method == idp.Logout {
			concerned, err = users.include(r.application)
		} else {
			concerned, err = r.concernedBy(tx, sig, p)
		}
		if err != nil {
			return nil, err
		}
		if concerned {
			routes = append(routes, r)
		}
	}
	return slices.Clip(routes), nil
}

// concernedBy decides whether a stream of an SSF provider gets a signal (SSF
// §8.1.3.1): the provider's rules do not hold it back, the user may use the
// application, and is among the stream's subjects. That the application may
// know of the user is checked here and not when a subject is added (SSF §9.2).
func (r *streamRoute) concernedBy(tx idp.Tx, sig idp.Signal, p principal) (bool, error) {
	if holdsBack(r.provider, sig.Cause) || !r.application.Admits(sig.Principal.Groups) {
		return false, nil
	}
	var candidates []idp.StreamSubject
	if r.hasSubjects {
		var err error
		if candidates, err = tx.SubjectCandidates(r.stream.Num, p.about); err != nil {
			return false, err
		}
	}
	return p.concerns(r.stream.DefaultSubjects, candidates), nil
}

// holdsBack reports whether a provider's rules keep a signal from its
// application. A session that ended by itself is told only to those who asked:
// such an end says nothing about the user, and a Receiver that follows it logs
// people out.
func holdsBack(p idp.SSFProvider, cause idp.SignalCause) bool {
	return slices.Contains(p.HoldBack, cause) || cause == idp.CauseTimeout && !p.TellTimeouts
}
