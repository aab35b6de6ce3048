package groove

import (
	"context"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
)

// describeUser answers the fields of User, of which Id is always one.
func (t *Target) describeUser(ctx context.Context) (fields map[string]sforce.Field, err error) {
	return fields, connector.Insist(func() error {
		if fields, err = t.org.Describe(ctx, "User"); err != nil {
			return err
		}
		if _, there := fields["Id"]; !there {
			return connector.NoAnswer("Salesforce describes User without its Id")
		}
		return nil
	})
}
