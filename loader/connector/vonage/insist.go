package vonage

import (
	"context"
	"errors"
	"fmt"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

// errNoAnswer is an answer that lacks what was asked for, or contradicts itself.
var errNoAnswer = errors.New("this is no answer")

func noAnswer(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), errNoAnswer)
}

// tries is how often an org is asked that gives no answer. A user who is made between two pages costs one of them.
const tries = 3

// insist asks again when what came is no answer, and then the org is unavailable: an account that seems to be missing would be made twice,
// and one that seems to be there would be archived.
func insist(ask func() error) error {
	var err error
	for range tries {
		if err = ask(); !errors.Is(err, errNoAnswer) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", err, connector.ErrUnavailable)
}

// describe answers an object's fields, of which Id is always one.
func (t *Target) describe(ctx context.Context, object string) (fields map[string]sforce.Field, err error) {
	return fields, insist(func() error {
		if fields, err = t.org.Describe(ctx, object); err != nil {
			return err
		}
		if _, there := fields["Id"]; !there {
			return noAnswer("Salesforce describes %s without its Id", object)
		}
		return nil
	})
}
