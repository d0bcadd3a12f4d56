// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package signing keeps signing keys and signs with them: it makes and imports
// keys, rotates them, publishes their public halves and turns deliveries into
// SETs.
//
// # A version's life
//
// A signing key has versions. Each is published, then signs, then is only
// published, then is removed:
//
//	CreatedAt          ActiveFrom            next one's ActiveFrom     RemovedAt
//	    | published        | published, signs      | published            |
//
// [Rotate] publishes the next version at once and lets it sign after the
// overlap, so that whoever caches the JWK Set knows it by then. A version that
// stopped signing stays published while a SET that it signed can still be
// delivered; [Sweep] then removes it and erases its private key.
//
// Making a key takes long and needs no database, so [Generate] and [Next] are
// called before the transaction that stores their result.
package signing
