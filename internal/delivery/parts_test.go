// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tocsin-id/tocsin/internal/idp"
)

func TestQueue(t *testing.T) {
	d := func(seq, key int64) idp.Delivery { return idp.Delivery{Seq: seq, OrderKey: key} }
	next := func(t *testing.T, q *queue, want int64) {
		t.Helper()
		got, ok := q.next()
		if ok != (want != 0) || got.Seq != want {
			t.Errorf("next() = %d, %v, want %d", got.Seq, ok, want)
		}
	}

	t.Run("keeps the order of one user and lets others pass", func(t *testing.T) {
		q := newQueue()
		q.add(d(1, 7), d(2, 7), d(3, 8))
		next(t, q, 1)
		next(t, q, 3)
		next(t, q, 0)
		q.release(7)
		next(t, q, 2)
	})
	t.Run("takes a delivery back to its place", func(t *testing.T) {
		q := newQueue()
		q.add(d(1, 7), d(2, 7), d(3, 9))
		first, _ := q.next()
		q.release(7)
		q.add(first)
		next(t, q, 1)
	})
	t.Run("puts control deliveries first", func(t *testing.T) {
		q := newQueue()
		control := d(9, 1)
		control.Control = true
		q.add(d(1, 7), control)
		next(t, q, 9)
		next(t, q, 1)
	})
	t.Run("holds a key as often as it was held", func(t *testing.T) {
		q := newQueue()
		q.hold(7)
		q.hold(7)
		q.add(d(1, 7))
		q.release(7)
		next(t, q, 0)
		q.release(7)
		next(t, q, 1)
	})
	t.Run("adds a waiting delivery once", func(t *testing.T) {
		q := newQueue()
		q.add(d(1, 7), d(2, 8))
		q.add(d(1, 7), d(2, 8), d(3, 9))
		for _, want := range []int64{1, 2, 3, 0} {
			next(t, q, want)
		}
	})
}

// TestQueueOrder sends deliveries of few users in any order that the queue
// allows, with failures, and checks that each user's arrive in order.
func TestQueueOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue()
		n := rapid.Int64Range(1, 40).Draw(t, "n")
		for seq := int64(1); seq <= n; seq++ {
			q.add(idp.Delivery{Seq: seq, OrderKey: rapid.Int64Range(1, 4).Draw(t, "key")})
		}
		var underWay []idp.Delivery
		last := map[int64]int64{}
		for arrived := int64(0); arrived < n; {
			if d, ok := q.next(); ok {
				underWay = append(underWay, d)
				continue
			}
			if len(underWay) == 0 {
				t.Fatalf("nothing under way and nothing to start after %d of %d", arrived, n)
			}
			i := rapid.IntRange(0, len(underWay)-1).Draw(t, "answered")
			d := underWay[i]
			underWay = append(underWay[:i], underWay[i+1:]...)
			q.release(d.OrderKey)
			if rapid.Bool().Draw(t, "failed") {
				q.add(d)
				continue
			}
			if d.Seq <= last[d.OrderKey] {
				t.Fatalf("delivery %d of user %d arrived after %d", d.Seq, d.OrderKey, last[d.OrderKey])
			}
			last[d.OrderKey] = d.Seq
			arrived++
		}
	})
}

