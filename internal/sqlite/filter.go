// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// where collects the conditions of a filter. Leaving out those that do not
// restrict lets SQLite choose the index for those that do.
type where struct {
	conditions []string
	args       []any
}

func (w *where) and(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// text is the clause with a space before it, or nothing.
func (w *where) text() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// pageSize applies the rule for the limits of lists that people page through:
// 1 to 500, and 50 for zero.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return 50, nil
	case limit < 0 || limit > 500:
		return 0, idp.Invalid("limit", "must be 1 to 500, or 0 for 50")
	}
	return limit, nil
}

// atMost is a limit for SQL, where -1 means none.
func atMost(limit int) int {
	if limit <= 0 {
		return -1
	}
	return limit
}
