package vonage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"rosterload/loader/connector"
	"rosterload/transform"
	policy "rosterload/transform/vonage"
)

// creation is one user who is made, in several calls.
type creation struct {
	*Target
	person person
	id     string // agent ID, or policy.NoAgentID
	madeUp bool   // the agent ID is
	each   func(...connector.Outcome) error
}

func (c *creation) refused(code, next, format string, args ...any) connector.Outcome {
	return refused(c.person.ID, code, next, format, args...)
}

// step brings one step to disk before the next begins.
func (c *creation) step(code, ref string) error {
	o := connector.Outcome{User: c.person.ID, State: connector.Step, Code: code, Ref: ref}
	c.remember(o)
	return c.each(o)
}

// run makes the user, or finds the account made by us before, gives it everything that the template has, and reads it
// all back.
func (c *creation) run(ctx context.Context) (connector.Outcome, error) {
	a, refusal, err := c.ensure(ctx)
	if err != nil || refusal.State != "" {
		return refusal, err
	}
	if err := c.step(stepCreated, a.UserID); err != nil {
		return connector.Outcome{}, err
	}
	missing, err := c.giveAll(ctx, a.UserID)
	if err == nil && len(missing) == 0 {
		missing, err = c.lacks(ctx, a)
	}
	if err != nil {
		return connector.Outcome{}, err
	}
	if len(missing) > 0 {
		o := c.refused("VCC_INCOMPLETE", transform.FixAndLoad, "the user was made, but lacks: %s",
			strings.Join(missing, ", "))
		o.Ref = a.UserID
		return o, nil
	}
	return connector.Outcome{User: c.person.ID, State: connector.Accepted, Ref: a.UserID}, nil
}

// ensure answers the user's account: ours from before, or a new one. A refusal is an outcome; it has no state when
// there is none.
func (c *creation) ensure(ctx context.Context) (a account, refusal connector.Outcome, err error) {
	a, there, err := c.wire.byUsername(ctx, c.person.Username)
	if err != nil {
		return a, refusal, err
	}
	if there {
		return a, c.inTheWay(a), nil
	}
	if err := c.step(stepCreating, ""); err != nil {
		return a, refusal, err
	}
	// A lost answer goes up as it is: whether the create arrived is found out by looking, not by sending.
	if err := c.create(ctx); isRefusal(err) {
		return c.explain(ctx, err)
	} else if err != nil {
		return a, refusal, err
	}
	a, there, err = c.wire.byUsername(ctx, c.person.Username)
	if err == nil && !there {
		err = fmt.Errorf("VCC has made the user and does not show it: %w", connector.ErrLost)
	}
	return a, refusal, err
}

// inTheWay refuses an account that was there before the create, unless a run of this home has begun it and it fits.
func (c *creation) inTheWay(a account) connector.Outcome {
	fits := policy.Canonical(a.AgentID) == policy.Canonical(c.id) ||
		c.id == policy.NoAgentID && a.Type == policy.PlainSupervisor
	if c.madeFor(c.person.ID).half(a.Account) && fits && a.Active {
		return connector.Outcome{}
	}
	return c.refused("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson,
		"a user already exists with that username: %s", a.Account)
}

// create sends the template's settings with the user's own. It is never repeated by itself.
func (c *creation) create(ctx context.Context) error {
	body, config := object{}, without(c.template.Account, nil)
	if config == nil {
		config = object{}
	}
	body.set("username", c.person.Username)
	body.set("name", c.person.name)
	body.set("email", c.person.Email)
	switch agent := c.agentConfiguration(); {
	case agent == nil:
	case c.template.Beside:
		body.set("agentConfiguration", agent)
	default:
		config.set("agentConfiguration", agent)
	}
	body.set("userAccountConfiguration", config)
	q := call{method: http.MethodPost, path: "/users", json: body}
	if c.settings.AllowOverages {
		q.query = url.Values{"allowOverages": {"true"}}
	}
	return c.wire.do(ctx, q, nil)
}

// agentConfiguration is the template's with the user's agent ID and telephone number; nil where the template has none.
func (c *creation) agentConfiguration() object {
	agent := without(c.template.Agent, nil)
	if agent == nil {
		return nil
	}
	if c.id != policy.NoAgentID {
		agent.set("agentDisplayId", c.id)
	}
	phone := agent.object("telephonyAddress")
	if phone == nil {
		phone = object{}
	}
	phone.set("telephoneAddress", c.person.Phone)
	agent.set("telephonyAddress", phone)
	return agent
}

