package vonage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/validate"
)

// rightsOf is who has what in Salesforce, as far as it is shown to us.
type rightsOf struct {
	readable bool
	sets     map[string]*set     // by id
	assigned map[string][]string // ids of sets, by user
	fields   map[string]sforce.Field
}

// set is a permission set, or the one that stands for a profile.
type set struct {
	label, namespace string
	ofProfile        bool
	fields           map[string]string // of Task: read or edit
	object           string            // access to Task itself
}

// isNo tells whether an error is Salesforce's answer and not the wire's trouble.
func isNo(err error) bool {
	return sforce.IsStatus(err, 400) || sforce.IsStatus(err, 403) || sforce.IsStatus(err, 404)
}

// readRights reads the permission sets of these users, and what they grant on Task.
func (t *Target) readRights(ctx context.Context, users []string) (*rightsOf, error) {
	r := &rightsOf{sets: map[string]*set{}, assigned: map[string][]string{}}
	if len(users) == 0 {
		return r, nil
	}
	fields := []string{"AssigneeId", "PermissionSetId", "PermissionSet.Label", "PermissionSet.NamespacePrefix", "PermissionSet.IsOwnedByProfile"}
	err := t.org.QueryIn(ctx, fields, "PermissionSetAssignment", "AssigneeId", users, func(row []string) error {
		user := validate.UserID(row[0])
		r.assigned[user] = append(r.assigned[user], row[1])
		r.sets[row[1]] = &set{label: row[2], namespace: row[3], ofProfile: row[4] == "true", fields: map[string]string{}}
		return nil
	})
	if isNo(err) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	r.readable = true
	return r, t.readTask(ctx, r)
}

// readTask fills in what each set grants on Task. Fields that are not under field-level security follow the object.
func (t *Target) readTask(ctx context.Context, r *rightsOf) error {
	var err error
	if r.fields, err = t.org.Describe(ctx, "Task"); err != nil && !isNo(err) {
		return err
	}
	ids := slices.Sorted(maps.Keys(r.sets))
	err = t.org.QueryIn(ctx, []string{"ParentId", "Field", "PermissionsRead", "PermissionsEdit"}, "FieldPermissions", "SobjectType = 'Task' AND ParentId", ids, func(row []string) error {
		if s := r.sets[row[0]]; s != nil {
			s.fields[strings.TrimPrefix(row[1], "Task.")] = level(row[2], row[3])
		}
		return nil
	})
	if err == nil {
		err = t.org.QueryIn(ctx, []string{"ParentId", "PermissionsRead", "PermissionsEdit"}, "ObjectPermissions", "SobjectType = 'Task' AND ParentId", ids, func(row []string) error {
			if s := r.sets[row[0]]; s != nil {
				s.object = level(row[1], row[2])
			}
			return nil
		})
	}
	if isNo(err) {
		r.readable = false
		return nil
	}
	return err
}

func level(mayRead, mayEdit string) string {
	switch {
	case mayEdit == "true":
		return edit
	case mayRead == "true":
		return read
	}
	return ""
}

func (r *rightsOf) holds(user string, which func(set) bool) bool {
	return slices.ContainsFunc(r.assigned[user], func(id string) bool { return which(*r.sets[id]) })
}

// task is a user's best access to a field of Task; known is false where it cannot be told.
func (r *rightsOf) task(user, field string) (best string, known bool) {
	if !r.readable {
		return "", false
	}
	f, described := r.fields[field]
	if len(r.fields) > 0 && !described {
		return "", false
	}
	for _, id := range r.assigned[user] {
		s := r.sets[id]
		have := s.fields[field]
		if described && !f.Securable {
			have = s.object
		}
		if have == edit || have == read && best == "" {
			best = have
		}
	}
	return best, true
}

