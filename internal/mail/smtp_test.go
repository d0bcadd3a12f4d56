// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/mail"
)

// letter is a mail as the server got it.
type letter struct{ from, to, data string }

// smtpServer is a mail server on the loopback address.
type smtpServer struct {
	security mail.Security
	// certificate is used by STARTTLS and TLS.
	tls   *tls.Config
	roots *x509.CertPool
	ln    net.Listener
	// got receives each letter that was taken.
	got chan letter

	mu sync.Mutex
	// user and password are asked for when user is not empty.
	user, password string
	// replies replace what a command is answered with; RCPT and a dot, the
	// end of the text, are the interesting ones.
	replies map[string]string
	// connections counts them.
	connections int
}

// startSMTP starts a server that ends with the test.
func startSMTP(t *testing.T, security mail.Security) *smtpServer {
	t.Helper()
	// A web server of the standard library lends its certificate.
	lender := httptest.NewTLSServer(nil)
	s := &smtpServer{security: security, tls: &tls.Config{Certificates: lender.TLS.Certificates},
		roots: x509.NewCertPool(), got: make(chan letter, 100), replies: map[string]string{}}
	s.roots.AddCert(lender.Certificate())
	lender.Close()
	var err error
	if s.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if security == mail.TLS {
		s.ln = tls.NewListener(s.ln, s.tls)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		s.ln.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := s.ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn) })
		}
	})
	return s
}

// server is how to reach it.
func (s *smtpServer) server() mail.Server {
	return mail.Server{Host: "127.0.0.1", Port: s.ln.Addr().(*net.TCPAddr).Port, Security: s.security,
		User: s.user, Password: idp.NewSecret(s.password), From: "Tocsin <tocsin@id.example.com>", RootCAs: s.roots}
}

// demand asks for a user and password from now on.
func (s *smtpServer) demand(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user, s.password = user, password
}

// dialled is how many connections there were.
func (s *smtpServer) dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// answer replaces what a command is answered with; empty restores it.
func (s *smtpServer) answer(command, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[command] = reply
}

func (s *smtpServer) reply(command, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.replies[command]; r != "" {
		return r
	}
	return usual
}

// dialogue is one connection.
type dialogue struct {
	*smtpServer
	conn   net.Conn
	lines  *bufio.Reader
	secure bool
	// user and password are those that the server asked for at the beginning.
	user, password string
	// known says that the client has signed in.
	known bool
	now   letter
}

func (s *smtpServer) serve(conn net.Conn) {
	s.mu.Lock()
	s.connections++
	user, password := s.user, s.password
	s.mu.Unlock()
	d := &dialogue{smtpServer: s, conn: conn, lines: bufio.NewReader(conn), secure: s.security == mail.TLS,
		user: user, password: password, known: user == ""}
	defer func() { d.conn.Close() }()
	d.say("220 test")
	for {
		line, err := d.lines.ReadString('\n')
		if err != nil || !d.obey(strings.TrimSpace(line)) {
			return
		}
	}
}

func (d *dialogue) say(reply string) { fmt.Fprintf(d.conn, "%s\r\n", reply) }

// obey answers a command and reports whether the dialogue goes on.
func (d *dialogue) obey(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		d.greet()
	case "STARTTLS":
		d.say("220 go")
		d.conn = tls.Server(d.conn, d.tls)
		d.lines, d.secure = bufio.NewReader(d.conn), true
	case "AUTH":
		want := base64.StdEncoding.EncodeToString([]byte("\x00" + d.user + "\x00" + d.password))
		if d.known = d.secure && rest == "PLAIN "+want; !d.known {
			d.say("535 5.7.8 wrong password")
			break
		}
		d.say("235 welcome")
	case "MAIL":
		d.now = letter{from: rest}
		if !d.known {
			d.say("530 5.7.0 sign in first")
			break
		}
		d.say(d.reply(verb, "250 ok"))
	case "RCPT":
		d.now.to = rest
		d.say(d.reply(verb, "250 ok"))
	case "DATA":
		d.say("354 go on")
		return d.take()
	case "QUIT":
		d.say("221 bye")
		return false
	default:
		d.say(d.reply(verb, "250 ok"))
	}
	return true
}

func (d *dialogue) greet() {
	d.say("250-test")
	if d.security == mail.StartTLS && !d.secure {
		d.say("250-STARTTLS")
	}
	if d.user != "" {
		d.say("250-AUTH PLAIN")
	}
	d.say("250 ENHANCEDSTATUSCODES")
}

// take reads the text and keeps the letter.
func (d *dialogue) take() bool {
	var text strings.Builder
	for {
		line, err := d.lines.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(line)
	}
	reply := d.reply(".", "250 ok")
	if d.now.data = text.String(); strings.HasPrefix(reply, "250") {
		d.got <- d.now
	}
	d.say(reply)
	return true
}
