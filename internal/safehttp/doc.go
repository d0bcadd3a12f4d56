// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package safehttp is an HTTP client for URLs that someone else chose.
//
// A Receiver names the endpoint that its SETs are pushed to, so whoever can
// create a stream can make this server send requests. The client therefore
// refuses to connect to any address that is not public: loopback, private and
// link-local networks, cloud metadata services, and the IPv6 forms that lead to
// them. The address is checked when it is dialled, after every name is
// resolved, so a name that resolves differently the second time gains nothing.
//
// It also never follows a redirect (an answer could lead elsewhere, and a
// header with a credential with it), never uses a proxy from the environment
// (the check would see the proxy), and bounds the time and the size of answers.
//
// It does not retry, and it does not log.
package safehttp
