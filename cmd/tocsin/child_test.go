// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what should take moments before it
// says that it never came.
const patience = 3 * time.Minute

// child is a run of the program in a process of its own. TestMain puts the
// command tocsin, which is this test binary, into the path.
type child struct {
	cmd  *exec.Cmd
	out  output
	dead chan struct{}
	// err is what Wait returned, once dead is closed.
	err error
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// startChild runs tocsin with arguments. It is killed when the test ends, if
// it lives that long.
func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("tocsin", args...), dead: make(chan struct{})}
	// Settings of whoever runs the tests are not settings of the child.
	c.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TOCSIN_") })
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.dead)
	}()
	t.Cleanup(c.kill)
	return c
}

// kill ends the process as kill -9 does, and returns when it is gone. It may
// be called at any time by anybody.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may be dead
	<-c.dead
}

// died says whether the process is gone.
func (c *child) died() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// awaitDeath fails the test if the process does not end.
func (c *child) awaitDeath(t *testing.T) {
	t.Helper()
	select {
	case <-c.dead:
	case <-time.After(patience):
		t.Fatalf("the program did not end within %v:\n%s", patience, &c.out)
	}
}

// awaitReady polls /readyz and says whether it answered before the process
// died.
func (c *child) awaitReady(t *testing.T, base string) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); !c.died(); {
		if resp, err := http.Get(base + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready within %v:\n%s", patience, &c.out)
		}
		c.wait(2 * time.Millisecond)
	}
	return false
}

// wait lets time pass, or less if the process dies.
func (c *child) wait(d time.Duration) {
	select {
	case <-c.dead:
	case <-time.After(d):
	}
}

// devFile is what the tests read of dev.json.
type devFile struct {
	BaseURL    string `json:"base_url"`
	AdminToken string `json:"admin_token"`
	Users      []struct {
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"users"`
	Applications []devApplication `json:"applications"`
}

type devApplication struct {
	Slug         string `json:"slug"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	SSFIssuer    string `json:"ssf_issuer"`
}

// readDevFile waits until the program has written dev.json.
func readDevFile(t *testing.T, c *child, folder string) (f devFile) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; c.wait(5 * time.Millisecond) {
		raw, err := os.ReadFile(filepath.Join(folder, "dev.json"))
		if err == nil {
			if err := json.Unmarshal(raw, &f); err != nil {
				t.Fatalf("dev.json: %v", err)
			}
			return f
		}
		if c.died() || time.Now().After(deadline) {
			t.Fatalf("no dev.json: %v:\n%s", err, &c.out)
		}
	}
}

// admin calls the admin API.
type admin struct {
	base, token string
	client      *http.Client
}

// errAnswer is an answer that is no success.
var errAnswer = errors.New("not a success")

// call sends a request and decodes the answer into out, unless that is nil.
// The error wraps errAnswer when there was an answer.
func (a *admin) call(method, path string, body, out any) error {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, a.base+"/api/v1"+path, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	// The status alone says that the change was made; the body may be cut off.
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(resp.Body)
		return &url.Error{Op: method, URL: path, Err: errors.Join(errAnswer, errors.New(resp.Status+" "+string(text)))}
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
