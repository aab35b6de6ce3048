package vonage

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterload/loader/config"
	"rosterload/loader/connector"
	"rosterload/loader/connector/targettest"
	"rosterload/transform"
)

func TestHowUsersStand(t *testing.T) {
	for _, base := range []int{0, 1} {
		c := newCentre(t)
		c.base = base
		lines, policy, err := targettest.Look(t, c.target(), "ann", "bob", "cid", "unknown")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"ann@acme.example|" + ann + "|true|||",
			"bob@acme.example|" + bob + "|true|12|12|created",
			"cid@acme.example|" + cid + "|true|||archived",
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
		if policy.Holders() != 2 {
			t.Errorf("%d holders", policy.Holders())
		}
		if len(c.writes()) > 0 {
			t.Errorf("a look writes: %v", c.writes())
		}
	}
}

func TestALookAtNoUsersAsksNothing(t *testing.T) {
	c := newCentre(t)
	_, policy, err := targettest.Look(t, c.target())
	if err != nil || len(c.seen) > 0 {
		t.Fatalf("%v, asked: %v", err, c.seen)
	}
	v, settled := policy.Judge(transform.Change{User: ann, Value: "7"}, transform.Standing{}, transform.Standing{ID: ann, Request: "7", Status: "created"})
	if v.Word != transform.Created || !settled {
		t.Errorf("%+v", v)
	}
}

func TestUsersAreFoundByEachKey(t *testing.T) {
	c := newCentre(t)
	for by, key := range map[string]string{"Id": ann, "Email": "ann@mail.example", "FederationIdentifier": "ann"} {
		c.instead["query User"] = []string{"", found(strings.Replace(c.people[ann].json(ann), `"FederationIdentifier":null`, `"FederationIdentifier":"ann"`, 1))}
		var is []string
		_, err := c.target().Look(t.Context(), func(yield func(transform.User) bool) { yield(transform.User{By: by, Key: key}) }, func(s transform.Standing) error {
			is = append(is, s.User.Key+" "+s.ID)
			return nil
		})
		if diff := cmp.Diff([]string{key + " " + ann}, is); diff != "" || err != nil {
			t.Errorf("%s: %v %s", by, err, diff)
		}
	}
}

// nonsense is what VCC, Salesforce or a proxy may answer with status 200 and that answers nothing.
func nonsense() map[string]struct{ what, answer string } {
	u := func(id, name string) string { return (&vccUser{id: id, name: name, role: "Agent"}).json() }
	person := (&sfUser{name: "ann", phone: "1"}).json(ann)
	return map[string]struct{ what, answer string }{
		"a list of nothing":               {"GET /users", `{}`},
		"a list without users":            {"GET /users", `{"meta":{"page":1,"totalCount":3}}`},
		"a list whose users are null":     {"GET /users", `{"meta":{"page":1,"totalCount":0},"users":null}`},
		"a list without a total":          {"GET /users", `{"meta":{"page":1},"users":[]}`},
		"a list without its page":         {"GET /users", `{"meta":{"totalCount":0},"users":[]}`},
		"a page that comes again":         {"GET /users", usersPage(1, 3, u("v-0", "a"), u("v-1", "b"))},
		"an empty page in the middle":     {"GET /users", usersPage(1, 3)},
		"more users than there are":       {"GET /users", usersPage(1, 1, u("v-0", "a"), u("v-1", "b"))},
		"a user twice":                    {"GET /users", usersPage(1, 2, u("v-0", "a"), u("v-0", "a"))},
		"a user without userId":           {"GET /users", usersPage(1, 1, u("", "a"))},
		"a user without username":         {"GET /users", usersPage(1, 1, `{"userId":"v-0"}`)},
		"a template of nothing":           {"GET /users/by/username/template@acme.example", `{}`},
		"a template that is another user": {"GET /users/by/username/template@acme.example", u("v-0", "bob")},
		"skills of nothing":               {"GET /users/v-0/skills", `{}`},
		"skills that are no list":         {"GET /users/v-0/skills", `{"agentSkills":"many"}`},
		"groups under another key":        {"GET /users/v-0/groups", `{"groups":[]}`},
		"access that is null":             {"GET /users/v-0/permissions/accessPermissions", `null`},
		"a user without IsActive":         {"query User", found(strings.Replace(person, `"IsActive":true`, `"IsActive":null`, 1))},
		"a Salesforce user without Id":    {"query User", found(strings.Replace(person, `"Id":"`+ann+`"`, `"Id":null`, 1))},
		"a Salesforce user twice":         {"query User", found(person, person)},
	}
}

func TestAnOrgThatAnswersNonsenseIsUnavailable(t *testing.T) {
	for name, n := range nonsense() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCentre(t)
			c.instead[n.what] = []string{n.answer}
			lines, _, err := targettest.Look(t, c.target(), "ann", "bob", "cid")
			if !errors.Is(err, connector.ErrUnavailable) || len(lines) > 0 {
				t.Errorf("%v, %v", err, lines)
			}
		})
	}
}

func TestNonsenseIsAskedForAgain(t *testing.T) {
	for name, n := range nonsense() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCentre(t)
			c.instead[n.what] = []string{n.answer, ""}
			lines, _, err := targettest.Look(t, c.target(), "ann", "bob", "cid")
			if err != nil || len(lines) != 3 {
				t.Errorf("%v, %v", err, lines)
			}
		})
	}
}

