// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package spec knows the documents that this module implements, so that what
// the code says about them can be checked by a machine.
//
// A citation is the short name of a document, a space and a section, as in
// "RFC 8935 §2.3". Every document has a table of contents in toc, taken from
// the edition that its first line names; a citation of a section that is not
// there fails TestCitations. Existence is not relevance: docs/conformance.md
// lists each cited section with the files that cite it, for a reviewer to see
// which ones do not belong.
//
// requirements.tsv holds one row for each MUST and SHOULD that binds a
// Transmitter, with the test that shows it.
//
// Nothing here is linked into the server.
package spec

//go:generate go test . -run ^TestConformance$ -update
