// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/tocsin-id/tocsin/internal/web/page"
)

//go:embed asset/app.css asset/icon.svg asset/*.js
var assetFiles embed.FS

// assets serves the embedded files. Each address holds the hash of its
// content, so browsers keep a file for good and never an old one.
type assets struct {
	byURL map[string]asset
	style string
	icon  string
	// reveal is the script that shows a typed password, passkey the one that
	// talks to authenticators, live what keeps a page fresh.
	reveal, passkey, live string
}

type asset struct {
	contentType  string
	plain, gzipd []byte
}

func loadAssets() (*assets, error) {
	a := &assets{byURL: map[string]asset{}}
	for _, f := range []struct {
		name, contentType string
		url               *string
	}{
		{"app.css", "text/css; charset=utf-8", &a.style},
		{"icon.svg", "image/svg+xml", &a.icon},
		{"reveal.js", "text/javascript; charset=utf-8", &a.reveal},
		{"passkey.js", "text/javascript; charset=utf-8", &a.passkey},
		{"live.js", "text/javascript; charset=utf-8", &a.live},
	} {
		content, err := assetFiles.ReadFile("asset/" + f.name)
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		hash := sha256.Sum256(content)
		ext := path.Ext(f.name)
		*f.url = "/assets/" + strings.TrimSuffix(f.name, ext) + "." + hex.EncodeToString(hash[:6]) + ext
		a.byURL[*f.url] = asset{f.contentType, content, compress(content)}
	}
	return a, nil
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	// Neither the level nor writing to memory can fail.
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(content)
	z.Close()
	return b.Bytes()
}

func (a *assets) urls() page.Assets {
	return page.Assets{Style: a.style, Reveal: a.reveal, Passkey: a.passkey, Live: a.live, Icon: a.icon}
}

// ServeHTTP serves a file. The policy matters for the icon: opened by itself,
// an SVG is a document.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	file, ok := a.byURL[r.URL.Path]
	if !ok {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "no such file; the page that named it is older than the server", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", http.StatusMethodNotAllowed)
		return
	}
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = file.gzipd
	}
	w.Write(body)
}