var aboutLicences = regexp.MustCompile(`(?i)licen[cs]e|overage`)

// explain finds out what a refused create was about: the username, then the agent ID, then VCC's words. It answers the
// account where there is nothing to refuse.
func (c *creation) explain(ctx context.Context, no error) (a account, refusal connector.Outcome, err error) {
	said := saidOf(no)
	a, there, err := c.wire.byUsername(ctx, c.person.Username)
	if err != nil {
		return a, refusal, err
	}
	if there && c.inTheWay(a).State == "" {
		return a, refusal, nil // it was made all the same: the no was a proxy's
	}
	if there {
		return a, c.refused("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson,
			"a user already exists with that username: %s; VCC says: %s", a.Account, said), nil
	}
	if c.id != policy.NoAgentID {
		a, there, err = c.wire.byAgentID(ctx, c.id)
		if err != nil {
			return a, refusal, err
		}
		if there {
			return a, c.refused("VCC_AGENT_ID_IN_USE", transform.ChangeKey,
				"Agent ID '%s' is already in use, by %s in VCC", c.id, a.Username), nil
		}
	}
	if aboutLicences.MatchString(said) {
		return a, c.refused("VCC_NO_LICENCES", transform.FreeLicences, "%s", said), nil
	}
	return a, c.refused("VCC_REFUSED", transform.AskAdmin, "%s", said), nil
}

// mostGivings is how often something is written that VCC takes and then does not show.
const mostGivings = 3

// giveAll replaces each of the user's lists by the template's, reads it back, and answers what is missing. A write that
// is answered with nothing may have been answered by a proxy, so a list that is not shown is written again.
func (c *creation) giveAll(ctx context.Context, userID string) (missing []string, err error) {
	left := rights
	for range mostGivings {
		if missing, err = c.give(ctx, userID, left); err != nil || len(missing) > 0 {
			return missing, err
		}
		if left, err = c.lacking(ctx, userID, left); err != nil || len(left) == 0 {
			return nil, err
		}
	}
	for _, r := range left {
		missing = append(missing, r.path)
	}
	return missing, nil
}

// give writes lists, and answers those that VCC would not take.
func (c *creation) give(ctx context.Context, userID string, which []right) (missing []string, err error) {
	for _, r := range which {
		asked, known := c.template.Rights[r.path]
		if !known || len(asked) == 0 && r.method == http.MethodPatch {
			continue
		}
		err := c.wire.do(ctx, call{
			method: r.method, path: "/users/" + url.PathEscape(userID) + "/" + r.path,
			json: r.body(asked), again: true,
		}, nil)
		switch {
		case isRefusal(err), statusOf(err) == http.StatusInternalServerError: // 502 to 504: no list is missing, VCC is away
			missing = append(missing, fmt.Sprintf("%s (%s)", r.path, saidOf(err)))
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// lacking reads lists back, and answers those that are not as the template's.
func (c *creation) lacking(ctx context.Context, userID string, which []right) (left []right, err error) {
	for _, r := range which {
		asked, known := c.template.Rights[r.path]
		if !known {
			continue
		}
		is, _, err := c.wire.list(ctx, userID, r)
		if err != nil {
			return nil, err
		}
		if !r.has(is, asked) {
			left = append(left, r)
		}
	}
	return left, nil
}

// lacks reads the rest back: the role, and the agent ID in both systems.
func (c *creation) lacks(ctx context.Context, a account) (missing []string, err error) {
	if a.Type != c.template.kind() {
		missing = append(missing, fmt.Sprintf("the template's role (it is a %s)", a.Type))
	}
	if c.id == policy.NoAgentID {
		return missing, nil
	}
	if policy.Canonical(a.AgentID) != policy.Canonical(c.id) {
		missing = append(missing, "its agent ID in VCC")
	}
	people, err := c.peopleNow(ctx, []transform.SealedChange{{Change: transform.Change{User: c.person.ID}}})
	if err == nil && people[c.person.ID].AgentID != c.id {
		missing = append(missing, "its agent ID in Salesforce")
	}
	slices.Sort(missing)
	return missing, err
}
