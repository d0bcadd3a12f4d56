// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// keyMode lets only the owner read the key file.
const keyMode = 0o600

// ErrExposed means that others than its owner may read the key file.
var ErrExposed = errors.New("key file can be read by others")

// Open reads the keyset in the file at path. It never makes a new one: a key
// file that is missing was lost or not mounted, and a new key would leave every
// sealed value unreadable. The error wraps fs.ErrNotExist if there is no file.
func Open(path string) (*Keyset, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("sealing key: %s has mode %v: %w; run chmod 600", path, info.Mode().Perm(), ErrExposed)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, fmt.Errorf("sealing key: %s is not a key file: %w", path, err)
	}
	return newKeyset(handle)
}

// Create makes a new keyset and writes it to path, where there must be no file.
// A crash leaves a whole key file or none: the file gets its name after its
// bytes are on the disk.
func Create(path string) (*Keyset, error) {
	keys, err := Ephemeral()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(keys.handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	if err := writeNew(path, text.Bytes()); err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return keys, nil
}

// writeNew writes a file that must not exist. Link, unlike Rename, fails if
// another process made the file in the meantime.
func writeNew(path string, text []byte) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	defer f.Close()
	if err := f.Chmod(keyMode); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
