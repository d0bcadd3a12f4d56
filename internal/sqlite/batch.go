// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import "iter"

// batchRows are the numbers of rows of a statement that inserts many: few
// sizes, so that few statements are prepared, and the greatest with room below
// SQLite's limit of 32,766 variables.
func batchRows(left int) int {
	for _, n := range []int{256, 64, 16, 4} {
		if left >= n {
			return n
		}
	}
	return 1
}

// chunks cuts values, which are rows of so many columns one after the other,
// into the values of one statement each.
func chunks(values []any, columns int) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for len(values) > 0 {
			n := batchRows(len(values)/columns) * columns
			if !yield(values[:n]) {
				return
			}
			values = values[n:]
		}
	}
}

// insertMany inserts rows of so many columns; before and after are the
// statement around its VALUES.
func (t *tx) insertMany(what, before string, columns int, after string, values []any) error {
	for chunk := range chunks(values, columns) {
		if _, err := t.exec(what, before+marks(len(chunk)/columns, columns)+after, chunk...); err != nil {
			return err
		}
	}
	return nil
}