func TestBreaker(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

	t.Run("failures of one window count once", func(t *testing.T) {
		b := newBreaker(8)
		for range 8 {
			b.failed(0, start, 0)
		}
		if b.failures != 1 {
			t.Errorf("failures = %d, want 1", b.failures)
		}
	})
	t.Run("one probe at a time after a pause", func(t *testing.T) {
		b := newBreaker(8)
		b.failed(b.epoch, start, 0)
		if b.room(0, start) {
			t.Error("room at once after a failure")
		}
		if !b.room(0, b.nextAt) || b.room(1, b.nextAt) {
			t.Error("want room for exactly one probe when the pause is over")
		}
	})
	t.Run("starts slowly when it works again", func(t *testing.T) {
		b := newBreaker(8)
		b.failed(b.epoch, start, 0)
		var windows []int
		for range 5 {
			b.succeeded()
			windows = append(windows, b.window)
		}
		want := []int{1, 2, 4, 8, 8}
		for i := range want {
			if windows[i] != want[i] {
				t.Fatalf("windows = %v, want %v", windows, want)
			}
		}
	})
	t.Run("pauses stay within a quarter of the outage and ten minutes", func(t *testing.T) {
		b := newBreaker(8)
		now := start
		for range 200 {
			b.failed(b.epoch, now, 0)
			pause := b.nextAt.Sub(now)
			bound := min(max(2*time.Second, now.Sub(start)/4), mostPause)
			if pause < leastPause || pause > bound {
				t.Fatalf("pause %v after %v, want %v to %v", pause, now.Sub(start), leastPause, bound)
			}
			now = b.nextAt
		}
	})
	t.Run("honours Retry-After up to an hour", func(t *testing.T) {
		b := newBreaker(8)
		b.failed(b.epoch, start, 90*time.Second)
		if got := b.nextAt.Sub(start); got < 90*time.Second {
			t.Errorf("pause = %v, want at least 90s", got)
		}
		b.failed(b.epoch, start, 48*time.Hour)
		if got := b.nextAt.Sub(start); got > time.Hour {
			t.Errorf("pause = %v, want at most 1h", got)
		}
	})
}

// TestJudge lists what each answer means (RFC 8935 §2.2, §2.3, §2.4).
func TestJudge(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		body   string
		class  class
		err    string
		after  time.Duration
	}{
		{name: "202", status: 202, class: taken},
		{name: "200 is taken with a remark", status: 200, class: taken, err: "http_200"},
		{name: "invalid_request", status: 400, body: `{"err":"invalid_request","description":"x"}`, class: refused, err: "invalid_request"},
		{name: "invalid_state", status: 400, body: `{"err":"invalid_state","description":"x"}`, class: hopeless, err: "invalid_state"},
		{name: "invalid_key", status: 400, body: `{"err":"invalid_key","description":"x"}`, class: endpoint, err: "invalid_key"},
		{name: "invalid_issuer", status: 400, body: `{"err":"invalid_issuer"}`, class: endpoint, err: "invalid_issuer"},
		{name: "invalid_audience", status: 400, body: `{"err":"invalid_audience"}`, class: endpoint, err: "invalid_audience"},
		{name: "authentication_failed", status: 400, body: `{"err":"authentication_failed"}`, class: endpoint, err: "authentication_failed"},
		{name: "access_denied", status: 400, body: `{"err":"access_denied"}`, class: endpoint, err: "access_denied"},
		{name: "unknown code", status: 400, body: `{"err":"jwtCrypto","description":"x"}`, class: refused, err: "jwtCrypto"},
		{name: "400 without object", status: 400, body: `<html>`, class: refused, err: "http_400"},
		{name: "401", status: 401, class: endpoint, err: "http_401"},
		{name: "404", status: 404, class: endpoint, err: "http_404"},
		{name: "410", status: 410, class: gone, err: "http_410"},
		{name: "413", status: 413, class: refused, err: "http_413"},
		{name: "redirect", status: 302, class: endpoint, err: "http_302"},
		{name: "429 in seconds", status: 429, header: http.Header{"Retry-After": {"17"}}, class: endpoint, err: "http_429", after: 17 * time.Second},
		{name: "503 until a date", status: 503, header: http.Header{"Retry-After": {"Thu, 01 Jan 2026 00:01:00 GMT"}}, class: endpoint, err: "http_503", after: time.Minute},
		{name: "nonsense Retry-After", status: 503, header: http.Header{"Retry-After": {"-5"}}, class: endpoint, err: "http_503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judge(c.status, c.header, []byte(c.body), now)
			if got.class != c.class || got.err != c.err || got.retryAfter != c.after {
				t.Errorf("judge(%d, %q) = %+v, want class %d, err %q, after %v", c.status, c.body, got, c.class, c.err, c.after)
			}
		})
	}
}

