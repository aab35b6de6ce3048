package validate

import (
	"errors"
	"fmt"
)

// RosterError is why a file is no roster. The process ends with 2.
type RosterError struct {
	Line, Column int // 0: not of one place
	Text         string
	Hint         string
}

func (e *RosterError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return e.Text
}

// ErrEmpty is a file without a header. The process ends with 5.
var ErrEmpty = errors.New("the roster is empty: there is nothing to process")
