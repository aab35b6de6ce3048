package vault

import (
	"context"

	"rosterload/loader/connector"
)

// Licences of Engage are not told: the API counts the licences of Vault's applications, and Engage is none of them.
func (t *Target) Licences(context.Context) ([]connector.Licence, error) {
	return []connector.Licence{{
		Name: "Engage",
		Why:  "not told: no interface counts them; see the Engage tab of the Vault",
	}}, nil
}

// CountHolders counts the users who hold a group.
func (t *Target) CountHolders(ctx context.Context) (int, error) {
	return t.count(ctx, groupField+" != null")
}

var (
	_ connector.LicenceTeller = (*Target)(nil)
	_ connector.HolderCounter = (*Target)(nil)
)
