// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Position says which of a stream's deliveries are settled: all up to Floor,
// and those in Above. Settled means acknowledged, dropped, expired, or moved
// to an Exception.
type Position struct {
	Floor int64
	// Above holds settled sequence numbers greater than Floor+1, ascending.
	Above []int64
}

// Settled reports whether seq is settled.
func (p Position) Settled(seq int64) bool {
	if seq <= p.Floor {
		return true
	}
	_, ok := slices.BinarySearch(p.Above, seq)
	return ok
}

// Settle marks seq as settled and moves Floor over what became contiguous. It
// reports whether seq was not settled before.
func (p *Position) Settle(seq int64) bool {
	if seq <= p.Floor {
		return false
	}
	at, found := slices.BinarySearch(p.Above, seq)
	if found {
		return false
	}
	p.Above = slices.Insert(p.Above, at, seq)
	n := 0
	for n < len(p.Above) && p.Above[n] == p.Floor+1 {
		p.Floor++
		n++
	}
	p.Above = slices.Delete(p.Above, 0, n)
	return true
}

// SettleThrough marks everything up to and including seq.
func (p *Position) SettleThrough(seq int64) {
	if seq <= p.Floor {
		return
	}
	p.Floor = seq
	n := 0
	for n < len(p.Above) && p.Above[n] <= p.Floor+1 {
		p.Floor = max(p.Floor, p.Above[n])
		n++
	}
	p.Above = slices.Delete(p.Above, 0, n)
}

// AppendAbove encodes Above as unsigned varints of the distances.
func (p Position) AppendAbove(dst []byte) []byte {
	last := p.Floor
	for _, seq := range p.Above {
		dst = binary.AppendUvarint(dst, uint64(seq-last))
		last = seq
	}
	return dst
}

// ParsePosition is the inverse of AppendAbove for a known floor.
func ParsePosition(floor int64, above []byte) (Position, error) {
	p := Position{Floor: floor}
	last := floor
	for len(above) > 0 {
		d, n := binary.Uvarint(above)
		if n <= 0 || d == 0 || d > 1<<62 {
			return Position{}, errors.New("position: broken list of settled deliveries")
		}
		last += int64(d)
		if last <= p.Floor {
			return Position{}, errors.New("position: settled deliveries out of range")
		}
		p.Above = append(p.Above, last)
		above = above[n:]
	}
	return p, nil
}
