package vonage

import (
	"context"
	"maps"
	"slices"
	"strings"

	"rosterload/loader/sforce"
	"rosterload/validate"
)

// access is who may do what in Salesforce, as far as it is shown to us.
type access struct {
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

// readAccess reads the permission sets of these users, and what they grant on Task.
func (t *Target) readAccess(ctx context.Context, users []string) (*access, error) {
	a := &access{sets: map[string]*set{}, assigned: map[string][]string{}}
	if len(users) == 0 {
		return a, nil
	}
	fields := []string{
		"AssigneeId", "PermissionSetId", "PermissionSet.Label", "PermissionSet.NamespacePrefix",
		"PermissionSet.IsOwnedByProfile",
	}
	err := t.org.QueryIn(ctx, fields, "PermissionSetAssignment", "AssigneeId", users, func(row []string) error {
		user := validate.UserID(row[0])
		a.assigned[user] = append(a.assigned[user], row[1])
		a.sets[row[1]] = &set{
			label: row[2], namespace: row[3], ofProfile: row[4] == "true",
			fields: map[string]string{},
		}
		return nil
	})
	if isNo(err) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	a.readable = true
	return a, t.readTask(ctx, a)
}

// readTask fills in what each set grants on Task. Fields that are not under field-level security follow the object.
func (t *Target) readTask(ctx context.Context, a *access) error {
	var err error
	if a.fields, err = t.org.Describe(ctx, "Task"); err != nil && !isNo(err) {
		return err
	}
	ids := slices.Sorted(maps.Keys(a.sets))
	err = t.org.QueryIn(ctx, []string{"ParentId", "Field", "PermissionsRead", "PermissionsEdit"}, "FieldPermissions",
		"SobjectType = 'Task' AND ParentId", ids, func(row []string) error {
			if s := a.sets[row[0]]; s != nil {
				s.fields[strings.TrimPrefix(row[1], "Task.")] = level(row[2], row[3])
			}
			return nil
		})
	if err == nil {
		err = t.org.QueryIn(ctx, []string{"ParentId", "PermissionsRead", "PermissionsEdit"}, "ObjectPermissions",
			"SobjectType = 'Task' AND ParentId", ids, func(row []string) error {
				if s := a.sets[row[0]]; s != nil {
					s.object = level(row[1], row[2])
				}
				return nil
			})
	}
	if isNo(err) {
		a.readable = false
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

func (a *access) holds(user string, which func(set) bool) bool {
	return slices.ContainsFunc(a.assigned[user], func(id string) bool { return which(*a.sets[id]) })
}

// task is a user's best access to a field of Task; known is false where it cannot be told.
func (a *access) task(user, field string) (best string, known bool) {
	if !a.readable {
		return "", false
	}
	f, described := a.fields[field]
	if len(a.fields) > 0 && !described {
		return "", false
	}
	for _, id := range a.assigned[user] {
		s := a.sets[id]
		has := s.fields[field]
		if described && !f.Securable {
			has = s.object
		}
		if has == edit || has == read && best == "" {
			best = has
		}
	}
	return best, true
}
