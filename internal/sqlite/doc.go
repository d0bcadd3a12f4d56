// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps the identity provider in one SQLite file.
//
// One connection writes and a few read. Writers queue for the one connection
// in this process, so they never meet SQLITE_BUSY among themselves; readers
// see the last commit and wait for nobody. Each commit is synced to the disk
// before Update returns.
//
// The schema is in migration, with the reason for each index. The statements
// are in files named after the nouns, as the contract in package idp is.
package sqlite
