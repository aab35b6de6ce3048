package vonage

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rosterload/loader/connector"
	"rosterload/transform"
)

// check runs Ready and answers what did not pass, a line each.
func check(t *testing.T, target *Target, names ...string) (gaps []string, err error) {
	t.Helper()
	var users func(func(transform.User) bool)
	if len(names) > 0 {
		users = func(yield func(transform.User) bool) {
			for _, n := range names {
				if !yield(transform.User{By: "Username", Key: n + "@acme.example"}) {
					return
				}
			}
		}
	}
	err = target.Ready(t.Context(), users, func(f connector.Finding) error {
		line := strings.TrimSpace(fmt.Sprintf("%s %s: %s: %s", f.Subject, f.Check, f.Mark, f.Saw))
		if f.Rights {
			line += " (rights)"
		}
		if f.Mark != connector.Pass {
			gaps = append(gaps, line)
		}
		return nil
	})
	return gaps, err
}

// entitled gives ann and the API user what the vendor's page asks for.
func entitled(c *centre, fields string) {
	c.people["0055f0000000009AAA"] = &sfUser{name: "api"}
	set := func(user, id, label, namespace string) string {
		return fmt.Sprintf(`{"AssigneeId":%q,"PermissionSetId":%q,"PermissionSet":{"Label":%q,"NamespacePrefix":%s,"IsOwnedByProfile":false}}`, user, id, label, namespace)
	}
	c.instead["query PermissionSetAssignment"] = []string{found(
		set(ann, "0PS1", "ContactWorld Agent", `"NVMContactWorld"`), set(ann, "0PS2", "Ours", "null"),
		set("0055f0000000009AAA", "0PS3", "ContactWorld API user", `"NVMContactWorld"`), set("0055f0000000009AAA", "0PS2", "Ours", "null"))}
	c.instead["query FieldPermissions"] = []string{found(`{"ParentId":"0PS2","Field":"Task.WhoId","PermissionsRead":true,"PermissionsEdit":` + fields + `}`)}
	c.instead["query ObjectPermissions"] = []string{found(`{"ParentId":"0PS2","PermissionsRead":true,"PermissionsEdit":true}`)}
	c.instead["GET sobjects/Task/describe"] = []string{`{"fields":[{"name":"Id"},{"name":"WhoId","permissionable":true}]}`}
	c.instead["query PermissionSet"] = []string{found(`{"Id":"0PS3","PermissionsEditTask":true,"PermissionsViewAllUsers":true,"PermissionsViewAllData":true}`)}
}

const taskSettings = "    readiness: {api_user: api@acme.example, task_fields: {WhoId: edit}}\n    generate_agent_ids: true\n"

func TestWhatACheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		prepare  func(*centre)
		users    []string
		gap      string
	}{
		"an agent ID will be made up":                 {"", nil, []string{"ann"}, "ann@acme.example agent ID: warn: blank; one will be generated"},
		"an account will be made":                     {"", nil, []string{"ann"}, "ann@acme.example VCC user: warn: none; a load will make one"},
		"the telephone number is blank":               {"", func(c *centre) { c.people[ann].phone = "" }, []string{"ann"}, "ann@acme.example Phone: fail: blank"},
		"the user is inactive":                        {"", func(c *centre) { c.people[ann].inactive = true }, []string{"ann"}, "ann@acme.example Salesforce user: fail: inactive"},
		"no user has this name":                       {"", nil, []string{"unknown"}, "unknown@acme.example Salesforce user: fail: no Salesforce user has this key"},
		"the account is archived":                     {"", nil, []string{"cid"}, "cid@acme.example VCC user: fail: archived, agent ID 13"},
		"a permission set is missing":                 {"", nil, []string{"bob"}, "bob@acme.example permission set ContactWorld Agent: warn: not assigned"},
		"a right on Task is missing":                  {"", func(c *centre) { entitled(c, "false") }, []string{"ann"}, "ann@acme.example Task.WhoId: fail: has read, needs edit"},
		"the agent ID is taken":                       {"", func(c *centre) { c.people[ann].agentID = "12" }, []string{"ann"}, "ann@acme.example agent ID: fail: 12 is in use by bob@acme.example in VCC"},
		"the template is unknown":                     {"    template: x@acme.example\n", nil, nil, "template: fail: template x@acme.example: VCC knows no user of this name"},
		"all licences are in use":                     {"    agent_licences: 2\n", nil, nil, "agent licences: warn: 2 of 2 in use"},
		"the field is read-only":                      {"", describes(`{"name":"NVMContactWorld__NVM_Agent_Id__c","updateable":false}`), nil, "NVMContactWorld__NVM_Agent_Id__c: fail: read-only for us (rights)"},
		"the field is not there":                      {"", describes(`{"name":"Phone"}`), nil, "NVMContactWorld__NVM_Agent_Id__c: fail: not there for us (rights)"},
		"VCC does not let us read":                    {"", func(c *centre) { c.instead["GET /users"] = []string{`403 {"message":"scope"}`} }, []string{"ann"}, "VCC scope users:read: fail: scope (rights)"},
		"Salesforce does not show us permission sets": {"", func(c *centre) { c.instead["query PermissionSetAssignment"] = []string{`400 []`} }, []string{"ann"}, "ann@acme.example permission set ContactWorld Agent: not checked: Salesforce does not show us permission sets"},
		"the API user is unknown":                     {"", func(c *centre) { delete(c.people, "0055f0000000009AAA") }, nil, "API user: fail: api@acme.example is not a user of this org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			centre := newCentre(t)
			entitled(centre, "true")
			if c.prepare != nil {
				c.prepare(centre)
			}
			settings := taskSettings + c.settings
			if !strings.Contains(settings, "template:") {
				settings += "    template: template@acme.example\n"
			}
			target, err := centre.open(centre.settings()+settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			gaps, err := check(t, target, c.users...)
			if err != nil || !slices.Contains(gaps, c.gap) {
				t.Errorf("%v: %s", err, strings.Join(gaps, "\n"))
			}
			if len(centre.writes()) > 0 {
				t.Errorf("a check writes: %q", centre.writes())
			}
		})
	}
}

func describes(field string) func(*centre) {
	return func(c *centre) {
		c.instead["GET sobjects/User/describe"] = []string{`{"fields":[{"name":"Id"},` + field + `]}`}
	}
}

func TestAUserWhoIsReadyFailsNothing(t *testing.T) {
	c := newCentre(t)
	entitled(c, "true")
	c.people[bob].agentID = "12"
	gaps, err := check(t, c.target(taskSettings), "ann")
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range gaps {
		if strings.Contains(gap, ": fail: ") {
			t.Error(gap)
		}
	}
}

// Rights are one question. Where Salesforce refuses it they are asked for one by one, so that each is told apart.
func TestARightThatIsNotShownHidesNoOther(t *testing.T) {
	const no = `400 [{"errorCode":"INVALID_FIELD","message":"No such column"}]`
	granted := func(right, is string) string { return found(`{"Id":"0PS3",` + `"` + right + `":` + is + `}`) }
	for name, c := range map[string]struct {
		answers []string
		asked   int
		gaps    []string
	}{
		"all are shown": {
			[]string{found(
				`{"Id":"0PS3","PermissionsEditTask":true,"PermissionsViewAllUsers":false,"PermissionsViewAllData":true}`,
				`{"Id":"0PS2","PermissionsEditTask":false,"PermissionsViewAllUsers":false,"PermissionsViewAllData":false}`)},
			1,
			[]string{"View All Users: fail: not granted; needed when users are queried"},
		},
		"one is not": {
			[]string{no, granted("PermissionsEditTask", "true"), no, granted("PermissionsViewAllData", "false")},
			4,
			[]string{
				"View All Users: not checked: Salesforce does not show it to us",
				"View All Data: fail: not granted; needed under a private sharing model",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newCentre(t)
			entitled(o, "true")
			o.instead["query PermissionSet"] = c.answers
			gaps, err := check(t, o.target(taskSettings))
			if err != nil {
				t.Fatal(err)
			}
			gaps = slices.DeleteFunc(gaps, func(gap string) bool {
				return !strings.Contains(gap, "View All") && !strings.Contains(gap, "Edit Tasks")
			})
			for i := range gaps {
				gaps[i] = strings.TrimPrefix(gaps[i], "api@acme.example ")
			}
			asked := 0
			for _, what := range o.seen {
				if what == "query PermissionSet" {
					asked++
				}
			}
			if !slices.Equal(gaps, c.gaps) || asked != c.asked {
				t.Errorf("asked %d times: %s", asked, strings.Join(gaps, "\n"))
			}
		})
	}
}

