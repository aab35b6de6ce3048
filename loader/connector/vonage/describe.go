package vonage

import (
	"context"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

// describe answers an object's fields, of which Id is always one.
func (t *Target) describe(ctx context.Context, object string) (fields map[string]sforce.Field, err error) {
	return fields, connector.Insist(func() error {
		if fields, err = t.org.Describe(ctx, object); err != nil {
			return err
		}
		if _, there := fields["Id"]; !there {
			return connector.NoAnswer("Salesforce describes %s without its Id", object)
		}
		return nil
	})
}
