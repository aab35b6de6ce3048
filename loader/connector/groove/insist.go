package groove

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

// tries is how often an org is asked that gives no answer. A seat that is given between two queries costs one of them.
const tries = 3

// insist asks again when what came is no answer, and then the org is unavailable: a field that seems to be missing would let seats carry the
// licences and be taken, and users who seem to be inactive would lose theirs.
func insist(ask func() error) error {
	var err error
	for range tries {
		if err = ask(); !errors.Is(err, errNoAnswer) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", err, connector.ErrUnavailable)
}

// describeUser answers the fields of User, of which Id is always one.
func (t *Target) describeUser(ctx context.Context) (fields map[string]sforce.Field, err error) {
	return fields, insist(func() error {
		if fields, err = t.org.Describe(ctx, "User"); err != nil {
			return err
		}
		if _, there := fields["Id"]; !there {
			return noAnswer("Salesforce describes User without its Id")
		}
		return nil
	})
}
