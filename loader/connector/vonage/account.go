package vonage

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"rosterload/loader/connector"
	policy "rosterload/transform/vonage"
)

// object is JSON of which only some members are ours to read; the others travel on as they are.
type object map[string]json.RawMessage

// text is a member's text, or a number's digits; "" for null.
func (o object) text(name string) string {
	raw := o[name]
	var s string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return s
	}
	return string(raw)
}

func (o object) object(name string) object {
	var inner object
	if json.Unmarshal(o[name], &inner) != nil {
		return nil
	}
	return inner
}

func (o object) set(name string, v any) {
	o[name], _ = json.Marshal(v)
}

// account is a VCC user, with what a template hands on.
type account struct {
	policy.Account
	role   string
	config object
	agent  object // agentConfiguration, wherever it stands
	beside bool   // it stands beside userAccountConfiguration
}

// UnmarshalJSON reads a user object. Source: Vonage, User Admin API, Get users.
func (a *account) UnmarshalJSON(data []byte) error {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	*a = account{config: o.object("userAccountConfiguration")}
	if a.agent = a.config.object("agentConfiguration"); a.agent == nil {
		a.agent = o.object("agentConfiguration")
		a.beside = a.agent != nil
	}
	a.UserID, a.Username, a.Email = o.text("userId"), o.text("username"), o.text("email")
	a.role, a.AgentID, a.Active = a.config.text("role"), a.agent.text("agentDisplayId"), o.text("active") != "false"
	a.Type = policy.TypeOf(a.role, a.config.text("actAsAgent") == "true")
	return nil
}

// byUsername finds one account; there is false when VCC knows no user of that name.
func (w *wire) byUsername(ctx context.Context, username string) (a account, there bool, err error) {
	return w.one(ctx, "/users/by/username/"+url.PathEscape(username),
		func(a account) bool { return policy.Fold(a.Username) == policy.Fold(username) })
}

// byAgentID finds the account that holds an agent ID.
func (w *wire) byAgentID(ctx context.Context, id string) (a account, there bool, err error) {
	return w.one(ctx, "/users/by/agentDisplayId/"+url.PathEscape(id),
		func(a account) bool { return policy.Canonical(a.AgentID) == policy.Canonical(id) })
}

// one asks for a single account and takes none but the one that was asked for.
func (w *wire) one(ctx context.Context, path string, isAsked func(account) bool) (a account, there bool, err error) {
	err = connector.Insist(func() error {
		a = account{}
		switch err := w.get(ctx, path, &a); {
		case err != nil:
			return err
		case a.UserID == "" || a.Username == "":
			return connector.NoAnswer("GET %s: a user without userId or username", path)
		case !isAsked(a):
			return connector.NoAnswer("GET %s: another user, %s", path, a.Username)
		}
		return nil
	})
	if isNotFound(err) {
		return account{}, false, nil
	}
	return a, err == nil, err
}

// pageSize is the largest page of users that VCC gives.
const pageSize = 5000

// maxTotal is more users than any contact centre has: pages come to an end.
const maxTotal = 1_000_000

// page is one page of users. Its counts are pointers: one that is missing is not 0.
type page struct {
	Meta struct {
		Page  *int `json:"page"`
		Total *int `json:"totalCount"`
	} `json:"meta"`
	Users []account `json:"users"`
}

// all are all accounts, archived ones included: as many as VCC says there are, and each once.
func (w *wire) all(ctx context.Context, each func(account)) error {
	query := url.Values{"include": {"All"}, "limit": {strconv.Itoa(pageSize)}}
	if base := w.settings.PageBase.V; base == "0" || base == "1" {
		query.Set("page", base)
	}
	for l := (listing{seen: map[string]bool{}}); ; {
		var p page
		if err := w.do(ctx, call{method: "GET", path: "/users", query: query, again: true}, &p); err != nil {
			return err
		}
		more, err := l.take(p)
		if err != nil {
			return err
		}
		for _, a := range p.Users {
			each(a)
		}
		if !more {
			return nil
		}
		query.Set("page", strconv.Itoa(l.page+1))
	}
}

// listing is what the pages so far say of themselves.
type listing struct {
	pages, page, total int
	seen               map[string]bool // user ids
}

// take holds a page against what VCC counts and against the pages before. Whether the first page is 0 or 1 is
// documented both ways: it is asked for without a number, and its answer tells.
func (l *listing) take(p page) (more bool, err error) {
	switch {
	case p.Meta.Page == nil || p.Meta.Total == nil || p.Users == nil || *p.Meta.Total > maxTotal:
		return false, connector.NoAnswer("GET /users: a page without meta or users")
	case l.pages > 0 && *p.Meta.Page != l.page+1:
		return false, connector.NoAnswer("GET /users: page %d instead of %d", *p.Meta.Page, l.page+1)
	case l.pages > 0 && *p.Meta.Total != l.total:
		return false, connector.NoAnswer("GET /users: %d users in all, and %d on the page before", *p.Meta.Total,
			l.total)
	}
	l.pages, l.page, l.total = l.pages+1, *p.Meta.Page, *p.Meta.Total
	for _, a := range p.Users {
		if a.UserID == "" || a.Username == "" || l.seen[a.UserID] {
			return false, connector.NoAnswer("GET /users: page %d has a user twice, or one without userId or username",
				l.page)
		}
		l.seen[a.UserID] = true
	}
	if n := len(l.seen); n > l.total || n < l.total && len(p.Users) == 0 {
		return false, connector.NoAnswer("GET /users: %d users came, VCC counts %d", n, l.total)
	}
	return len(l.seen) < l.total, nil
}
