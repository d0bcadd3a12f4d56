// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// AuditEntries returns the audit entries that match the filter, newest first.
func AuditEntries(_ context.Context, tx idp.Tx, actor idp.Actor, f idp.AuditFilter) ([]idp.AuditEntry, error) {
	if err := authorize(tx, actor); err != nil {
		return nil, err
	}
	return tx.AuditEntries(f)
}
