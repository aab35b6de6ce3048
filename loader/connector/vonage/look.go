package vonage

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"rosterload/loader/connector"
	"rosterload/loader/sforce"
	"rosterload/transform"
	policy "rosterload/transform/vonage"
	"rosterload/validate"
)

// person is a Salesforce user, with the name that the VCC user gets.
type person struct {
	policy.Person
	name string
}

var personFields = []string{"Id", "Username", "Name", "Email", "Phone", "CallCenterId", "IsActive", policy.AgentField}

func personOf(row []string) (person, error) {
	id := validate.UserID(row[0])
	if !sforce.IsUserID(id) || row[1] == "" || row[6] != "true" && row[6] != "false" {
		return person{}, connector.NoAnswer("Salesforce shows a user without Id, Username or IsActive")
	}
	return person{name: row[2], Person: policy.Person{
		ID: id, Username: row[1], Email: row[3], Phone: strings.TrimSpace(row[4]),
		CallCenter: row[5],
		Active:     row[6] == "true", AgentID: strings.TrimSpace(row[7]),
	}}, nil
}

// Look reports how the users stand in both systems. It reads all of VCC each time: an account may be in the way of
// another.
func (t *Target) Look(
	ctx context.Context, users iter.Seq[transform.User], found func(transform.Standing) error,
) (transform.Policy, error) {
	keys, by := []string{}, "Id"
	for u := range users {
		by = u.By
		keys = append(keys, u.Key)
	}
	if len(keys) == 0 {
		return policy.New(t.options(), nil), nil
	}
	if err := t.needTemplate(ctx); err != nil {
		return nil, err
	}
	org, err := t.survey(ctx)
	if err == nil {
		err = t.lookAt(ctx, org, by, keys, found)
	}
	if err != nil {
		return nil, err
	}
	t.planned = policy.New(t.options(), org)
	return t.planned, nil
}

func (t *Target) options() policy.Options {
	return policy.Options{
		GenerateIDs: t.settings.GenerateAgentIDs, StartingID: t.start, AgentLicences: t.settings.AgentLicences,
		AllowOverages:  t.settings.AllowOverages,
		CenterOptional: t.settings.CallCenterRequired != nil && !*t.settings.CallCenterRequired,
	}
}

// match is a user and the key that led to it.
type match struct {
	key    string
	person policy.Person
}

// lookAt adds the people to what was seen, and reports their standings.
func (t *Target) lookAt(
	ctx context.Context, org *policy.Org, by string, keys []string, found func(transform.Standing) error,
) error {
	var matches []match
	err := connector.Insist(func() (err error) {
		matches, err = t.matches(ctx, by, keys)
		return err
	})
	if err != nil {
		return fmt.Errorf("users in Salesforce: %w", err)
	}
	for _, m := range matches {
		a, there := org.AccountOf(m.person)
		m.person.Unfinished = there && a.Active && t.madeFor(m.person.ID).half(a)
		org.People[m.person.ID] = m.person
		if err := found(org.Standing(transform.User{By: by, Key: m.key}, m.person)); err != nil {
			return err
		}
	}
	return nil
}

// matches are the Salesforce users with these keys, each once.
func (t *Target) matches(ctx context.Context, by string, keys []string) ([]match, error) {
	spell, fields := policy.Spelling.KeyOf(by), personFields
	if !slices.Contains(fields, by) {
		fields = append(slices.Clone(fields), by)
	}
	at := slices.Index(fields, by)
	var all []match
	seen := map[string]bool{}
	err := t.org.QueryIn(ctx, fields, "User", by, keys, func(row []string) error {
		p, err := personOf(row)
		if err != nil {
			return err
		}
		if seen[p.ID] {
			return connector.NoAnswer("Salesforce shows user %s twice", p.ID)
		}
		seen[p.ID] = true
		if key, fault := spell(nil, []byte(row[at])); fault == nil && len(key) > 0 { // a user without this key is in no line
			all = append(all, match{string(key), p.Person})
		}
		return nil
	})
	return all, err
}

// survey reads what both systems hold of agent IDs and accounts.
func (t *Target) survey(ctx context.Context) (org *policy.Org, err error) {
	var ids []holder
	var centers map[string][]string
	var errs [3]error
	var all sync.WaitGroup
	all.Go(func() {
		errs[0] = connector.Insist(func() error {
			org = policy.NewOrg(t.templateAsSeen())
			return t.wire.all(ctx, func(a account) { org.Add(a.Account) })
		})
	})
	all.Go(func() { ids, errs[1] = t.holders(ctx) })
	all.Go(func() { centers, errs[2] = t.centers(ctx) })
	all.Wait()
	for i, what := range []string{"VCC users", "agent IDs in Salesforce", "call centers"} {
		if errs[i] != nil {
			return nil, fmt.Errorf("%s: %w", what, errs[i])
		}
	}
	for _, h := range ids {
		org.Take(h.agentID, policy.Holder{System: "Salesforce", Username: h.username})
	}
	maps.Copy(org.Centers, centers)
	return org, nil
}

// holder is a user with an agent ID in Salesforce.
type holder struct{ agentID, username string }

func (t *Target) holders(ctx context.Context) (all []holder, err error) {
	err = t.org.Query(ctx, []string{"Username", policy.AgentField},
		"SELECT Username, "+policy.AgentField+" FROM User WHERE "+policy.AgentField+" != null",
		func(row []string) error {
			all = append(all, holder{strings.TrimSpace(row[1]), row[0]})
			return nil
		})
	return all, err
}

// centers are the call centers by id. Their names only help to compare a statement; an org that does not show them is
// no trouble.
func (t *Target) centers(ctx context.Context) (map[string][]string, error) {
	all := map[string][]string{}
	err := t.org.Query(ctx, []string{"Id", "Name", "InternalName"}, "SELECT Id, Name, InternalName FROM CallCenter",
		func(row []string) error {
			all[row[0]] = []string{row[0], row[1], row[2]}
			return nil
		})
	if isNo(err) {
		err = nil
	}
	return all, err
}

// peopleNow reads the Salesforce users of these changes again, by id.
func (t *Target) peopleNow(
	ctx context.Context, changes []transform.SealedChange,
) (people map[string]person, err error) {
	var ids []string
	for _, c := range changes {
		ids = append(ids, c.User)
	}
	return people, connector.Insist(func() error {
		people = map[string]person{}
		return t.org.QueryIn(ctx, personFields, "User", "Id", ids, func(row []string) error {
			p, err := personOf(row)
			people[p.ID] = p
			return err
		})
	})
}
