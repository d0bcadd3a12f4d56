// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package app

import (
	"errors"
	"os"
	"syscall"
)

// lock makes a process the only one with the file at path. The lock ends with
// the process, however that ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errInUse
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
