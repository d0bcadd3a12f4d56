// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

// TakeSlots takes every slot of p until release is called.
func TakeSlots(p *Passwords) (release func()) {
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	return func() {
		for range cap(p.slots) {
			<-p.slots
		}
	}
}
