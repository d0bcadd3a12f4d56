// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package ssf has the wire types of the OpenID Shared Signals Framework 1.0:
// what a Transmitter and a Receiver say to each other about streams.
//
//	metadata             Metadata, ConfigurationURL          SSF §7
//	stream configuration Stream, CreateRequest, UpdateRequest, ReplaceRequest
//	                                                          SSF §8.1.1
//	stream status        Status                              SSF §8.1.2
//	subjects             AddSubjectRequest, RemoveSubjectRequest
//	                                                          SSF §8.1.3
//	verification         VerificationRequest, Verification   SSF §8.1.4
//	stream updated       StreamUpdated                       SSF §8.1.5
//	polling              PollRequest, PollResponse           RFC 8936 §2
//
// The Parse functions are a Transmitter's way in. They read a request body
// that a stranger sent: JSON types are checked, duplicate names, null and deep
// nesting are refused, members that SSF does not define are ignored, and a
// fault is a [RequestError] that names the member and the reason, which is
// meant to be sent back. What needs knowledge of the stream or of a policy is
// left to the Transmitter.
//
// Nothing here does I/O; ssf/receiver does.
package ssf
