package salesforce

import (
	"context"
	"strconv"

	"rosterload/loader/connector"
)

// Licences are the org's own counts of user licences and permission set licences (Object Reference, UserLicense and
// PermissionSetLicense). Those of Engage are kept by Veeva, and no interface tells them.
func (t *Target) Licences(ctx context.Context) ([]connector.Licence, error) {
	all := []connector.Licence{{
		Name: "Engage",
		Why:  "not told: no interface counts them; see the Engage tab of the org",
	}}
	for _, object := range []string{"UserLicense", "PermissionSetLicense"} {
		told, err := t.licencesOf(ctx, object)
		switch {
		case isAnswer(err):
			told = []connector.Licence{{Name: object, Why: "not told: the org does not let us ask: " + err.Error()}}
		case err != nil:
			return nil, err
		}
		all = append(all, told...)
	}
	return all, nil
}

// licencesOf lists one kind. Licences that the org does not have are left out.
func (t *Target) licencesOf(ctx context.Context, object string) ([]connector.Licence, error) {
	var all []connector.Licence
	fields := []string{"MasterLabel", "UsedLicenses", "TotalLicenses"}
	soql := "SELECT MasterLabel, UsedLicenses, TotalLicenses FROM " + object +
		" WHERE Status = 'Active' ORDER BY MasterLabel"
	err := t.wire.Query(ctx, fields, soql, func(row []string) error {
		used, err := strconv.Atoi(orZero(row[1]))
		total, bad := strconv.Atoi(orZero(row[2]))
		switch {
		case err != nil || bad != nil:
			return connector.NoAnswer("a %s with counts that are no numbers", object)
		case used == 0 && total == 0:
			return nil
		}
		l := connector.Licence{Name: row[0], Used: used, Known: true}
		if total >= 0 { // -1 is without a limit
			l.Of = &total
		}
		all = append(all, l)
		return nil
	})
	return all, err
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// CountHolders counts the users who hold a group.
func (t *Target) CountHolders(ctx context.Context) (int, error) {
	return t.wire.Count(ctx, "SELECT COUNT() FROM "+object+" WHERE "+groupField+" != null")
}

var (
	_ connector.LicenceTeller = (*Target)(nil)
	_ connector.HolderCounter = (*Target)(nil)
)