func TestAListThatGrowsWhileItIsReadIsReadAgain(t *testing.T) {
	c := newCentre(t)
	c.instead["GET /users"] = []string{usersPage(1, 2, c.vcc[0].json()), ""} // the second page says three
	lines, _, err := targettest.Look(t, c.target(), "bob")
	if err != nil || len(lines) != 1 || !strings.HasSuffix(lines[0], "created") {
		t.Errorf("%v, %v", err, lines)
	}
}

func TestNamesOfCallCentersAreNoCondition(t *testing.T) {
	c := newCentre(t)
	c.instead["query CallCenter"] = []string{`400 [{"errorCode":"INVALID_TYPE","message":"no"}]`}
	if _, _, err := targettest.Look(t, c.target(), "ann"); err != nil {
		t.Errorf("they are not ours to see: %v", err)
	}
	c.instead["query CallCenter"] = []string{`503`}
	if _, _, err := targettest.Look(t, c.target(), "ann"); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("Salesforce is away: %v", err)
	}
}

func TestWhatIsNoTemplate(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		change   func(*vccUser)
		want     string
	}{
		"none is named":          {"", nil, "no template"},
		"VCC does not know it":   {"    template: unknown@acme.example\n", nil, "knows no user of this name"},
		"it is archived":         {"    template: template@acme.example\n", func(u *vccUser) { u.archived = true }, "archived"},
		"it is an administrator": {"    template: template@acme.example\n", func(u *vccUser) { u.role = "Admin" }, "its role is Admin"},
	} {
		centre := newCentre(t)
		if c.change != nil {
			c.change(centre.vcc[0])
		}
		target, err := centre.open(centre.settings()+c.settings, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = targettest.Look(t, target, "ann")
		var settings *config.Error
		if !errors.As(err, &settings) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatATemplateHandsOn(t *testing.T) {
	c := newCentre(t)
	delete(c.vcc[0].lists, "groups")
	c.instead["GET /users/v-0/groups"] = []string{`404 {"message":"no such page"}`}
	template := c.ready().template
	for _, personal := range []string{"chargeable", "agentConfiguration"} {
		if _, there := template.Account[personal]; there {
			t.Errorf("%s is the template's own", personal)
		}
	}
	for _, personal := range []string{"agentDisplayId", "associatedUsers"} {
		if _, there := template.Agent[personal]; there {
			t.Errorf("%s is the template's own", personal)
		}
	}
	if phone := string(template.Agent["telephonyAddress"]); phone != `{"outboundTelephonyRegion":"region-1"}` {
		t.Error(phone)
	}
	if _, there := template.Rights["groups"]; there || len(template.Rights) != 6 {
		t.Errorf("%v", template.Rights)
	}
}

func TestSettingsAndFlags(t *testing.T) {
	c := newCentre(t)
	for settings, want := range map[string]string{
		"    url: http://127.0.0.1/\n":                                 "token_url is missing",
		"    token_url: x\n":                                           "url is missing",
		strings.Replace(c.settings(), "client_secret: mine", "", 1):    "auth needs client_id and client_secret",
		strings.Replace(c.settings(), "    salesforce: prod\n", "", 1): "salesforce is missing",
		c.settings() + "    starting_id: 0\n":                          "starting_id 0 is less than 1",
		c.settings() + "    page_base: \"2\"\n":                        `page_base "2" is none of auto, 0, 1`,
		strings.ReplaceAll(c.settings(), c.URL, "http://acme.example"): "plain http",
	} {
		if _, err := c.open(settings, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	target, err := c.open(c.settings()+"    template: a@acme.example\n    starting_id: 5\n", map[string]string{"template": "b@acme.example", "starting-id": "500"})
	if err != nil || target.templateName != "b@acme.example" || target.options().StartingID != 500 {
		t.Errorf("%+v, %v", target, err)
	}
	for _, bad := range []string{"none", "0", "-1"} {
		var settings *config.Error
		if _, err := c.open(c.settings(), map[string]string{"starting-id": bad}); !errors.As(err, &settings) {
			t.Errorf("--starting-id %s: %v", bad, err)
		}
	}
	if len(Connector.Flags) != 2 || !Connector.ChecksPeople || len(Connector.RetryCodes) > 0 {
		t.Errorf("%+v", Connector)
	}
}

func TestTheAccountHasNoNameOfItsOwn(t *testing.T) {
	target := newCentre(t).target()
	org, err := target.Org(t.Context())
	host, hostErr := target.HostOrg(t.Context())
	if err != nil || hostErr != nil || !strings.HasPrefix(org.ID, "vcc-127.0.0.1-") || strings.Contains(org.ID, ":") || host.ID != "00D5f000000AbCdEAK" {
		t.Errorf("%+v %+v %v %v", org, host, err, hostErr)
	}
}

func TestAPageOutOfOrderIsNoAnswer(t *testing.T) {
	c := newCentre(t)
	u := func(id, name string) string { return (&vccUser{id: id, name: name, role: "Agent"}).json() }
	c.instead["GET /users"] = []string{usersPage(1, 4, u("v-0", "a"), u("v-1", "b")), usersPage(7, 4, u("v-2", "c"), u("v-3", "d"))}
	if _, _, err := targettest.Look(t, c.target(), "ann"); !errors.Is(err, connector.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
