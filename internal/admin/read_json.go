// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-id/tocsin/secevent"
)

// readJSON decodes the body of a request. As everywhere in this program it is
// one object in which no member occurs twice: whoever checked such an object
// before us may have seen another value than we do (RFC 8725 §2.4). The errors
// are shown, so they speak of JSON and not of Go.
func readJSON(data []byte, v any) error {
	if err := secevent.CheckJSON(data); err != nil {
		return err
	}
	err := json.Unmarshal(data, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("holds a %.60s that is out of range or of the wrong type", wrong.Value)
	}
	return err
}
