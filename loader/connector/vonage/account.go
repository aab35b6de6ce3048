package vonage

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
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

// account is a VCC user.
type account struct {
	UserID   string
	Username string
	Email    string
	Role     string
	AgentID  string
	Active   bool
	AsAgent  bool // actAsAgent
	config   object
	agent    object // agentConfiguration, wherever it stands
	beside   bool   // it stands beside userAccountConfiguration
}

func (a account) kind() userType { return typeOf(a.Role, a.AsAgent) }

// takesLicence tells whether the account uses up one of the agent licences: active agents do, supervisors cost none (Vonage, Agent licenses).
func (a account) takesLicence() bool { return a.Active && strings.EqualFold(a.Role, "Agent") }

// standing tells people what the account is.
func (a account) standing() string {
	text := "active"
	if !a.Active {
		text = "archived"
	}
	if a.AgentID != "" {
		text += ", agent ID " + a.AgentID
	}
	return text
}

// UnmarshalJSON reads a user object. Source: Vonage, User Admin API, Get users.
func (a *account) UnmarshalJSON(data []byte) error {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	a.config = o.object("userAccountConfiguration")
	if a.agent = a.config.object("agentConfiguration"); a.agent == nil {
		a.agent = o.object("agentConfiguration")
		a.beside = a.agent != nil
	}
	a.UserID, a.Username, a.Email = o.text("userId"), o.text("username"), o.text("email")
	a.Role, a.AsAgent = a.config.text("role"), a.config.text("actAsAgent") == "true"
	a.AgentID = a.agent.text("agentDisplayId")
	a.Active = o.text("active") != "false"
	return nil
}

// userType is what the role and its switch make of a user. Source: Vonage, "Creating VCC user accounts for existing Salesforce users".
type userType string

const (
	agentType       userType = "agent"
	voiceSupervisor userType = "voice supervisor"
	plainSupervisor userType = "plain supervisor"
	otherType       userType = "other"
)

func typeOf(role string, asAgent bool) userType {
	switch {
	case strings.EqualFold(role, "Agent"):
		return agentType
	case strings.EqualFold(role, "Supervisor") && asAgent:
		return voiceSupervisor
	case strings.EqualFold(role, "Supervisor"):
		return plainSupervisor
	}
	return otherType
}

// needsID: agents and voice-enabled supervisors are tied to Salesforce by an agent ID, plain supervisors are not.
func (t userType) needsID() bool { return t == agentType || t == voiceSupervisor }

// byUsername finds one account; ok is false when VCC knows nobody of that name.
func (w *wire) byUsername(ctx context.Context, username string) (a account, ok bool, err error) {
	return w.one(ctx, "/users/by/username/"+url.PathEscape(username))
}

// byAgentID finds the account that holds an agent ID.
func (w *wire) byAgentID(ctx context.Context, id string) (a account, ok bool, err error) {
	return w.one(ctx, "/users/by/agentDisplayId/"+url.PathEscape(id))
}

func (w *wire) one(ctx context.Context, path string) (account, bool, error) {
	var a account
	err := w.get(ctx, path, &a)
	if isNotFound(err) {
		return account{}, false, nil
	}
	return a, err == nil && a.Username != "", err
}

// pageSize is the largest page of users that VCC gives.
const pageSize = 5000

// all are all accounts, archived ones included. Whether the first page is 0 or 1 is documented both ways: it is asked for without a
// number, and its answer tells.
func (w *wire) all(ctx context.Context, each func(account)) error {
	query := url.Values{"include": {"All"}, "limit": {strconv.Itoa(pageSize)}}
	if base := w.settings.PageBase.V; base == "0" || base == "1" {
		query.Set("page", base)
	}
	for seen := 0; ; {
		var page struct {
			Meta struct {
				Page  int `json:"page"`
				Pages int `json:"pageCount"`
				Total int `json:"totalCount"`
			} `json:"meta"`
			Users []account `json:"users"`
		}
		if err := w.do(ctx, call{method: "GET", path: "/users", query: query, again: true}, &page); err != nil {
			return err
		}
		for _, a := range page.Users {
			each(a)
		}
		if seen += len(page.Users); len(page.Users) == 0 || seen >= page.Meta.Total {
			return nil
		}
		query.Set("page", strconv.Itoa(page.Meta.Page+1))
	}
}

// canonical is what two spellings of one agent ID have in common: 007 is 7.
func canonical(id string) string {
	if n, err := strconv.ParseUint(id, 10, 63); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return strings.ToLower(id)
}
