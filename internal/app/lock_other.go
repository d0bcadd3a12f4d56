// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package app

import "os"

// lock opens the file at path. Without advisory locks nothing keeps a second
// process from the folder.
func lock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
