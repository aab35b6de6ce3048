package connector

import (
	"errors"
	"fmt"
)

// ErrNoAnswer is an answer that lacks what was asked for, or contradicts itself.
var ErrNoAnswer = errors.New("this is no answer")

// NoAnswer says what is wrong with an answer that cannot be believed.
func NoAnswer(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrNoAnswer)
}

// tries is how often an org is asked that gives no answer. A user who is made, or a seat that is given, between two
// pages costs one of them.
const tries = 3

// Insist asks again when what came is no answer, and then the org is unavailable: what seems to be missing would be
// made twice, and what seems to be there would be taken away. Other errors are the caller's at once.
func Insist(ask func() error) error {
	var err error
	for range tries {
		if err = ask(); !errors.Is(err, ErrNoAnswer) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", err, ErrUnavailable)
}