func TestADescribeOfNothingIsNoFinding(t *testing.T) {
	c := newCentre(t)
	c.instead["GET sobjects/User/describe"] = []string{`{}`}
	if gaps, err := check(t, c.target()); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("%v: %v", err, gaps)
	}
}

func TestAFindingThatIsNotHeardEndsTheCheck(t *testing.T) {
	c := newCentre(t)
	stop, heard := errors.New("stop"), 0
	err := c.target().Ready(t.Context(), nil, func(connector.Finding) error {
		heard++
		return stop
	})
	if !errors.Is(err, stop) || heard != 1 {
		t.Errorf("%v after %d findings", err, heard)
	}
}

// An account is read whatever VCC says of it, and never as another type than its role has.
func FuzzAccount(f *testing.F) {
	f.Add((&vccUser{id: "v-1", name: "a", agentID: "7", role: "Agent"}).json())
	f.Add(`{}`)
	f.Add(`{"userId":7,"username":null,"userAccountConfiguration":[]}`)
	f.Add(`{"userId":"a","agentConfiguration":{"agentDisplayId":7},"active":"false"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var a account
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		if a.TakesLicence() && !strings.EqualFold(a.role, "agent") {
			t.Errorf("%s: a licence for the role %q", text, a.role)
		}
		if a.beside && a.agent == nil {
			t.Errorf("%s: an agent configuration that is not there", text)
		}
	})
}

// A page is taken whole or not at all, and never more users than VCC counts.
func FuzzPage(f *testing.F) {
	f.Add(usersPage(1, 1, (&vccUser{id: "v-1", name: "a"}).json()))
	f.Add(`{"meta":{"page":-1,"totalCount":0},"users":[]}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, text string) {
		var p page
		if json.Unmarshal([]byte(text), &p) != nil {
			return
		}
		l := listing{seen: map[string]bool{}}
		more, err := l.take(p)
		if err == nil && (len(l.seen) != len(p.Users) || len(l.seen) > *p.Meta.Total || more != (len(l.seen) < *p.Meta.Total)) {
			t.Errorf("%s: %d users of %d, more: %v", text, len(l.seen), *p.Meta.Total, more)
		}
	})
}

// Rights are sets: what an answer names twice is not copied to others twice.
func TestARightThatComesTwiceIsOne(t *testing.T) {
	for _, r := range rights {
		list, err := r.read([]byte(`[{"groupId":"g1","skillId":"s1"},{"groupId":"g1","skillId":"s1"},{"groupId":"g2","skillId":"s2"}]`))
		if err != nil || slices.Contains(r.keep, "groupId") && (len(list) != 2 || list[1]["groupId"] != "g2") || len(list) > 2 {
			t.Errorf("%s: %v %v", r.path, list, err)
		}
	}
}

// What is read of a right can be written, and reads back as the same.
func FuzzRight(f *testing.F) {
	for _, list := range templateLists() {
		f.Add(list)
	}
	f.Add(`{"agentSkills":[{"skillId":1e999,"agentSkillLevel":"high"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range rights {
			list, err := r.read([]byte(text))
			if err != nil {
				continue
			}
			body, err := json.Marshal(r.body(list))
			if err != nil {
				t.Fatalf("%s of %s cannot be written: %v", r.path, text, err)
			}
			again, err := r.read(body)
			if err != nil || !r.has(again, list) {
				t.Errorf("%s of %s reads back as %v, %v", r.path, text, again, err)
			}
		}
	})
}
