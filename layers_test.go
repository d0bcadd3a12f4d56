// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package tocsin_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// public is the packages that other programs import. They stand below
// everything else, so any package of the server may use them.
const public = "subject secevent caep risc ssf"

// layers says, for each package, which packages of this module it may import:
// a list of path.Match patterns separated by spaces. A package that is not
// listed fails, because adding one means deciding where it stands.
var layers = map[string]string{
	"subject":      "",
	"secevent":     "subject",
	"caep":         "secevent subject",
	"risc":         "caep secevent subject", // RISC §2.7 takes its values from CAEP §3.3
	"ssf":          "secevent subject",
	"ssf/receiver": "ssf secevent subject",
	"ssf/ssftest":  "ssf secevent subject",

	// Nouns, then the roles over them. Roles meet in rows, not in calls:
	// delivery does not know OIDC, and oidc does not know streams.
	"internal/idp":         "secevent subject",
	"internal/identity":    "internal/idp " + public,
	"internal/signing":     "internal/idp " + public,
	"internal/delivery":    "internal/idp internal/safehttp " + public,
	"internal/transmitter": "internal/idp internal/signing " + public,
	"internal/oidc":        "internal/idp internal/identity internal/signing " + public,
	"internal/mail":        "internal/idp",
	"internal/admin":       "internal/idp internal/identity internal/transmitter internal/signing " + public,
	"internal/web":         "internal/web/page internal/idp internal/admin internal/oidc internal/identity " + public,
	"internal/web/page":    "internal/idp " + public, // HTML and what it shows, no verbs

	// The edge: a role never imports a database, a database never a role.
	"internal/sqlite": "internal/idp " + public,
	"internal/dbtest": "internal/idp " + public,

	// Tools that know nothing of the product.
	"internal/httpd":    "",
	"internal/safehttp": "",
	"internal/seal":     "",
	"internal/config":   "",
	"internal/spec":     "",

	// What tests of the edge have in common.
	"internal/browsertest": "",

	// The relying parties of "tocsin dev" live on the public packages alone,
	// as any other application does.
	"internal/demo": "ssf/* " + public,
	"internal/app":  "internal/* ssf/* " + public,
	"cmd/tocsin":    "internal/app internal/config " + public,

	// What the README shows is written as its readers would write it.
	"examples/verify": "secevent subject",
}

// libraries says which packages may import a module from outside; the key is
// the start of an import path. What is not listed fails: a program that embeds
// a public package pays for everything that package imports, and a library
// that one package hides can be replaced.
var libraries = map[string]string{
	"github.com/go-jose/go-jose/v4": "secevent internal/signing internal/oidc internal/transmitter",

	"github.com/zitadel/":          "internal/oidc",
	"github.com/coreos/go-oidc/v3": "internal/demo",
	"golang.org/x/oauth2":          "internal/demo",

	"modernc.org/sqlite":          "internal/sqlite",
	"github.com/pressly/goose/v3": "internal/sqlite",

	"github.com/go-chi/":            httpUsers,
	"github.com/danielgtaylor/huma": httpUsers,
	"github.com/ccojocar/zxcvbn-go": "internal/web",
	"github.com/a-h/templ":          "internal/web internal/web/page internal/demo",

	"code.dny.dev/ssrf":                   "internal/safehttp",
	"github.com/tink-crypto/tink-go/v2":   "internal/seal",
	"github.com/go-crypt/crypt":           "internal/identity",
	"github.com/go-webauthn/webauthn":     "internal/identity",
	"github.com/pquerna/otp":              "internal/identity",
	"github.com/wneessen/go-mail":         "internal/mail",
	"golang.org/x/time/rate":              roles,
	"github.com/google/uuid":              "internal/demo internal/idp internal/sqlite internal/app " + roles,
	"github.com/google/go-cmp":            "internal/dbtest",
	"github.com/chromedp/":                "internal/browsertest",
	"github.com/prometheus/client_golang": "internal/app internal/delivery internal/transmitter",
	"github.com/knadh/koanf":              "internal/config",
	"github.com/spf13/pflag":              "internal/config cmd/tocsin",
	"github.com/spf13/cobra":              "cmd/tocsin",
	"github.com/lmittmann/tint":           "internal/app cmd/tocsin",
}

// httpUsers is the packages that serve routes or are wrapped around them.
const httpUsers = "internal/app internal/admin internal/web internal/transmitter internal/httpd internal/oidc"

// roles is the packages that act on the nouns of internal/idp.
const roles = "internal/identity internal/signing internal/delivery internal/transmitter internal/oidc internal/admin internal/web"

func TestLayers(t *testing.T) {
	for _, p := range modulePackages(t) {
		if p.Name == "" {
			continue
		}
		if _, ok := layers[p.Name]; !ok {
			t.Errorf("%s: not in layers; decide what it may import", p.Name)
			continue
		}
		for _, imp := range p.Inside {
			if !matches(layers[p.Name], imp) {
				t.Errorf("%s imports %s: not allowed by layers", p.Name, imp)
			}
		}
		for _, imp := range p.Outside {
			if !matches(libraries[library(imp)], p.Name) {
				t.Errorf("%s imports %s: not allowed by libraries", p.Name, imp)
			}
		}
	}
}

// library returns the longest key of libraries that imp starts with.
func library(imp string) string {
	var best string
	for key := range libraries {
		if strings.HasPrefix(imp, key) && len(key) > len(best) {
			best = key
		}
	}
	return best
}

func matches(patterns, name string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// modulePackage is one package and what its code, not its tests, imports.
// Names are relative to the module; the root is "".
type modulePackage struct {
	Name            string
	Inside, Outside []string
}

// modulePackages asks the go command for the packages of this module. One that
// does not build is listed all the same: the compiler says that better.
func modulePackages(t *testing.T) []modulePackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Module,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var pkgs []modulePackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Module     struct{ Path string }
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		root := p.Module.Path + "/"
		pkg := modulePackage{Name: strings.TrimPrefix(p.ImportPath+"/", root)}
		pkg.Name = strings.TrimSuffix(pkg.Name, "/")
		for _, imp := range p.Imports {
			first, _, _ := strings.Cut(imp, "/")
			if inside, ok := strings.CutPrefix(imp, root); ok {
				pkg.Inside = append(pkg.Inside, inside)
			} else if strings.Contains(first, ".") {
				pkg.Outside = append(pkg.Outside, imp)
			}
		}
		pkgs = append(pkgs, pkg)
	}
}
