// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

// AccessTokenID is the id of an access token, for tests that make records.
var AccessTokenID = accessTokenID
