// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// devFile is dev.json: what scripts and the next run of the same folder need.
type devFile struct {
	BaseURL      string           `json:"base_url"`
	AdminToken   string           `json:"admin_token"`
	Users        []devUser        `json:"users"`
	Applications []devCredentials `json:"applications"`
	// CAFile is set with --tls.
	CAFile string `json:"ca_file,omitempty"`
}

// devUser is a sign-in.
type devUser struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Name     string `json:"name"`
	Admin    bool   `json:"admin,omitempty"`
}

// devCredentials is what an application was given.
type devCredentials struct {
	Slug                string `json:"slug"`
	Name                string `json:"name"`
	URL                 string `json:"url"`
	ClientID            string `json:"client_id"`
	ClientSecret        string `json:"client_secret"`
	SSFIssuer           string `json:"ssf_issuer"`
	SSFConfigurationURL string `json:"ssf_configuration_url"`
	Method              string `json:"method"`
}

// readDevFile returns the file of an earlier run, or an empty one.
func readDevFile(path string) (devFile, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return devFile{}, nil
	}
	if err != nil {
		return devFile{}, err
	}
	var f devFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return devFile{}, fmt.Errorf("%s: %w; remove it to get new credentials", path, err)
	}
	return f, nil
}

// publish writes dev.json whole: a script that waits for it never sees half.
func (d *dev) publish(f devFile) error {
	if d.ca != nil {
		f.CAFile = filepath.Join(d.cfg.Data, "ca.pem")
		if err := d.ca.write(f.CAFile); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.file+".new", append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(d.file+".new", d.file)
}

// summarize tells a person what to open and how to sign in.
func (f devFile) summarize(out io.Writer, file string, colour bool) {
	bold, dim, accent, plain := "\x1b[1m", "\x1b[2m", "\x1b[1;36m", "\x1b[0m"
	if !colour {
		bold, dim, accent, plain = "", "", "", ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %sTocsin%s is running, for development only.\n\n", bold, plain)
	row := func(name, url, remark string) {
		fmt.Fprintf(&b, "  %-18s %s%-28s%s %s%s%s\n", name, accent, url, plain, dim, remark, plain)
	}
	row("Identity provider", f.BaseURL, "your account, sessions, password")
	for _, a := range f.Applications {
		row(a.Name, a.URL, "an application, SETs by "+a.Method)
	}
	fmt.Fprintf(&b, "\n  %-18s %s%s%s\n", "Sign in as", dim, "user name / password", plain)
	for _, u := range f.Users {
		remark := u.Name
		if u.Admin {
			remark = "administrator"
		}
		fmt.Fprintf(&b, "  %-18s %s / %s  %s%s%s\n", "", u.Username, u.Password, dim, remark, plain)
	}
	fmt.Fprintf(&b, "\n  %-18s %s/api/v1/openapi.json\n", "Admin API", f.BaseURL)
	fmt.Fprintf(&b, "  %-18s %s\n", "For scripts", file)
	fmt.Fprintf(&b, "\n  Sign in to both applications, then sign out at the identity provider and watch.\n")
	fmt.Fprintf(&b, "  %sCtrl-C stops everything.%s\n\n", dim, plain)
	io.WriteString(out, b.String())
}
