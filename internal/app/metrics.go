// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tocsin-id/tocsin/internal/delivery"
	"github.com/tocsin-id/tocsin/internal/idp"
)

// metrics counts what delivery does. No label names a stream, an application
// or a user: their number has no bound.
type metrics struct {
	registry *prometheus.Registry
	attempts *prometheus.CounterVec
	took     prometheus.Histogram
	latency  prometheus.Histogram
	pushes   prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_push_attempts_total",
			Help: "Attempts to push a SET, by outcome and kind of failure.",
		}, []string{"outcome", "error"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "tocsin_push_request_seconds",
			Help:    "Duration of push requests.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "tocsin_change_to_acknowledged_seconds",
			Help:    "Time from a change to the acknowledgement of its SET by push.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 120, 600, 3600, 86400},
		}),
		pushes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tocsin_push_deliveries_total",
			Help: "Deliveries made for push streams.",
		}),
	}
	m.registry.MustRegister(m.attempts, m.took, m.latency, m.pushes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe is told of each attempt to push.
func (m *metrics) observe(o delivery.Observation) {
	m.attempts.WithLabelValues(string(o.Outcome), errorLabel(o.Err)).Inc()
	m.took.Observe(o.Took.Seconds())
	if o.Outcome == idp.Acknowledged && o.SinceChange > 0 {
		m.latency.Observe(o.SinceChange.Seconds())
	}
}

// knownErrors bounds the label: a Receiver chooses its error codes.
var knownErrors = map[string]bool{
	"": true, "invalid_request": true, "invalid_key": true, "invalid_issuer": true, "invalid_audience": true,
	"authentication_failed": true, "access_denied": true, "invalid_state": true,
	"connection": true, "dns": true, "certificate": true, "tls": true, "timeout": true, "signing": true, "invalid_url": true,
	"http_400": true, "http_401": true, "http_403": true, "http_404": true, "http_410": true, "http_413": true, "http_429": true,
	"http_500": true, "http_502": true, "http_503": true, "http_504": true,
}

func errorLabel(err string) string {
	if knownErrors[err] {
		return err
	}
	return "other"
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
