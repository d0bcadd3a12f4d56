// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "github.com/tocsin-id/tocsin/subject"

// AddSubjectRequest asks for events about a subject (SSF §8.1.3.2).
type AddSubjectRequest struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// Subject is the subject, simple or complex. Required.
	Subject subject.Identifier `json:"subject"`

	// Verified says whether the Receiver has verified that the identifier
	// belongs to the principal. Nil means true.
	Verified *bool `json:"verified,omitempty"`
}

// IsVerified returns Verified, or true if it is absent (SSF §8.1.3.2).
func (r *AddSubjectRequest) IsVerified() bool { return r.Verified == nil || *r.Verified }

// ParseAddSubject reads the body of a request to add a subject. The values of
// the subject are validated. A subject of an unknown format is accepted as
// subject.Unknown, which is for the Transmitter to judge (SSF §3.4).
//
// The error is a *RequestError.
func ParseAddSubject(body []byte) (*AddSubjectRequest, error) {
	o := parseObject(body)
	r := &AddSubjectRequest{
		StreamID: o.requiredText("stream_id"),
		Subject:  o.subject("subject"),
		Verified: o.boolean("verified"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// RemoveSubjectRequest ends events about a subject (SSF §8.1.3.3).
type RemoveSubjectRequest struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// Subject is the subject, simple or complex. Required.
	Subject subject.Identifier `json:"subject"`
}

// ParseRemoveSubject reads the body of a request to remove a subject, as
// ParseAddSubject does. The error is a *RequestError.
func ParseRemoveSubject(body []byte) (*RemoveSubjectRequest, error) {
	o := parseObject(body)
	r := &RemoveSubjectRequest{
		StreamID: o.requiredText("stream_id"),
		Subject:  o.subject("subject"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}
