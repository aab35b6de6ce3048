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
)

func sameName(a, b string) bool { return strings.EqualFold(a, b) }

func list(names []string) string { return strings.Join(names, ", ") }

// create sends the template's settings with the person's own. It is never repeated by itself.
func (s *saga) create(ctx context.Context) error {
	config, agent := cloned(s.template.Account), cloned(s.template.Agent)
	if agent != nil && s.id != plainMark {
		agent.set("agentDisplayId", s.id)
	}
	if agent != nil {
		phone := cloned(agent.object("telephonyAddress"))
		if phone == nil {
			phone = object{}
		}
		phone.set("telephoneAddress", s.person.Phone)
		agent.set("telephonyAddress", phone)
	}
	body := object{}
	body.set("username", s.person.Username)
	body.set("name", s.person.Name)
	body.set("email", s.person.Email)
	if agent != nil && !s.template.Beside {
		config.set("agentConfiguration", agent)
	} else if agent != nil {
		body.set("agentConfiguration", agent)
	}
	body.set("userAccountConfiguration", config)
	c := call{method: http.MethodPost, path: "/users", json: body}
	if s.settings.AllowOverages {
		c.query = url.Values{"allowOverages": {"true"}}
	}
	return s.wire.do(ctx, c, nil)
}

func cloned(o object) object {
	if o == nil {
		return nil
	}
	return without(o, nil)
}

var aboutLicences = regexp.MustCompile(`(?i)licen[cs]e|overage`)

// refused finds out what a refused create was about: the username, then the agent ID, then VCC's words.
func (s *saga) refused(ctx context.Context, refusal error) (connector.Outcome, error) {
	said := saidOf(refusal)
	a, there, err := s.wire.byUsername(ctx, s.person.Username)
	if err != nil {
		return connector.Outcome{}, err
	}
	if there {
		return s.outcome("VCC_USERNAME_EXISTS", transform.IgnoreIfSamePerson, "a user already exists with that username: %s; VCC says: %s", a.standing(), said), nil
	}
	if s.id != plainMark {
		a, there, err = s.wire.byAgentID(ctx, s.id)
		if err != nil {
			return connector.Outcome{}, err
		}
		if there {
			return s.outcome("VCC_AGENT_ID_IN_USE", transform.ChangeKey, "Agent ID '%s' is already in use, by %s in VCC", s.id, a.Username), nil
		}
	}
	if aboutLicences.MatchString(said) {
		return s.outcome("VCC_NO_LICENCES", transform.FreeLicences, "%s", said), nil
	}
	return s.outcome("VCC_REFUSED", transform.AskAdmin, "%s", said), nil
}

// give replaces each of the user's lists by the template's, and answers those that VCC would not take.
func (s *saga) give(ctx context.Context, userID string) (missing []string, err error) {
	for _, r := range rights {
		want, known := s.template.Rights[r.path]
		if !known || len(want) == 0 && r.method == http.MethodPatch {
			continue
		}
		err := s.wire.do(ctx, call{method: r.method, path: "/users/" + url.PathEscape(userID) + "/" + r.path, json: r.body(want), again: true}, nil)
		switch {
		case isRefusal(err), statusOf(err) >= http.StatusInternalServerError:
			missing = append(missing, fmt.Sprintf("%s (%s)", r.path, saidOf(err)))
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// lacks reads everything back: the lists, the role, and the agent ID in both systems.
func (s *saga) lacks(ctx context.Context, a account) (missing []string, err error) {
	for _, r := range rights {
		want, known := s.template.Rights[r.path]
		if !known {
			continue
		}
		is, _, err := s.wire.list(ctx, a.UserID, r)
		if err != nil {
			return nil, err
		}
		if !r.has(is, want) {
			missing = append(missing, r.path)
		}
	}
	if a.kind() != s.template.kind() {
		missing = append(missing, fmt.Sprintf("the template's role (it is a %s)", a.kind()))
	}
	if s.id == plainMark {
		return missing, nil
	}
	if canonical(a.AgentID) != canonical(s.id) {
		missing = append(missing, "its agent ID in VCC")
	}
	people, err := s.peopleNow(ctx, []transform.Change{s.change})
	if err == nil && people[s.change.User].AgentID != s.id {
		missing = append(missing, "its agent ID in Salesforce")
	}
	slices.Sort(missing)
	return missing, err
}
