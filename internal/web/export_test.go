// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/internal/web/page"
)

// LocalPath opens localPath to tests.
func LocalPath(next string) string { return localPath(next) }

// DeviceOf opens device to tests.
func DeviceOf(userAgent string) page.Device {
	return device(idp.Session{UserAgent: userAgent})
}
