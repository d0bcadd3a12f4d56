// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"time"
)

// DB is a database. SQLite implements it; internal/dbtest says what it has to
// hold.
type DB interface {
	// View runs fn on a snapshot. Writing methods of its Tx fail.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and commits what it wrote, durably, when fn returns nil;
	// otherwise nothing of it happened. fn may be run by one caller at a time,
	// so it must not wait for the network or for another transaction.
	//
	// An error of the commit itself leaves the outcome unknown: the caller
	// reads before it tries again.
	Update(ctx context.Context, fn func(Tx) error) error
	// Signalled receives after a commit that appended signals. One receive
	// may stand for several commits.
	Signalled() <-chan struct{}
	// ConfigGeneration differs from an earlier value when a commit of this
	// process raised ConfigVersion since. It costs no query, so that delivery
	// can look at it before each push.
	ConfigGeneration() uint64
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Close waits for running transactions and releases the files.
	Close() error
}

// Tx is a transaction. It is valid until the function that it was handed to
// returns, and must not be used by two goroutines at once. Its methods use the
// context of View or Update and return errors that wrap ErrNotFound,
// ErrConflict and so on.
//
// To read, update or delete what does not exist is ErrNotFound, unless the
// method says otherwise, and so is to write something that names what does not
// exist. After an error of a writing method other than ErrNotFound and
// ErrReused, fn has to return an error: some databases cannot go on.
//
// Times are kept in whole milliseconds. A CreatedAt, UpdatedAt or At that is
// zero becomes Now when the thing is made. Lists come back nil when they are
// empty.
//
// It is declared noun by noun; each part is embedded here.
type Tx interface {
	// Now is the instant of the transaction, in UTC and whole milliseconds;
	// it is the same for each call.
	Now() time.Time

	UserTx
	GroupTx
	CredentialTx
	DeviceTx
	TicketTx
	MailTx
	ThrottleTx
	SessionTx
	ApplicationTx
	OIDCProviderTx
	SSFProviderTx
	SigningKeyTx
	GrantTx
	TokenTx
	StreamTx
	SignalTx
	DeliveryTx
	ExceptionTx
	AuditTx
	APITokenTx
	SettingTx
}

// SettingTx keeps values that the program makes for itself once, such as the
// key behind jti values. They are sealed.
type SettingTx interface {
	// Setting returns a value or ErrNotFound.
	Setting(name string) (Secret, error)
	// PutSetting creates or replaces a value.
	PutSetting(name string, value Secret) error
	// UseOnce remembers a one-time value, such as the jti of a client
	// assertion, until expires; a second use is ErrReused.
	UseOnce(kind string, value Hash, expires time.Time) error
	// ConfigVersion is a number that changes whenever an application, its
	// groups, a provider, a stream's configuration or status, or a stream's
	// subjects change, so that fan-out knows when to read them again.
	ConfigVersion() (int64, error)
}
