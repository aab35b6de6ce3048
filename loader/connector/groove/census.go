package groove

import (
	"context"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	policy "rosterload/transform/groove"
)

// Members pages through all users of the Salesforce org. A user whose licences were asked for and who has no seat is
// under way.
func (t *Target) Members(ctx context.Context, each func(connector.Member) error) error {
	s, err := t.survey(ctx)
	if err != nil {
		return err
	}
	fields, came := t.fields(), map[string]bool{}
	soql := "SELECT " + strings.Join(fields, ",") + " FROM User"
	return t.org.Query(ctx, fields, soql, func(row []string) error {
		p, err := t.personOf(slices.Clone(row)) // valid until the next
		if err != nil {
			return err
		}
		if came[p.ID] {
			return connector.NoAnswer("Salesforce shows user %s twice", p.ID)
		}
		came[p.ID] = true
		now := s.Standing(transform.User{By: "Id", Key: p.ID}, p.Person)
		m := connector.Member{
			ID: p.ID, Username: p.username, Active: p.Active, Request: now.Request, Group: now.Group,
			Status: now.Status,
		}
		if m.UnderWay = now.Status == policy.StatusWaiting; m.UnderWay {
			m.Group = "" // the field asks for it, and no seat is there
		}
		return each(m)
	})
}

// Licences are the seats of the package, which are core. No interface counts the others.
func (t *Target) Licences(ctx context.Context) ([]connector.Licence, error) {
	s, err := t.survey(ctx)
	if err != nil {
		return nil, err
	}
	seats := connector.Licence{Name: "seats (core)", Used: s.Used, Known: true}
	if _, limited := s.Free(); limited {
		seats.Of = &s.Allowed
	}
	return []connector.Licence{seats, {
		Name: "flow_unlimited, dialer, sms, conversation_intelligence",
		Why:  "not told: no interface counts them; see Groove's users page",
	}}, nil
}

var (
	_ connector.Census        = (*Target)(nil)
	_ connector.LicenceTeller = (*Target)(nil)
)
