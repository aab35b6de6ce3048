package vonage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	policy "rosterload/transform/vonage"
	"rosterload/validate"
)

// apiUser is the Salesforce user that VCC itself uses in Salesforce.
type apiUser struct {
	id, username string
	active       bool
	licence      string // "" where Salesforce does not show it
}

// checkAPIUser looks at the API user: named in the config, or the only one who holds the permission set for it.
func (c *checker) checkAPIUser(ctx context.Context) error {
	label := cmp.Or(c.settings.Readiness.APISet, "ContactWorld API user")
	user, err := c.findAPIUser(ctx, label)
	if err != nil || user == nil {
		return err
	}
	if c.access, err = c.readAccess(ctx, []string{user.id}); err != nil {
		return err
	}
	c.subject, c.kind = user.username, "API user"
	defer func() { c.subject, c.kind = "", "" }()
	p := policy.Person{ID: user.id, Active: user.active}
	c.checkActive(p)
	c.checkSet(user.id, label)
	c.checkLicence(user.licence)
	c.checkTask(p)
	if err := c.checkSystemRights(ctx, user.id); err != nil {
		return err
	}
	for _, check := range []string{"login hours", "IP ranges", "its link to VCC"} {
		c.say(connector.NotChecked, check, "no query tells", "")
	}
	return nil
}

// findAPIUser answers nil when a finding has said why there is none.
func (c *checker) findAPIUser(ctx context.Context, label string) (*apiUser, error) {
	const check = "API user"
	where := "Username = " + sforce.Literal(c.settings.Readiness.APIUser)
	if c.settings.Readiness.APIUser == "" {
		holders, err := c.holdersOf(ctx, label)
		switch {
		case isNo(err):
			c.say(connector.NotChecked, check,
				"Salesforce does not show us who it is: name it under readiness: api_user", "")
			return nil, nil
		case err != nil:
			return nil, err
		case len(holders) != 1:
			c.say(connector.Warn, check, fmt.Sprintf("%d users hold the permission set %s", len(holders), label),
				"name the one under readiness: api_user")
			return nil, nil
		}
		where = "Id = " + sforce.Literal(holders[0])
	}
	user, err := c.readAPIUser(ctx, where)
	if err == nil && user == nil {
		c.say(connector.Fail, check, cmp.Or(c.settings.Readiness.APIUser, "the holder of "+label)+
			" is not a user of this org", "correct readiness: api_user")
	}
	return user, err
}

// holdersOf are the ids of those who hold a permission set of the package.
func (c *checker) holdersOf(ctx context.Context, label string) (ids []string, err error) {
	soql := "SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.NamespacePrefix = '" + namespace +
		"' AND PermissionSet.Label = " + sforce.Literal(label)
	return ids, c.org.Query(ctx, []string{"AssigneeId"}, soql, func(row []string) error {
		ids = append(ids, row[0])
		return nil
	})
}

func (c *checker) readAPIUser(ctx context.Context, where string) (user *apiUser, err error) {
	fields := []string{"Id", "Username", "IsActive", "Profile.UserLicense.LicenseDefinitionKey"}
	query := func(fields []string) error {
		return c.org.Query(ctx, fields, "SELECT "+strings.Join(fields, ", ")+" FROM User WHERE "+where,
			func(row []string) error {
				cells := append(slices.Clone(row), "")
				user = &apiUser{
					id: validate.UserID(cells[0]), username: cells[1], active: cells[2] == "true",
					licence: cells[3],
				}
				return nil
			})
	}
	if err = query(fields); isNo(err) { // the licence is not ours to see
		err = query(fields[:3])
	}
	return user, err
}

func (c *checker) checkLicence(key string) {
	switch key {
	case "":
		c.say(connector.NotChecked, "licence", "Salesforce does not show it to us", "")
	case "AUL":
		c.say(connector.Warn, "licence", "Salesforce Platform",
			"give it a Salesforce licence: some features do not work with this one")
	default:
		c.say(connector.Pass, "licence", key, "")
	}
}

// systemRight is a permission, as PermissionSet names it.
type systemRight struct{ right, name, why string }

// systemRights are what the API user needs over all its sets, the last one only where the Data Connector inserts
// records. Source: Vonage, "Setting up VCC users in Salesforce".
var systemRights = []systemRight{
	{"PermissionsEditTask", "Edit Tasks", ""},
	{"PermissionsViewAllUsers", "View All Users", "needed when users are queried"},
	{"PermissionsViewAllData", "View All Data", "needed under a private sharing model"},
	{"PermissionsModifyAllData", "Modify All Data", "needed when the Data Connector inserts records"},
}

// checkSystemRights asks for all rights at once, and where Salesforce refuses that for each alone: one that it does not
// show must not hide the others.
func (c *checker) checkSystemRights(ctx context.Context, id string) error {
	needed := systemRights
	if !c.settings.Readiness.DataConnectorInserts {
		needed = needed[:len(needed)-1]
	}
	has, err := c.granted(ctx, id, needed)
	alone := isNo(err)
	if err != nil && !alone {
		return err
	}
	for i, n := range needed {
		one := has[i : i+1]
		if alone {
			if one, err = c.granted(ctx, id, needed[i:i+1]); err != nil && !isNo(err) {
				return err
			}
		}
		c.sayRight(n, err == nil && c.access.readable, one[0])
	}
	return nil
}

// granted tells of each right whether one of the user's sets has it.
func (c *checker) granted(ctx context.Context, id string, rights []systemRight) ([]bool, error) {
	fields, has := []string{"Id"}, make([]bool, len(rights))
	for _, n := range rights {
		fields = append(fields, n.right)
	}
	err := c.org.QueryIn(ctx, fields, "PermissionSet", "Id", c.access.assigned[id], func(row []string) error {
		for i := range has {
			has[i] = has[i] || row[i+1] == "true"
		}
		return nil
	})
	return has, err
}

func (c *checker) sayRight(n systemRight, shown, granted bool) {
	switch {
	case !shown:
		c.say(connector.NotChecked, n.name, "Salesforce does not show it to us", "")
	case granted:
		c.say(connector.Pass, n.name, "granted", "")
	default:
		c.say(connector.Fail, n.name, strings.TrimSuffix("not granted; "+n.why, "; "),
			"grant it in a permission set")
	}
}
