// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"hash/fnv"
	"unicode"
)

// tint is the class that colours the first letter of what has no picture; a
// name has the same colour on every page and after every restart.
func tint(name string) string {
	// Spelled out, because Tailwind keeps the classes that it reads here.
	tints := [...]string{
		"tile-1", "tile-2", "tile-3", "tile-4",
		"tile-5", "tile-6", "tile-7", "tile-8",
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return tints[h.Sum32()%uint32(len(tints))]
}

// initial is the first letter or digit of a name, in upper case.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}
