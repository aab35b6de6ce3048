package groove

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/groove"
	"rosterload/validate"
)

// person is a Salesforce user, with what a work order says.
type person struct {
	policy.Person
	username, name, email string
}

// seen is what one look saw: for the policy, and of the package itself.
type seen struct {
	*policy.Org
	packageID, status string
}

func (t *Target) fields() []string {
	fields := []string{"Id", "Username", "Email", "Name", "IsActive"}
	if t.carriers.Field != "" {
		fields = append(fields, t.carriers.Field)
	}
	return fields
}

func (t *Target) personOf(row []string) (person, error) {
	id := validate.UserID(row[0])
	if !sforce.IsUserID(id) || row[1] == "" || row[4] != "true" && row[4] != "false" {
		return person{}, connector.NoAnswer("Salesforce shows a user without Id, Username or IsActive")
	}
	p := person{
		Person: policy.Person{ID: id, Active: row[4] == "true"}, username: row[1],
		email: row[2], name: row[3],
	}
	if t.carriers.Field != "" {
		p.Field = policy.SetOf(row[5])
	}
	return p, nil
}

// Look reports how users stand by both carriers. All seats are read first.
func (t *Target) Look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	p, _, err := t.look(ctx, users, found)
	return p, err
}

func (t *Target) look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (*policy.Policy, *seen, error) {
	var keys []string
	by := "Id"
	for u := range users {
		by = u.By
		keys = append(keys, u.Key)
	}
	if len(keys) == 0 {
		byField := t.carriers != nil && t.carriers.Field != ""
		return policy.New(t.settings.options(), &policy.Org{ByField: byField, Past: t.past}), nil, nil
	}
	s, err := t.survey(ctx)
	if err != nil {
		return nil, nil, err
	}
	matches, err := t.matches(ctx, by, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("users in Salesforce: %w", err)
	}
	for _, m := range matches {
		t.people[m.person.ID], s.People[m.person.ID] = m.person, m.person.Person
		if err := found(s.Standing(transform.User{By: by, Key: m.key}, m.person.Person)); err != nil {
			return nil, nil, err
		}
	}
	return policy.New(t.settings.options(), s.Org), s, nil
}

// match is a user and the key that led to it.
type match struct {
	key    string
	person person
}

// matches are the users with these keys, each once.
func (t *Target) matches(ctx context.Context, by string, keys []string) (all []match, err error) {
	fields := t.fields()
	at, spell := slices.Index(fields, by), policy.Spelling.KeyOf(by)
	return all, connector.Insist(func() error {
		all = nil
		once := map[string]bool{}
		return t.org.QueryIn(ctx, fields, "User", by, keys, func(row []string) error {
			p, err := t.personOf(row)
			if err != nil {
				return err
			}
			if once[p.ID] {
				return connector.NoAnswer("Salesforce shows user %s twice", p.ID)
			}
			once[p.ID] = true
			if key, fault := spell(nil, []byte(row[at])); fault == nil && len(key) > 0 { // a user without this key is in no line
				all = append(all, match{string(key), p})
			}
			return nil
		})
	})
}

// errNoPackage: without the package nothing can be said of seats.
var errNoPackage = fmt.Errorf("the package is not installed, or not ours to see: %w", connector.ErrNoAnswer)

// survey reads the package and its seats.
func (t *Target) survey(ctx context.Context) (s *seen, err error) {
	if err := t.needCarriers(ctx); err != nil {
		return nil, err
	}
	err = connector.Insist(func() error {
		s = &seen{Org: &policy.Org{
			ByField: t.carriers.Field != "", People: map[string]policy.Person{},
			Seats: map[string]policy.Seat{}, Past: t.past,
		}}
		if err := t.readPackage(ctx, s); err != nil {
			return err
		}
		return t.readSeats(ctx, s)
	})
	if err != nil {
		return s, fmt.Errorf("package %s: %w", t.carriers.Package, err)
	}
	for id, seat := range s.Seats {
		if seat.Inactive {
			t.stale[id] = seat
		}
	}
	return s, nil
}

// readPackage: AllowedLicenses that are blank, 0 or negative are no limit.
func (t *Target) readPackage(ctx context.Context, s *seen) error {
	fields := []string{"Id", "AllowedLicenses", "UsedLicenses", "Status"}
	soql := "SELECT Id, AllowedLicenses, UsedLicenses, Status FROM PackageLicense WHERE NamespacePrefix = " +
		sforce.Literal(t.carriers.Package)
	err := t.org.Query(ctx, fields, soql, func(row []string) error {
		var bad [2]error
		s.packageID, s.status = row[0], row[3]
		s.Allowed, bad[0] = number(row[1])
		s.Used, bad[1] = number(row[2])
		if errors.Join(bad[:]...) != nil || row[0] == "" {
			return connector.NoAnswer("a package without Id, or with counts that are no numbers")
		}
		return nil
	})
	if err == nil && s.packageID == "" {
		err = errNoPackage
	}
	return err
}

func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.Atoi(text)
}

// readSeats takes no fewer than the package counts as used. A seat's user is inactive only where Salesforce says so.
func (t *Target) readSeats(ctx context.Context, s *seen) error {
	fields := []string{"Id", "UserId", "User.Username", "User.IsActive"}
	soql := "SELECT Id, UserId, User.Username, User.IsActive FROM UserPackageLicense WHERE " +
		"PackageLicense.NamespacePrefix = " + sforce.Literal(t.carriers.Package)
	err := t.org.Query(ctx, fields, soql, func(row []string) error {
		user := validate.UserID(row[1])
		if row[0] == "" || !sforce.IsUserID(user) || s.Seated(user) {
			return connector.NoAnswer("a seat without Id or UserId, or two of user %s", user)
		}
		s.Seats[user] = policy.Seat{ID: row[0], Username: row[2], Inactive: row[3] == "false"}
		return nil
	})
	if err == nil && len(s.Seats) < s.Used {
		err = connector.NoAnswer("%d seats came, the package counts %d as used", len(s.Seats), s.Used)
	}
	return err
}
