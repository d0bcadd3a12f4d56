// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Package mail sends the mails that wait in the database.
//
// A verb that wants a mail sent appends it in the transaction of its change,
// so that there is a mail exactly when there is a change. [Sender] takes the
// mails that are due to the mail server and writes down what came of it.
//
// A mail is sent at least once: when the program ends after the mail server
// took a mail and before the database knows, the mail goes out again, with the
// same Message-ID. What does not go through is tried again, later and later,
// for two days. A mail's text may hold a link that lets its holder in, so it
// appears in no log, and the database erases it with the last attempt.
//
// In development there is no mail server: [Outbox] shows the mails instead.
package mail
