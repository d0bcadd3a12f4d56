// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package app wires the program: it opens the data folder, gives each role
// what it needs, mounts the routes, runs the loops, and stops them in order.
//
// Serve is the production program. Dev is the same program with objects to
// play with and the two applications of package demo beside it.
package app
