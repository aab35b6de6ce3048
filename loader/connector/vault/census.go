package vault

import (
	"context"
	"fmt"
	"strings"

	"rosterload/loader/connector"
)

// Members pages through all of user__sys.
func (t *Target) Members(ctx context.Context, each func(connector.Member) error) error {
	return t.query(ctx, everyUser, func(r record) error {
		id, name, status := string(r["id"]), string(r["username__sys"]), string(r[statusField])
		if !isUserID(id) {
			return fmt.Errorf("the Vault names the user %q with the id %q: %w", name, id, connector.ErrUnavailable)
		}
		return each(connector.Member{
			ID: id, Username: name, Active: strings.TrimSuffix(string(r["status__v"]), "__v") == "active",
			Request: string(r[requestField]), Group: string(r[groupField]), Status: status,
			UnderWay: words.UnderWay(status), Failed: words.Failed(status),
		})
	})
}
