// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import "time"

// Device is a browser that a user signed in with. It is how a sign-in from a
// new device is noticed, and, when the user wished, why a remembered one is
// not asked for a second factor.
type Device struct {
	ID     string
	UserID UserID
	// TokenHash is the hash of the device's own cookie.
	TokenHash Hash
	// UserAgent is that of the first sign-in, at most 512 bytes.
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time
	// RememberedUntil is until when no second factor is asked for; zero when
	// the user did not wish it.
	RememberedUntil time.Time
}

// DeviceTx reads and writes devices.
type DeviceTx interface {
	DeviceByToken(Hash) (Device, error)
	// DevicesOf returns a user's devices, newest first.
	DevicesOf(UserID) ([]Device, error)
	// PutDevice creates the device or replaces all but the ID, UserID and
	// CreatedAt of the one with its ID; ErrConflict when that one, or the
	// TokenHash, is another's. A SeenAt that is zero becomes Now.
	PutDevice(Device) error
	// ForgetDevices ends the remembering of all of a user's devices; they
	// stay known.
	ForgetDevices(UserID) error
	// SweepDevices erases devices that were not seen since the given time and
	// are not remembered, at most limit of them.
	SweepDevices(before time.Time, limit int) (int, error)
}
