// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"net/http"
	"testing"
	"time"
)

// TestCodes: error codes are an open set and compared as they are written
// (RFC 8935 §2.4). One that we do not know says that the SET was refused, no
// more.
func TestCodes(t *testing.T) {
	for _, tt := range []struct {
		code string
		want class
	}{
		{"invalid_key", endpoint},
		{"INVALID_KEY", refused},
		{"Invalid_key", refused},
		{"invalid_state", hopeless},
		{"Invalid_State", refused},
		{"not_invented_yet", refused},
	} {
		got := judge(http.StatusBadRequest, http.Header{}, []byte(`{"err":"`+tt.code+`","description":""}`), time.Now())
		if got.class != tt.want || got.err != tt.code {
			t.Errorf("judge(%s) = %+v, want class %d with the code as it is", tt.code, got, tt.want)
		}
	}
}
