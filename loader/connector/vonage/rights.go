package vonage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rosterload/loader/connector"
)

// right is one list that a user has, how it is read and how it is replaced. Source: Vonage, User Admin API, the pages
// of each.
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

// item is one skill, group or permission. Its numbers keep their digits.
type item map[string]any

// UnmarshalJSON reads an item.
func (i *item) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode((*map[string]any)(i))
}

// rightsOf reads all lists of a user, by path; one that VCC has no page for is not there.
func (w *wire) rightsOf(ctx context.Context, userID string) (map[string][]item, error) {
	all := map[string][]item{}
	for _, r := range rights {
		list, there, err := w.list(ctx, userID, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.path, err)
		}
		if there {
			all[r.path] = list
		}
	}
	return all, nil
}

// list reads one right of a user; there is false where VCC has no such page.
func (w *wire) list(ctx context.Context, userID string, r right) (list []item, there bool, err error) {
	err = connector.Insist(func() error {
		var raw json.RawMessage
		if err := w.get(ctx, "/users/"+url.PathEscape(userID)+"/"+r.path, &raw); err != nil {
			return err
		}
		list, err = r.read(raw)
		return err
	})
	if status := statusOf(err); status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return nil, false, nil
	}
	return list, err == nil, err
}

// read finds the list in an answer: bare, or by its key in either spelling. An answer without it is none: an empty list
// would be copied.
func (r right) read(raw []byte) ([]item, error) {
	var all []item
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		if json.Unmarshal(raw, &all) != nil {
			return nil, connector.NoAnswer("%s: a list of something else", r.path)
		}
		return r.spelled(all), nil
	}
	var under map[string]json.RawMessage
	_ = json.Unmarshal(raw, &under) // what cannot be read holds no key
	for _, key := range []string{r.got, r.put} {
		list, there := under[key]
		switch {
		case !there || key == "":
		case json.Unmarshal(list, &all) != nil:
			return nil, connector.NoAnswer("%s: %s is no list", r.path, key)
		default:
			return r.spelled(all), nil
		}
	}
	return nil, connector.NoAnswer("%s: an answer without %s", r.path, r.got)
}

// spelled makes the items as they are written. Each list is a set: an answer whose rows came twice asks for nothing
// more.
func (r right) spelled(all []item) []item {
	list, seen := make([]item, 0, len(all)), map[string]bool{}
	for _, i := range all {
		written := r.spell(i)
		if text := written.text(); !seen[text] {
			seen[text] = true
			list = append(list, written)
		}
	}
	return list
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
	if text, isText := out[r.number].(string); isText && isNumber(text) {
		out[r.number] = json.Number(text)
	}
	return out
}

func isNumber(text string) bool {
	var n json.Number
	return json.Unmarshal([]byte(text), &n) == nil && n.String() == text
}

// body is what a write of the list sends.
func (r right) body(list []item) any {
	if r.put == "" {
		return list
	}
	return map[string]any{r.put: list}
}

// has tells whether a list is what was asked for, whatever its order. A PATCH leaves alone what it does not name.
func (r right) has(is, asked []item) bool {
	held, wanted := sorted(is), sorted(asked)
	if r.method != http.MethodPatch {
		return slices.Equal(held, wanted)
	}
	return !slices.ContainsFunc(wanted, func(line string) bool { return !slices.Contains(held, line) })
}

func sorted(list []item) []string {
	lines := make([]string, 0, len(list))
	for _, i := range list {
		lines = append(lines, i.text())
	}
	slices.Sort(lines)
	return lines
}

// text is the same for items with the same members.
func (i item) text() string {
	var parts []string
	for name, v := range i {
		parts = append(parts, fmt.Sprintf("%s=%v", name, v))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
