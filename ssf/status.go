// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package ssf

import "fmt"

// StreamStatus says whether a stream delivers (SSF §8.1.2.1). Values compare
// exactly.
type StreamStatus string

// The values of StreamStatus.
const (
	StreamEnabled  StreamStatus = "enabled"  // SETs are delivered
	StreamPaused   StreamStatus = "paused"   // SETs are held and delivered later
	StreamDisabled StreamStatus = "disabled" // SETs are neither delivered nor held
)

// Valid reports whether s is one of the three values.
func (s StreamStatus) Valid() bool {
	return s == StreamEnabled || s == StreamPaused || s == StreamDisabled
}

// Status is the status of a stream: what a Transmitter answers and what a
// Receiver sends to change it (SSF §8.1.2.1, §8.1.2.2).
type Status struct {
	// StreamID names the stream. Required.
	StreamID string `json:"stream_id"`

	// Status is the status. Required.
	Status StreamStatus `json:"status"`

	// Reason is why, in words. Optional.
	Reason string `json:"reason,omitempty"`
}

// ParseStatus reads the body of a request to change the status. The error is a
// *RequestError.
func ParseStatus(body []byte) (*Status, error) {
	o := parseObject(body)
	s := &Status{
		StreamID: o.requiredText("stream_id"),
		Status:   o.status("status"),
		Reason:   o.optionalText("reason"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// status returns a required status.
func (o *object) status(name string) StreamStatus {
	s := StreamStatus(o.requiredText(name))
	if !s.Valid() {
		o.fail(name, fmt.Sprintf("is %.40q, want enabled, paused or disabled", string(s)))
	}
	return s
}