// TestJudgeLogout is OIDC BCL §2.8.
func TestJudgeLogout(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		body   string
		class  class
		err    string
		detail string
	}{
		{name: "200", status: 200, class: taken},
		{name: "204", status: 204, class: taken},
		{name: "another success", status: 202, class: taken, err: "http_202", detail: "asks for 200"},
		{name: "400 with an object", status: 400, body: `{"error":"invalid_request","error_description":"expired"}`,
			class: refused, err: "invalid_request", detail: "expired"},
		{name: "400 with the object of a SET", status: 400, body: `{"err":"invalid_key"}`, class: refused, err: "http_400", detail: "without an error object"},
		{name: "400 with a page", status: 400, body: "<html>", class: refused, err: "http_400", detail: "<html>"},
		{name: "401", status: 401, class: endpoint, err: "http_401"},
		{name: "404", status: 404, class: endpoint, err: "http_404"},
		{name: "redirect", status: 302, class: endpoint, err: "http_302", detail: "backchannel_logout_uri"},
		{name: "410", status: 410, class: gone, err: "http_410"},
		{name: "504", status: 504, class: endpoint, err: "http_504"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judgeLogout(c.status, c.header, []byte(c.body), time.Now())
			if got.class != c.class || got.err != c.err || !strings.Contains(got.detail, c.detail) {
				t.Errorf("judgeLogout(%d, %q) = %+v, want class %d, err %q, detail with %q", c.status, c.body, got, c.class, c.err, c.detail)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	if got := noAnswer(context.DeadlineExceeded); got.class != endpoint || got.err != "timeout" {
		t.Errorf("noAnswer(deadline) = %+v, want a timeout of the endpoint", got)
	}
	if got := noAnswer(context.Canceled); got.class != aborted {
		t.Errorf("noAnswer(cancelled) = %+v, want aborted", got)
	}
	if got := noAnswer(errors.New("no route")); got.err != "connection" {
		t.Errorf("noAnswer(other) = %+v, want connection", got)
	}
}

// FuzzJudge feeds the answers of strangers.
func FuzzJudge(f *testing.F) {
	f.Add(400, "", `{"err":"invalid_key","description":"\u0000"}`)
	f.Add(503, "99999999999", "")
	f.Add(400, "", `{"error":"invalid_request","error_description":"\u0000"}`)
	f.Fuzz(func(t *testing.T, status int, after, body string) {
		for _, m := range pushedMethods() {
			v := formOf(m).judge(status, http.Header{"Retry-After": {after}}, []byte(body), time.Unix(0, 0))
			if !utf8.ValidString(v.err) || !utf8.ValidString(v.detail) || len(v.err) > 64 || len(v.detail) > 1200 {
				t.Errorf("%s: judge(%d, %q) = %+v, want short valid text", m, status, body, v)
			}
			if v.retryAfter < 0 {
				t.Errorf("%s: judge() asks to wait %v", m, v.retryAfter)
			}
		}
	})
}

func TestMergeRuns(t *testing.T) {
	a := func(seq int64, status int, took time.Duration) idp.Attempt {
		return idp.Attempt{From: seq, To: seq, Status: status, Took: took}
	}
	got := mergeRuns([]idp.Attempt{a(3, 202, 1), a(1, 202, 5), a(2, 202, 2), a(5, 202, 1), a(4, 200, 1)})
	var text []string
	for _, r := range got {
		text = append(text, strings.Repeat("*", int(r.To-r.From+1)))
	}
	if want := "*** * *"; strings.Join(text, " ") != want || got[0].Took != 5 {
		t.Errorf("mergeRuns() = %v, want runs %s", got, want)
	}
}
