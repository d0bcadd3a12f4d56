// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package dbtest is the contract of idp.DB as tests. [Run] holds a database to
// each sentence of the contract; [CheckInvariants] looks at what a database
// contains, and fits at the end of any test that fills one.
//
// Everything is done through idp.Tx, so a second database joins with a test of
// three lines:
//
//	func TestContract(t *testing.T) {
//		dbtest.Run(t, open)
//	}
package dbtest
