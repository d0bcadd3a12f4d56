// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run this very program as the command tocsin.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:      "testdata/script",
		Deadline: time.Now().Add(10 * time.Minute),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await,
			"http":  request,
		},
	})
}

func TestExplain(t *testing.T) {
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	failure := errors.New("the disk is full")
	stopped := fmt.Errorf("signing: %w", context.Canceled)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want string
	}{
		{"a failure", t.Context(), failure, "the disk is full"},
		{"an interrupted start", interrupted, stopped, "interrupted before it was ready"},
		{"a failure on the way out", interrupted, failure, "the disk is full"},
		{"something else that was canceled", t.Context(), stopped, "signing: context canceled"},
	} {
		if got := explain(tt.ctx, tt.err); got != tt.want {
			t.Errorf("explain of %s = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// await waits until a file matches a regular expression, and stores its first
// group in an environment variable if one is named:
//
//	await FILE REGEXP [VARIABLE]
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await FILE REGEXP [VARIABLE]")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var text []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		text, err = os.ReadFile(ts.MkAbs(args[0]))
		match := re.FindSubmatch(text)
		if err != nil || match == nil {
			continue
		}
		if len(args) == 3 {
			ts.Setenv(args[2], string(match[1]))
		}
		return
	}
	ts.Fatalf("%s does not match %q: %v\n%s", args[0], args[1], err, text)
}

// request sends a request, with $BEARER as its token if that is set, and
// prints the body of the answer, which must have the status:
//
//	http STATUS METHOD URL [FORM]
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: http STATUS METHOD URL [FORM]")
	}
	form := strings.Join(args[3:], "")
	req, err := http.NewRequest(args[1], args[2], strings.NewReader(form))
	ts.Check(err)
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token := ts.Getenv("BEARER"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s", body)
	if got := strconv.Itoa(resp.StatusCode); got != args[0] {
		ts.Fatalf("%s %s = %s, want %s: %s", args[1], args[2], got, args[0], body)
	}
}