// checkAPIUser looks at the user with whom VCC itself works in Salesforce: named in the config, or the only one who holds his set.
func (c *checker) checkAPIUser(ctx context.Context) error {
	label := c.settings.Readiness.APISet
	if label == "" {
		label = "ContactWorld API user"
	}
	user, err := c.findAPIUser(ctx, label)
	if err != nil || user == nil {
		return err
	}
	c.subject, c.kind = user[1], "API user"
	defer func() { c.subject, c.kind = "", "" }()
	id := validate.UserID(user[0])
	if c.rights, err = c.readRights(ctx, []string{id}); err != nil {
		return err
	}
	if user[2] != "true" {
		err = c.say(connector.Fail, "Salesforce user", "inactive", "activate the user")
	} else {
		err = c.say(connector.Pass, "Salesforce user", "found, active", "")
	}
	if err == nil {
		err = c.checkSet(id, label)
	}
	if err == nil {
		err = c.checkLicence(user[3])
	}
	if err == nil {
		err = c.checkTask(person{ID: id})
	}
	if err == nil {
		err = c.checkSystemRights(ctx, id)
	}
	for _, check := range []string{"login hours", "IP ranges", "its link to VCC"} {
		if err == nil {
			err = c.say(connector.NotChecked, check, "no query tells", "")
		}
	}
	return err
}

// findAPIUser answers Id, Username, IsActive and licence of the API user; nil when a finding has said that there is none.
func (c *checker) findAPIUser(ctx context.Context, label string) ([]string, error) {
	const check = "API user"
	fields := []string{"Id", "Username", "IsActive", "Profile.UserLicense.LicenseDefinitionKey"}
	where := ""
	if name := c.settings.Readiness.APIUser; name != "" {
		where = "Username = " + sforce.Literal(name)
	} else {
		var holders []string
		err := c.org.Query(ctx, []string{"AssigneeId"}, "SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.NamespacePrefix = '"+namespace+"' AND PermissionSet.Label = "+sforce.Literal(label), func(row []string) error {
			holders = append(holders, row[0])
			return nil
		})
		switch {
		case isNo(err):
			return nil, c.say(connector.NotChecked, check, "Salesforce does not show us who it is: name it under readiness: api_user", "")
		case err != nil:
			return nil, err
		case len(holders) != 1:
			return nil, c.say(connector.Warn, check, fmt.Sprintf("%d users hold the permission set %s", len(holders), label), "name the one under readiness: api_user")
		}
		where = "Id = " + sforce.Literal(holders[0])
	}
	var user []string
	query := func(fields []string) error {
		return c.org.Query(ctx, fields, "SELECT "+strings.Join(fields, ", ")+" FROM User WHERE "+where, func(row []string) error {
			user = append(slices.Clone(row), "", "")
			return nil
		})
	}
	err := query(fields)
	if isNo(err) { // the licence is not ours to see
		err = query(fields[:3])
	}
	if err == nil && user == nil {
		return nil, c.say(connector.Fail, check, c.settings.Readiness.APIUser+" is not a user of this org", "correct readiness: api_user")
	}
	return user, err
}

func (c *checker) checkLicence(key string) error {
	switch key {
	case "":
		return c.say(connector.NotChecked, "licence", "Salesforce does not show it to us", "")
	case "AUL":
		return c.say(connector.Warn, "licence", "Salesforce Platform", "give it a Salesforce licence: some features do not work with this one")
	}
	return c.say(connector.Pass, "licence", key, "")
}

// checkSystemRights asks for the API user's rights over all his sets.
func (c *checker) checkSystemRights(ctx context.Context, id string) error {
	needed := []struct{ right, name, why string }{
		{"PermissionsEditTask", "Edit Tasks", ""},
		{"PermissionsViewAllUsers", "View All Users", "needed when users are queried"},
		{"PermissionsViewAllData", "View All Data", "needed under a private sharing model"},
	}
	if c.settings.Readiness.DataConnectorInserts {
		needed = append(needed, struct{ right, name, why string }{"PermissionsModifyAllData", "Modify All Data", "needed when the Data Connector inserts records"})
	}
	for _, n := range needed {
		has := false
		err := c.org.QueryIn(ctx, []string{"Id", n.right}, "PermissionSet", "Id", c.rights.assigned[id], func(row []string) error {
			has = has || row[1] == "true"
			return nil
		})
		switch {
		case isNo(err) || !c.rights.readable:
			err = c.say(connector.NotChecked, n.name, "Salesforce does not show it to us", "")
		case err != nil:
		case has:
			err = c.say(connector.Pass, n.name, "granted", "")
		default:
			err = c.say(connector.Fail, n.name, strings.TrimSuffix("not granted; "+n.why, "; "), "grant it in a permission set")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
