// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of every server. A handler that needs another one, as a stream of
// events, sets it for its request with an http.ResponseController.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	// writeTimeout runs from the end of the request headers, so it has to be
	// longer than the longest poll.
	writeTimeout   = 90 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
)

// The values of a Config field that is zero.
const (
	DefaultGrace = 5 * time.Second
	DefaultAbort = 10 * time.Second
)

// ErrShuttingDown is the cause of a request's context that Serve ended.
var ErrShuttingDown = errors.New("server is shutting down")

// Config is a server.
type Config struct {
	// Handler answers every request. Required.
	Handler http.Handler
	// TLS holds the certificate. Nil serves plain HTTP, for development or
	// behind a proxy. Versions before 1.2 and, unless CipherSuites is set,
	// suites without forward secrecy and authenticated encryption are off
	// (CAEP Interop §2.1).
	TLS *tls.Config
	// Log gets what net/http has to say, as a failed handshake. Nil discards it.
	Log *slog.Logger
	// Grace is how long requests may go on after a shutdown began. Then their
	// contexts end, with ErrShuttingDown as the cause. Zero means DefaultGrace.
	Grace time.Duration
	// Abort is how long after that connections are closed, whatever runs on
	// them. Zero means DefaultAbort.
	Abort time.Duration
}

// Serve answers requests on ln until ctx ends, and then shuts down: it accepts
// no more connections, and lets requests run for Grace. It closes ln. The error
// is nil after a shutdown in which every request ended by itself.
//
// A long poll would hold up every shutdown for the whole of Grace: its handler
// should watch ctx too, and answer that there is nothing.
func Serve(ctx context.Context, ln net.Listener, config Config) error {
	requests, endRequests := context.WithCancelCause(context.Background())
	defer endRequests(nil)
	server := newServer(requests, config)

	served := make(chan error, 1)
	go func() {
		if config.TLS != nil {
			served <- server.ServeTLS(ln, "", "")
			return
		}
		served <- server.Serve(ln)
	}()

	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	return shutdown(server, config, endRequests)
}

func newServer(requests context.Context, config Config) *http.Server {
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           config.Handler,
		TLSConfig:         hardened(config.TLS),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		// Anyone can cause these, so they are not worth a warning each.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// hardened returns config with TLS 1.2 as the least version, and with the
// suites of TLS 1.2 that are both forward secret and authenticated.
func hardened(config *tls.Config) *tls.Config {
	if config == nil {
		return nil
	}
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.CipherSuites == nil {
		config.CipherSuites = []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		}
	}
	return config
}

// shutdown waits for requests in two steps: first as they are, then with their
// contexts ended, so that what still waits can answer before it is cut off.
func shutdown(server *http.Server, config Config, endRequests context.CancelCauseFunc) error {
	grace, abort := config.Grace, config.Abort
	if grace == 0 {
		grace = DefaultGrace
	}
	if abort == 0 {
		abort = DefaultAbort
	}
	timer := time.AfterFunc(grace, func() { endRequests(ErrShuttingDown) })
	defer timer.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), grace+abort)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("shutdown: requests were cut off: %w", err), server.Close())
	}
	return nil
}
