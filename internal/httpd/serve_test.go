// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package httpd_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tocsin-id/tocsin/internal/httpd"
)

// TestServe follows a shutdown in its steps: no new connections, a request that
// goes on, one whose context ends, and one that is cut off.
func TestServe(t *testing.T) {
	for _, tt := range []struct {
		name         string
		grace, abort time.Duration
		wait         func(r *http.Request, release <-chan struct{})
		release      bool // let the request go on once the shutdown began
		wantBody     string
		wantErr      error
	}{
		{
			name: "request ends by itself", grace: time.Minute, abort: time.Minute, release: true,
			wait:     func(_ *http.Request, release <-chan struct{}) { <-release },
			wantBody: "whole",
		},
		{
			name: "context ends", grace: time.Millisecond, abort: time.Minute,
			wait: func(r *http.Request, _ <-chan struct{}) {
				<-r.Context().Done()
				if cause := context.Cause(r.Context()); !errors.Is(cause, httpd.ErrShuttingDown) {
					t.Errorf("cause = %v, want %v", cause, httpd.ErrShuttingDown)
				}
			},
			wantBody: "whole",
		},
		{
			name: "cut off", grace: time.Millisecond, abort: time.Millisecond,
			wait:    func(_ *http.Request, release <-chan struct{}) { <-release },
			wantErr: context.DeadlineExceeded,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entered, release := make(chan struct{}), make(chan struct{})
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(entered)
				tt.wait(r, release)
				io.WriteString(w, "whole")
			})
			url, stop, served := serve(t, httpd.Config{Handler: handler, Grace: tt.grace, Abort: tt.abort})
			body := make(chan string, 1)
			go func() { body <- getBody(url) }()
			<-entered
			stop()
			if tt.release {
				close(release)
			}
			if err := <-served; !errors.Is(err, tt.wantErr) {
				t.Errorf("Serve = %v, want %v", err, tt.wantErr)
			}
			if got := <-body; got != tt.wantBody {
				t.Errorf("body = %q, want %q", got, tt.wantBody)
			}
			if !tt.release {
				close(release)
			}
			if got := getBody(url); got != "" {
				t.Errorf("body after shutdown = %q, want no connection", got)
			}
		})
	}
}

func TestServeReportsListener(t *testing.T) {
	ln := listen(t)
	ln.Close()
	if err := httpd.Serve(t.Context(), ln, httpd.Config{Handler: http.NotFoundHandler()}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener = %v, want %v", err, net.ErrClosed)
	}
}

func TestServeTLS(t *testing.T) {
	fixture := httptest.NewTLSServer(nil) // for its certificate
	defer fixture.Close()
	url, stop, served := serve(t, httpd.Config{
		Handler: http.NotFoundHandler(),
		TLS:     &tls.Config{Certificates: fixture.TLS.Certificates},
	})
	addr := url[len("http://"):]
	for _, tt := range []struct {
		name   string
		config *tls.Config
		ok     bool
	}{
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"suite without authenticated encryption", &tls.Config{
			MaxVersion:   tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.InsecureSkipVerify = true // the certificate is not what is tested
			conn, err := tls.Dial("tcp", addr, tt.config)
			if (err == nil) != tt.ok {
				t.Errorf("handshake = %v, want success %v", err, tt.ok)
			}
			if err == nil {
				conn.Close()
			}
		})
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

// serve runs a server on a free port. It ends by itself after the test.
func serve(t *testing.T, config httpd.Config) (url string, stop func(), served <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ln := listen(t)
	result := make(chan error, 1)
	go func() { result <- httpd.Serve(ctx, ln, config) }()
	return "http://" + ln.Addr().String(), cancel, result
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// getBody returns what a GET answers, or "" if there is no whole answer.
func getBody(url string) string {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(body)
}
