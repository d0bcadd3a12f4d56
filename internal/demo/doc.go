// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package demo is the two applications of `tocsin dev`, Atlas and Beacon: real
// relying parties with web servers of their own, which know Tocsin only by its
// URLs and their credentials.
//
// Each signs users in through OpenID Connect, creates its stream with its
// client credentials, receives SETs (Atlas by push, Beacon by poll), ends its
// own session when a session-revoked says so, and shows live what it received
// and what it did. It lives on the public packages alone, as any application
// does.
//
// Sessions and the list of SETs are in memory: a demonstration starts anew.
package demo
