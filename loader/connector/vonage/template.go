package vonage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rosterload/loader/config"
)

// template is everything that new users share with the template user, read once a run and sealed with it.
type template struct {
	Username string            `json:"username"`
	Role     string            `json:"role"`
	AsAgent  bool              `json:"act_as_agent"`
	Account  object            `json:"user_account_configuration"` // less what is personal
	Agent    object            `json:"agent_configuration,omitempty"`
	Beside   bool              `json:"agent_configuration_stands_beside,omitempty"`
	Rights   map[string][]item `json:"rights"` // by the path of each right; one that VCC does not show is not there
}

func (t *template) kind() userType { return typeOf(t.Role, t.AsAgent) }

// item is one skill, group or permission.
type item map[string]any

// right is one list that a user has, how it is read and how it is replaced. Source: Vonage, User Admin API, the pages of each.
type right struct {
	path   string
	got    string // key of the list in the answer of a GET
	put    string // key in the body of a write; "": the bare list
	method string
	keep   []string // members that are written; nil: all plain ones
	number string   // a member that GET spells as text and PUT as a number
}

var rights = []right{
	{"skills", "agentSkills", "agentSkills", http.MethodPut, []string{"skillId", "agentSkillLevel"}, "agentSkillLevel"},
	{"groups", "agentGroups", "agentGroups", http.MethodPut, []string{"groupId"}, ""},
	{"permissions/groups", "groupPermissions", "groupPermissions", http.MethodPut, []string{"groupId", "groupPermission"}, ""},
	{"permissions/queues", "queues", "queues", http.MethodPut, []string{"queueId", "queuePermission"}, ""},
	{"permissions/addresses", "addressPermissions", "addressPermissions", http.MethodPut, []string{"addressId", "addressName"}, ""},
	{"permissions/interactionPlans", "interactionPlanPermission", "interactionPlanPermissions", http.MethodPut, nil, ""},
	{"permissions/accessPermissions", "accessPermissions", "", http.MethodPatch, []string{"permissionKey", "permissionLevel"}, ""},
}

// personal members are never copied from the template.
var personal = []string{"agentDisplayId", "associatedUsers", "chargeable", "locked", "ssoExternalId", "lastLoginTime", "userId", "agentConfiguration"}

// personalPhone are those of the telephony address.
var personalPhone = []string{"telephoneAddress", "telephonyExtension", "selectedCallbackNumberId"}

// Foundation reads the template user.
func (t *Target) Foundation(ctx context.Context) ([]byte, error) {
	read, err := t.readTemplate(ctx)
	if err != nil {
		return nil, err
	}
	t.template = read
	return json.MarshalIndent(read, "", "  ")
}

// Rest takes the template that the run was planned on.
func (t *Target) Rest(foundation []byte) error {
	t.template = &template{}
	return json.Unmarshal(foundation, t.template)
}

func (t *Target) readTemplate(ctx context.Context) (*template, error) {
	complain := func(format string, args ...any) error {
		return t.settings.Template.Complain("template %s: "+format, append([]any{t.templateName}, args...)...)
	}
	if t.templateName == "" {
		return nil, &config.Error{Text: "no template: name an existing VCC user under template:, or with --template"}
	}
	a, there, err := t.wire.byUsername(ctx, t.templateName)
	switch {
	case err != nil:
		return nil, fmt.Errorf("template: %w", err)
	case !there:
		return nil, complain("VCC knows no user of this name")
	case !a.Active:
		return nil, complain("the user is archived")
	case a.kind() == otherType:
		return nil, complain("its role is %s; only an Agent or a Supervisor can be a template", a.Role)
	}
	read := &template{Username: a.Username, Role: a.Role, AsAgent: a.AsAgent, Account: without(a.config, personal), Beside: a.beside, Rights: map[string][]item{}}
	if a.agent != nil {
		read.Agent = without(a.agent, personal)
		if phone := a.agent.object("telephonyAddress"); phone != nil {
			read.Agent.set("telephonyAddress", without(phone, personalPhone))
		}
	}
	for _, r := range rights {
		list, there, err := t.wire.list(ctx, a.UserID, r)
		if err != nil {
			return nil, fmt.Errorf("template: %s: %w", r.path, err)
		}
		if there {
			read.Rights[r.path] = list
		}
	}
	return read, nil
}

func without(o object, names []string) object {
	rest := maps.Clone(o)
	for _, n := range names {
		delete(rest, n)
	}
	return rest
}

// list reads one right of a user; there is false where VCC has no such page.
func (w *wire) list(ctx context.Context, userID string, r right) (list []item, there bool, err error) {
	var raw json.RawMessage
	err = w.get(ctx, "/users/"+url.PathEscape(userID)+"/"+r.path, &raw)
	if status := statusOf(err); status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var all []item
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		err = json.Unmarshal(raw, &all)
	} else {
		var under map[string]json.RawMessage
		if err = json.Unmarshal(raw, &under); err == nil {
			all, err = r.under(under)
		}
	}
	list = []item{}
	for _, i := range all {
		list = append(list, r.spell(i))
	}
	return list, true, err
}

// under finds the list by its key in either spelling.
func (r right) under(answer map[string]json.RawMessage) (all []item, err error) {
	for _, key := range []string{r.got, r.put} {
		if raw, there := answer[key]; there {
			return all, json.Unmarshal(raw, &all)
		}
	}
	return nil, nil
}

// spell makes an item as it is written.
func (r right) spell(i item) item {
	out := item{}
	for name, v := range i {
		switch v.(type) {
		case map[string]any, []any, nil:
			continue
		}
		if r.keep == nil || slices.Contains(r.keep, name) {
			out[name] = v
		}
	}
	if text, isText := out[r.number].(string); isText && r.number != "" {
		out[r.number] = json.Number(text)
	}
	return out
}

// body is what a write of the list sends.
func (r right) body(list []item) any {
	if r.put == "" {
		return list
	}
	return map[string]any{r.put: list}
}

// has tells whether a list is what was asked for, whatever its order. A PATCH leaves alone what it does not name.
func (r right) has(is, want []item) bool {
	held, wanted := sorted(is), sorted(want)
	if r.method != http.MethodPatch {
		return slices.Equal(held, wanted)
	}
	return !slices.ContainsFunc(wanted, func(line string) bool { return !slices.Contains(held, line) })
}

func sorted(list []item) []string {
	lines := make([]string, 0, len(list))
	for _, i := range list {
		var parts []string
		for name, v := range i {
			parts = append(parts, fmt.Sprintf("%s=%v", name, v))
		}
		slices.Sort(parts)
		lines = append(lines, strings.Join(parts, " "))
	}
	slices.Sort(lines)
	return lines
}
