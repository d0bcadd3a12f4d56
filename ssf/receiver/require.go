// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// require turns the fields of a configuration that are missing into one
// error, so that all are reported at once.
func require(what string, missing map[string]bool) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if missing[name] {
			errs = append(errs, fmt.Errorf("%s: %s is required", what, name))
		}
	}
	return errors.Join(errs...)
}
