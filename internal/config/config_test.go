// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"github.com/tocsin-id/tocsin/internal/config"
)

var update = flag.Bool("update", false, "rewrite golden files")

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tocsin.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	const base = "base_url = \"https://id.example.com\"\n"
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.AddFlags(flags)
	if err := flags.Parse([]string{"--listen", "127.0.0.1:1", "--sessions-idle", "1h", "--trusted-proxies", "10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(write(t, base+"listen = \"127.0.0.1:3\"\ndata = \"file\"\n[log]\nlevel = \"warn\"\n"),
		[]string{"TOCSIN_LISTEN=127.0.0.1:2", "TOCSIN_LOG_LEVEL=error", "TOCSIN_MAIL_PORT=2525", "TOCSIN_OUTBOUND_ALLOW_NETWORKS=10.0.0.0/8, 192.168.0.0/16", "HOME=/"}, flags)
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	want := config.Default()
	want.BaseURL, want.Listen, want.Data = "https://id.example.com", "127.0.0.1:1", "file"
	want.TrustedProxies = []string{"10.0.0.1"}
	want.Log.Level = "error"
	want.Mail.Port = 2525
	want.Sessions.Idle = time.Hour
	want.Outbound.AllowNetworks = []string{"10.0.0.0/8", "192.168.0.0/16"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load(): flags over environment over file over defaults (-want +got)\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	const base = "base_url = \"https://id.example.com\"\n"
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"misspelt key":         {base + "listne = \"x\"\n", nil, "listne is no setting"},
		"misspelt variable":    {base, []string{"TOCSIN_LISTNE=x"}, "TOCSIN_LISTNE is no setting"},
		"no base URL":          {"", nil, "base_url: is required"},
		"base URL with path":   {"base_url = \"https://id.example.com/x\"\n", nil, "must end after the host"},
		"plain http":           {"base_url = \"http://id.example.com\"\n", nil, "must be https"},
		"half a TLS pair":      {base + "[tls]\nkey = \"k\"\n", nil, "belong together"},
		"bad network":          {base + "[outbound]\nallow_networks = [\"ten\"]\n", nil, "neither an address nor a network"},
		"bad port":             {base + "[outbound]\nports = [\"443\", \"http\"]\n", nil, "outbound.ports: must be numbers"},
		"bad duration":         {base + "[sessions]\nidle = \"soon\"\n", nil, "idle"},
		"duration too short":   {base + "[sessions]\nidle = \"1s\"\n", nil, "must be 5m to 720h"},
		"mail port":            {base + "[mail]\nport = 0\n", nil, "mail.port: must be 1 to 65535"},
		"mail port in words":   {base, []string{"TOCSIN_MAIL_PORT=smtp"}, "port"},
		"mail TLS":             {base + "[mail]\ntls = \"ssl\"\n", nil, "mail.tls: must be starttls"},
		"mail password open":   {base + "[mail]\nhost = \"m\"\nfrom = \"a@b\"\ntls = \"none\"\nuser = \"u\"\npassword = \"p\"\n", nil, "unencrypted"},
		"mail without sender":  {base + "[mail]\nhost = \"mail.example.com\"\n", nil, "mail.from: must be an address"},
		"mail without server":  {base + "[mail]\nfrom = \"tocsin@example.com\"\n", nil, "mail.host: must name"},
		"half a mail user":     {base + "[mail]\nhost = \"m\"\nfrom = \"a@b\"\nuser = \"u\"\n", nil, "belong together"},
		"risk of no failures":  {base + "[risk]\nmedium_failures = -1\n", nil, "risk.medium_failures: must be 0 to 10000"},
		"risk upside down":     {base + "[risk]\nhigh_failures = 10\n", nil, "more than medium_failures"},
		"risk of new devices":  {base + "[risk]\nnew_device = \"huge\"\n", nil, "risk.new_device: must be low"},
		"bad level":            {base + "[log]\nlevel = \"loud\"\n", nil, "debug, info, warn or error"},
		"not TOML":             {"base_url = \n", nil, "tocsin.toml"},
		"wrong type in a list": {base + "trusted_proxies = [\"10.0.0.1\", \"x\"]\n", nil, "trusted_proxies"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(write(t, c.file), c.environ, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Load() = %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none"), nil, nil); err == nil || !strings.Contains(err.Error(), "tocsin config") {
		t.Errorf("Load(missing) = %v, want a hint at tocsin config", err)
	}
}

func TestExample(t *testing.T) {
	text := config.Example()
	golden := filepath.Join("testdata", "example.toml")
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("Example() (-testdata +got); -update rewrites it\n%s", diff)
	}
	got, err := config.Load(write(t, text), nil, nil)
	if err != nil {
		t.Fatalf("Load(Example()) = %v", err)
	}
	uncommented, err := config.Load(write(t, uncomment(text)), nil, nil)
	if err != nil {
		t.Fatalf("Load(Example() without comments) = %v", err)
	}
	if diff := cmp.Diff(got, uncommented, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the commented defaults differ from the defaults (-default +example)\n%s", diff)
	}
}

// uncomment turns `# key = value` into `key = value`.
func uncomment(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(rest, " = ") {
			line = rest
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}
